/** A driver that follows, and whose leader is the test: what it takes, what it hands out, and what is durable of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, type Disk, type Timer, zeroUuid } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { buildBatch, buildControlBatch } from '../records/index.ts'
import { committedBoundName } from './committed-bound.ts'
import { type DriverOptions, type FetchedBatch, type FetchReply, type OutgoingRequest, VoterSet } from './index.ts'
import type { FetchSnapshotReply } from './messages.ts'
import { encodeQuorumRecord, type QuorumRecord } from './quorum-records.ts'
import { SnapshotEncoder } from './snapshot-format.ts'
import { dynamic, endpointsOf, key, setOf } from './testdata/lab.ts'
import { metadataDirectory, soleVoter, start } from './testdata/running.ts'
import { SlowDisk } from './testdata/slow-disk.ts'

const voters = new VoterSet([1, 2, 3].map((id) => ({ id, directoryId: zeroUuid, endpoints: endpointsOf(id) })))
const quorum = { ...soleVoter(1), self: key(1), endpoints: endpointsOf(1), voters, bootstrap: endpointsOf(2) }
/** Nobody else is asked for a while. */
const alone = { ...quorum, bootstrap: [] }
const leader = { errorCode: 0, epoch: 1, leaderId: 2, leaderEndpoints: endpointsOf(2) }

function batchAt(offset: number, text = 'x'): FetchedBatch {
  const bytes = buildBatch([{ timestampMs: 1, key: null, value: Buffer.from(text) }])
  bytes.writeBigInt64BE(BigInt(offset))
  bytes.writeInt32BE(1, 12)
  return { baseOffset: offset, lastOffset: offset, epoch: 1, bytes }
}

/** One bit of the last record differs. */
function damaged(batch: FetchedBatch): FetchedBatch {
  const bytes = Buffer.from(batch.bytes)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  return { ...batch, bytes }
}

/** Time passes when the test says so. */
class HeldClock implements Clock {
  #nowMs = 0
  #timers: { readonly atMs: number; readonly fire: () => void }[] = []

  readonly now = (): number => this.#nowMs
  readonly monotonic = (): number => this.#nowMs

  after(delayMs: number, fire: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, fire }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  readonly afterDrain = (then: () => void): void => void setImmediate(then)

  pass(ms: number): void {
    this.#nowMs += ms
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.#nowMs)
    for (const { fire } of due) fire()
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function follow(disk: Disk, options: Partial<DriverOptions> = {}) {
  const sent: OutgoingRequest[] = []
  const running = await start(disk, { quorum, send: (request) => void sent.push(request), ...options })
  await running.driver.receive({ kind: 'begin-epoch', ...leader, voter: undefined }).answer
  const answer = (changes: Partial<FetchReply>): void => {
    const fetch = sent.findLast(({ to, request }) => to.id === 2 && request.kind === 'fetch')
    assert.ok(fetch !== undefined, 'it fetches')
    const none = { highWatermark: -1, diverging: undefined, snapshot: undefined, batches: [] }
    running.driver.settled(fetch, { kind: 'reply', reply: { kind: 'fetch', ...leader, ...none, ...changes } })
  }
  /** The next fetch is answered so. */
  const feed = async (changes: Partial<FetchReply>): Promise<void> => {
    const before = sent.length
    await turns()
    answer(changes)
    await running.until(() => sent.length > before)
  }
  await turns()
  return { ...running, sent, answer, feed }
}

async function boundOf(disk: Disk): Promise<number> {
  const file = await disk.open(`${metadataDirectory}/${committedBoundName}`, { mode: 'read' })
  const bytes = Buffer.alloc(file.size())
  file.readSync(bytes, 0, bytes.length, 0)
  await file.close()
  return Number(bytes.toString().split('\n')[1])
}

const memory = (): Disk => createEnv({ disk: 'memory' }).disk

test('of what a leader sends nothing is taken from the first damage on; it is told once, and asked for again', async () => {
  const errors: string[] = []
  const clock = new HeldClock()
  const logger: DriverOptions['logger'] = {
    child: () => logger,
    log: (level, message) => void (level === 'error' && errors.push(message)),
  }
  const { driver, answer, feed, until, faults, sent, committed } = await follow(memory(), {
    logger,
    clock,
    quorum: alone,
  })
  await feed({ batches: [batchAt(0), damaged(batchAt(1))] })
  assert.equal(driver.endOffset, 1)
  for (let i = 0; i < 3; i++) {
    const before = sent.length
    answer({ batches: [damaged(batchAt(1))] })
    await turns()
    assert.equal(sent.length, before, 'not at once')
    clock.pass(quorum.times.retryBackoffMs)
    await until(() => sent.length > before)
  }
  assert.equal(errors.length, 1)
  assert.match(errors[0] ?? '', /leader 2 .* the batch at offset 1 cannot be read: its checksum differs/)
  answer({ batches: [batchAt(2)] })
  await turns()
  assert.match(errors[1] ?? '', /offsets 2 to 2 and epoch 1 does not go on from offset 1 and epoch 1/)
  assert.equal(driver.endOffset, 1)
  clock.pass(quorum.times.retryBackoffMs)
  await feed({ batches: [batchAt(1)] })
  await feed({ highWatermark: 2 })
  assert.deepEqual(
    committed.map(({ baseOffset }) => baseOffset),
    [0, 1],
  )
  assert.deepEqual(faults, [])
  await driver.stop()
})

test('what is told to be committed while batches are handed out is handed out when it is in the log', async () => {
  let isFirst = true
  const offsets: number[] = []
  const following = await follow(memory(), {
    onCommitted: (batches) => {
      offsets.push(...batches.map(({ baseOffset }) => baseOffset))
      if (isFirst) following.answer({ batches: [batchAt(1)], highWatermark: 2 })
      isFirst = false
    },
  })
  const { driver, feed, until, faults } = following
  await feed({ batches: [batchAt(0)] })
  following.answer({ highWatermark: 1 })
  await until(() => offsets.length === 2)
  assert.deepEqual([offsets, faults], [[0, 1], []])
  await driver.stop()
})

test('what is said to be committed, for the next start, is not more than an append that failed has left', async () => {
  const slow = new SlowDisk(memory())
  slow.isFast = () => true
  const { driver, answer, feed, until, faults } = await follow(slow.disk)
  await feed({ batches: [batchAt(0)] })
  await feed({ highWatermark: 1 })
  slow.isFull = (path) => path.endsWith('.log')
  answer({ batches: [batchAt(1)], highWatermark: 2 })
  await until(() => faults.length > 0)
  slow.isFull = () => false
  await driver.stop()
  assert.equal(await boundOf(slow.disk), 1)
  const again = await follow(slow.disk)
  assert.equal(again.driver.endOffset, 1)
  await again.driver.stop()
})

test('a snapshot does not make more committed than what is flushed', async () => {
  const slow = new SlowDisk(memory())
  slow.isFast = () => true
  const { driver, answer, feed, until } = await follow(slow.disk)
  await feed({ batches: [batchAt(0)] })
  await feed({ highWatermark: 1 })
  slow.isFast = (path) => !path.endsWith('.log')
  answer({ batches: [batchAt(1)], highWatermark: 2 })
  await until(() => slow.waiting.length > 0)
  await driver.createSnapshot({ offset: 1, epoch: 1, timestampMs: 1, records: [Buffer.from('s')] })
  assert.equal(await boundOf(slow.disk), 1, 'a cut of the power takes offset 1')
  slow.isFast = () => true
  for (const { go } of slow.waiting.splice(0)) go()
  await turns()
  await driver.stop()
  assert.equal(await boundOf(slow.disk), 2)
})

function snapshotBytes(epoch: number): Uint8Array {
  const encoder = new SnapshotEncoder(epoch)
  const header = encoder.header({ lastContainedLogTimestampMs: 1, control: [], nowMs: 1 })
  return Buffer.concat([header, ...encoder.end(1)])
}

test('of two snapshots that wait for their turn, the one that nobody wants any more leaves the other one alone', async () => {
  const slow = new SlowDisk(memory())
  slow.isFast = () => true
  const { driver, feed, faults, snapshots, sent, until } = await follow(slow.disk, {
    clock: new HeldClock(),
    quorum: alone,
  })
  await feed({ batches: [0, 1, 2].map((offset) => batchAt(offset)), highWatermark: 3 })
  await feed({ highWatermark: 3 })
  await turns()
  slow.isFast = (path) => !path.includes('00000000000000000003-')
  const making = driver.createSnapshot({ offset: 3, epoch: 1, timestampMs: 1, records: [] })
  await until(() => slow.waiting.length === 1)
  /** All of a snapshot comes from who leads its epoch. */
  const fetchWhole = async (epoch: number, leaderId: number, offset: number): Promise<void> => {
    const head = { errorCode: 0, epoch, leaderId, leaderEndpoints: endpointsOf(leaderId) }
    const snapshot = { offset, epoch }
    const settle = async (reply: FetchReply | FetchSnapshotReply): Promise<void> => {
      await turns()
      const asked = sent.findLast(({ to, request }) => to.id === leaderId && request.kind === reply.kind)
      assert.ok(asked !== undefined, `it asks for ${reply.kind}`)
      driver.settled(asked, { kind: 'reply', reply })
    }
    await driver.receive({ kind: 'begin-epoch', ...head, voter: undefined }).answer
    await settle({ kind: 'fetch', ...head, highWatermark: -1, diverging: undefined, snapshot, batches: [] })
    const bytes = snapshotBytes(epoch)
    await settle({ kind: 'fetch-snapshot', ...head, snapshot, size: bytes.length, position: 0, bytes })
    await turns()
  }
  await fetchWhole(1, 2, 40)
  await fetchWhole(2, 3, 50)
  slow.isFast = () => true
  for (const { go } of slow.waiting.splice(0)) go()
  await making
  await until(() => faults.length + snapshots.length > 0)
  assert.deepEqual([faults, snapshots.map(({ offset }) => offset), driver.logStartOffset], [[], [50], 50])
  await driver.stop()
})

test('who knew that its removal was committed does not stand for election after a start', async () => {
  const disk = memory()
  const clock = new HeldClock()
  const { driver, feed } = await follow(disk, { clock, quorum: alone })
  const say = (baseOffset: number, records: readonly QuorumRecord[]): FetchedBatch => {
    const control = records.map(encodeQuorumRecord)
    const bytes = buildControlBatch(control, { baseOffset, leaderEpoch: 1, timestampMs: 1 })
    return { baseOffset, lastOffset: baseOffset + records.length - 1, epoch: 1, bytes }
  }
  const named = dynamic(0, setOf(1, 2, 3)).map(({ record }) => record)
  await feed({ batches: [say(0, named), say(2, [{ kind: 'voters', voters: setOf(2, 3) }]), batchAt(3)] })
  await feed({ highWatermark: 4 })
  assert.equal(driver.highWatermark, 4)
  await driver.stop()
  const sent: OutgoingRequest[] = []
  const again = await start(disk, { clock, quorum: alone, send: (request) => void sent.push(request) })
  for (let i = 0; i < 20; i++) {
    clock.pass(1000)
    await turns()
  }
  const votes = sent.filter(({ request }) => request.kind === 'vote')
  assert.deepEqual([again.driver.highWatermark, votes], [0, []])
  await again.driver.stop()
})

test('an assertion of the machine ends the quorum, and reaches nobody who has told it something', async () => {
  const { driver, answer, feed, faults } = await follow(memory())
  await feed({ batches: [batchAt(0)] })
  await feed({ highWatermark: 1 })
  answer({ diverging: { offset: 0, epoch: 1 } })
  assert.match(faults.map(String).join(), /what is committed is never cut/)
  await assert.rejects(driver.receive({ kind: 'begin-epoch', ...leader, voter: undefined }).answer, { code: 8 })
  await driver.stop()
})
