/**
 * One log with small segments on a disk that loses power again and again: of each segment a first part is left, in all at
 * least what was flushed, with producers to match.
 */
import assert from 'node:assert/strict'
import type { Disk } from '../../src/base/index.ts'
import { defaultLogConfig, Log } from '../../src/log/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { World } from '../../src/sim/index.ts'
import { seenBatches } from './observation.ts'

const node = 'node'
const directory = '/data/t-0'
const small = { ...defaultLogConfig, segmentBytes: 900, indexIntervalBytes: 150, retentionMs: -1 }
const producerId = 7

interface Appended {
  readonly lastOffset: number
  readonly value: string
}

/** Kept between two cuts of power, for what a producer goes on with. */
interface Sent extends Appended {
  readonly sequence: number
}

export interface LogOutcome {
  readonly hash: string
  readonly lost: number
  readonly cuts: number
}

export async function runLog(seed: number, cuts: number): Promise<LogOutcome> {
  const world = new World({ seed, turn: setImmediate, disk: { slowRate: 0.2, slowMs: 20 } })
  const draw = world.random.stream('log')
  let model: Sent[] = []
  let flushed = 0
  let sequence = 0
  let lost = 0
  const open = (): Promise<Log> => {
    const { disk, clock, logger } = world.env(node)
    return Log.open({
      disk,
      clock,
      logger,
      directory,
      topicPartition: { topic: 't', partition: 0 },
      topicId: undefined,
      config: small,
      // The checkpoint is written now and then.
      recoveryPoint: draw.below(2) === 0 ? flushed : Math.floor(flushed / 2),
      isCleanShutdown: false,
      logStartOffset: 0,
      onDirectoryFailure: (error) => assert.fail(error),
    })
  }
  const work = async (): Promise<void> => {
    const { disk } = world.env(node)
    await disk.makeDirectory(directory)
    await syncUp(disk)
    let log = await open()
    for (let cut = 0; cut < cuts; cut++) {
      for (let i = draw.below(draw.below(2) === 0 ? 3 : 30); i > 0; i--) {
        // Few sizes: what was cut would stand right behind what took its place, were it to come back.
        const value = `${cut}-${i}-`.padEnd(20 + 100 * draw.below(3), 'x')
        const options = { producerId, producerEpoch: 0, baseSequence: sequence }
        const bytes = buildBatch(
          [{ key: null, value: Buffer.from(value), timestampMs: world.env(node).clock.now() }],
          options,
        )
        const { lastOffset } = await log.append(bytes, { kind: 'leader', leaderEpoch: cut, origin: 'client' })
        model.push({ lastOffset, value, sequence })
        sequence++
        if (draw.below(12) === 0) await log.flush()
        flushed = Math.max(flushed, log.recoveryPoint)
        if (draw.below(4) === 0) await sleep(world, draw.below(20))
      }
      flushed = Math.max(flushed, log.recoveryPoint)
      if (draw.below(4) === 0) world.kill(node)
      else world.crash(node)
      log = await open()
      const left = leftOf(model, await readAll(log), flushed)
      lost += model.length - left.length
      model = left
      sequence = (log.producers.find((it) => it.producerId === producerId)?.batches.at(-1)?.lastSequence ?? -1) + 1
      assert.equal(sequence, (model.at(-1)?.sequence ?? -1) + 1, 'the producer is where its records are')
    }
  }
  await world.settle(work(), Number.MAX_SAFE_INTEGER)
  return { hash: world.traceHash(), lost, cuts }
}

/** What was flushed is there, and of all else nothing that was not appended, nor in another order. */
function leftOf(model: readonly Sent[], read: readonly Appended[], flushed: number): Sent[] {
  const offsets = new Set(read.map(({ lastOffset }) => lastOffset))
  const left = model.filter(({ lastOffset }) => offsets.has(lastOffset))
  assert.deepEqual(
    read,
    left.map(({ lastOffset, value }) => ({ lastOffset, value })),
  )
  const missing = model.find(({ lastOffset }) => lastOffset < flushed && !offsets.has(lastOffset))
  assert.equal(missing, undefined, `all before ${flushed} was flushed`)
  return left
}

/** The directory and those above it have their names on the disk. */
async function syncUp(disk: Disk): Promise<void> {
  await disk.syncDirectory('/data')
  await disk.syncDirectory('/')
}

const sleep = (world: World, ms: number): Promise<void> =>
  new Promise((resolve) => world.env(node).clock.after(ms, resolve))

async function readAll(log: Log): Promise<Appended[]> {
  const all: Appended[] = []
  for (let next = 0; next < log.logEndOffset; ) {
    const plan = await log.read({ startOffset: next, maxBytes: 1e6, maxOffset: log.logEndOffset, minOneBatch: true })
    assert.ok(plan.sizeInBytes > 0, `nothing is read at ${next}, the log ends at ${log.logEndOffset}`)
    for (const region of plan.open()) {
      const into = Buffer.alloc(region.sizeInBytes)
      assert.ok(region.readSync(into, 0))
      region.release()
      for (const { isCrcValid, baseOffset, lastOffset, records } of seenBatches(into)) {
        assert.ok(isCrcValid && baseOffset >= next, `${baseOffset} follows ${next}`)
        all.push(...records.map(({ value }) => ({ lastOffset, value })))
        next = lastOffset + 1
      }
    }
  }
  return all
}
