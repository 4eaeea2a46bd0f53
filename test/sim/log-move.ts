/**
 * A replica on its way from one log directory to the other, over a node that ends at a chosen disk operation: what was
 * acknowledged is there whenever the node is, and the move ends by itself.
 */
import assert from 'node:assert/strict'
import { present } from '../../src/base/index.ts'
import { alterReplicaLogDirs, ErrorCode } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import type { Fate } from '../../src/sim/index.ts'
import { produceTo } from '../faults/kit.ts'
import { isGone, NodeWorld, nodeName } from './node-world.ts'
import { readLog } from './sweep/stored.ts'

const directories = ['/data', '/more'] as const
const topic = 't'
/** So that a log has several segments: what is copied at a time goes over their ends. */
const valueBytes = 30_000
const settings = {
  'log.dirs': directories.join(','),
  // What is acknowledged is on the disk.
  'log.flush.interval.messages': '1',
  'log.segment.delete.delay.ms': '50',
}

export interface MovePoint {
  readonly seed: number
  /** Of the disk operations since the move was asked for; undefined: it ends by itself. */
  readonly nth: number | undefined
  readonly how: Fate | 'killed'
}

export interface MoveOutcome {
  readonly operations: number
  readonly acknowledged: number
  readonly hash: string
}

class MovingNode {
  readonly world: NodeWorld
  /** Value by offset. */
  readonly acknowledged = new Map<number, string>()
  #sent = 0

  constructor(seed: number) {
    this.world = new NodeWorld(seed, settings)
  }

  /** Until it is told to end, or the node does. */
  async write(isOver: () => boolean): Promise<void> {
    try {
      const { wire } = await this.world.connect()
      while (!isOver()) {
        const value = `${this.#sent++} ${'.'.repeat(valueBytes)}`
        const timestampMs = this.world.clientEnv.clock.now()
        const records = buildBatch([{ timestampMs, key: null, value: Buffer.from(value) }])
        const { errorCode, baseOffset } = await produceTo(wire, { topic, records })
        if (errorCode === ErrorCode.NONE) this.acknowledged.set(Number(baseOffset), value)
        await this.world.sleep(1)
      }
      wire.destroy()
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  get place(): string | undefined {
    return this.world.node?.broker.replicas.get(topic, 0)?.directory
  }

  async move(to: string): Promise<void> {
    const { wire } = await this.world.connect()
    const { results } = await wire.call(alterReplicaLogDirs, {
      dirs: [{ path: to, topics: [{ name: topic, partitions: [0] }] }],
    })
    assert.equal(results[0]?.partitions[0]?.errorCode, ErrorCode.NONE)
    wire.destroy()
  }

  /** False where the node ends before. */
  async untilIn(to: string): Promise<boolean> {
    for (let i = 0; i < 2000 && this.world.node !== undefined; i++) {
      if (this.place === to) return true
      await this.world.sleep(10)
    }
    assert.equal(this.world.node, undefined, `the replica came to ${to}`)
    return false
  }

  /** What was acknowledged is there, once, at its offset. */
  async check(): Promise<void> {
    const log = present(this.world.node?.broker.replicas.get(topic, 0), 'the replica').log
    const read = new Map<number, string | null>()
    for (const { records } of await readLog(log)) for (const { offset, value } of records) read.set(offset, value)
    for (const [offset, value] of this.acknowledged) assert.equal(read.get(offset), value, `the record at ${offset}`)
    assert.equal(new Set(read.values()).size, read.size, 'no record is there twice')
  }

  /** The directories of the replica's logs, whatever they are called. */
  async logs(): Promise<string[]> {
    const { disk } = this.world.world.env(nodeName)
    const found: string[] = []
    for (const directory of directories) {
      for (const { name } of await disk.list(directory)) {
        if (name.startsWith(`${topic}-0`)) found.push(`${directory}/${name}`)
      }
    }
    return found
  }
}

/** The replica is asked to move; the node ends at the point, starts again, and is held to what it has promised. */
export function runMove(point: MovePoint): Promise<MoveOutcome> {
  const moving = new MovingNode(point.seed)
  return moving.world.world.settle(move(moving, point), 600_000)
}

async function move(moving: MovingNode, { nth, how }: MovePoint): Promise<MoveOutcome> {
  const { world } = moving
  const disk = world.world.disk(nodeName)
  await world.start()
  await world.createTopics([{ name: topic, partitions: 1 }])
  const from = present(moving.place, 'a place')
  const to = from === directories[0] ? directories[1] : directories[0]
  await moving.write(() => moving.acknowledged.size >= 50)
  const before = disk.operations
  let isThere = false
  const writing = moving.write(() => isThere)
  const ended = nth === undefined ? new Promise<void>(() => undefined) : world.endInOperation(nth, how)
  const moved = moving.move(to).then(
    () => moving.untilIn(to),
    (error: unknown) => {
      if (!isGone(error)) throw error
      return false
    },
  )
  await Promise.race([moved, ended])
  isThere = true
  await writing
  const operations = disk.operations - before
  if (world.node === undefined) await world.start()
  else await world.sleep(1000)
  await moving.check()
  // What was not begun, or lost its beginning, is asked for again.
  await moving.move(to)
  assert.ok(await moving.untilIn(to))
  await moving.write(() => moving.acknowledged.size >= 80)
  await moving.check()
  await world.sleep(1000)
  assert.deepEqual(await moving.logs(), [`${to}/${topic}-0`])
  await world.stop()
  await world.start()
  await moving.check()
  assert.equal(moving.place, to)
  const errors = world.lines.filter(({ level }) => level === 'error')
  assert.deepEqual(errors, [], 'nothing is an error')
  return { operations, acknowledged: moving.acknowledged.size, hash: world.world.traceHash() }
}
