/** Drivers of one quorum, joined in memory: virtual time, disks that may lose power, and messages that may be changed. */
import assert from 'node:assert/strict'
import { zeroUuid } from '../../base/index.ts'
import { BatchCursor, batchHeader } from '../../records/index.ts'
import { type Fate, type LogLine, World } from '../../sim/index.ts'
import {
  type DriverOptions,
  type FetchedBatch,
  type OutgoingRequest,
  type QuorumReply,
  RaftDriver,
  type SnapshotRead,
  VoterSet,
} from '../index.ts'
import { metadataDirectory, soleVoter } from './running.ts'

export const times: DriverOptions['quorum']['times'] = {
  ...soleVoter(1).times,
  electionTimeoutMs: 200,
  electionBackoffMaxMs: 200,
  fetchTimeoutMs: 400,
  requestTimeoutMs: 400,
  fetchMaxWaitMs: 100,
}

const nodeOf = (id: number): string => `node-${id}`
const endpointsOf = (id: number) => [{ name: 'CONTROLLER', host: nodeOf(id), port: 9093 }]

/** One process, and what it was told. */
export class Member {
  readonly id: number
  driver: RaftDriver | undefined
  /** What all that it was told comes to: a snapshot stands for what came before. */
  state: string[] = []
  readonly snapshots: SnapshotRead[] = []
  readonly faults: unknown[] = []
  nextOffset = 0
  /** What came before was all when it was told so; -1: it never was. */
  caughtUpAt = -1

  constructor(id: number) {
    this.id = id
  }

  readonly onSnapshot = (snapshot: SnapshotRead): void => {
    assert.ok(snapshot.offset > this.nextOffset, 'a snapshot is ahead of all that was told')
    assert.ok(this.driver?.isLeader !== true, 'a leader never gets one')
    this.snapshots.push(snapshot)
    this.state = snapshot.records.map((record) => Buffer.from(record).toString())
    this.nextOffset = snapshot.offset
  }

  readonly onCommitted: DriverOptions['onCommitted'] = (batches) => {
    for (const { baseOffset, lastOffset, records } of batches) {
      assert.equal(baseOffset, this.nextOffset, 'nothing is left out')
      this.nextOffset = lastOffset + 1
      this.state.push(...records.map((record) => Buffer.from(record).toString()))
    }
  }
}

export interface JoinedOptions {
  readonly voters: number
  readonly pieceBytesMax?: number
  readonly fetchBytesMax?: number
}

interface Crash {
  readonly nth: number
  /** Of what was not synced. */
  readonly fate: Fate
  readonly ended: () => void
}

export class Joined {
  readonly lines: LogLine[] = []
  readonly world = new World({ seed: 1, turn: setImmediate, log: (line) => this.lines.push(line) })
  readonly #options: JoinedOptions
  readonly #members = new Map<number, Member>()
  /** Requests for pieces of snapshots that were sent. */
  pieces = 0
  /** Every reply passes here; undefined: it is lost. */
  change: (reply: QuorumReply, to: number) => QuorumReply | undefined = (reply) => reply

  constructor(options: JoinedOptions) {
    this.#options = options
  }

  member(id: number): Member {
    const found = this.#members.get(id)
    assert.ok(found !== undefined, `node ${id} was started`)
    return found
  }

  driver(id: number): RaftDriver {
    const { driver } = this.member(id)
    assert.ok(driver !== undefined, `node ${id} runs`)
    return driver
  }

  async start(id: number): Promise<Member> {
    const { voters, pieceBytesMax = 1024, fetchBytesMax = 1024 * 1024 } = this.#options
    const all = Array.from({ length: voters }, (_, i) => i + 1)
    const { disk, clock, logger, random } = this.world.env(nodeOf(id))
    const chance = random.stream('quorum')
    const member = new Member(id)
    this.#members.set(id, member)
    const starting = RaftDriver.start({
      metadataLogDirectory: '/data',
      quorum: {
        self: { id, directoryId: zeroUuid },
        listener: 'CONTROLLER',
        endpoints: endpointsOf(id),
        voters: new VoterSet(all.map((it) => ({ id: it, directoryId: zeroUuid, endpoints: endpointsOf(it) }))),
        bootstrap: all.filter((it) => it !== id).flatMap(endpointsOf),
        times,
        fetchBytesMax,
        fetchSnapshotBytesMax: pieceBytesMax,
        below: (bound) => chance.below(bound),
      },
      send: (request) => this.#send(member, request),
      ...{ disk, clock, logger, onSnapshot: member.onSnapshot, onCommitted: member.onCommitted },
      config: { fileDeleteDelayMs: 0 },
      onCaughtUp: () => {
        member.caughtUpAt = member.nextOffset
      },
      onRole: () => undefined,
      onFault: (error) => void member.faults.push(error),
    })
    member.driver = await this.world.settle(starting)
    return member
  }

  #send(from: Member, request: OutgoingRequest): void {
    if (request.request.kind === 'fetch-snapshot') this.pieces++
    const settle = (outcome: Parameters<RaftDriver['settled']>[1]): void =>
      this.world.after(1, () => {
        if (this.#members.get(from.id) === from) from.driver?.settled(request, outcome)
      })
    this.world.after(1, () => {
      const to = [...this.#members.values()].find(({ id }) => nodeOf(id) === request.to.endpoint.host)
      if (to?.driver === undefined) {
        settle({ kind: 'failed' })
        return
      }
      const failed = (): void => settle({ kind: 'failed' })
      assert(request.request.kind !== 'api-versions', 'nobody is added')
      to.driver.receive(request.request).answer.then(({ reply, records }) => {
        const filled = reply.kind === 'fetch' ? { ...reply, batches: batchesOf(records) } : reply
        const changed = this.change(filled, from.id)
        if (changed !== undefined) settle({ kind: 'reply', reply: changed })
      }, failed)
    })
  }

  /** What it wrote and did not sync is lost. */
  crash(id: number): void {
    this.ended(id)
    this.world.crash(nodeOf(id), 'dropped')
  }

  /** The power goes at that operation of its disk. */
  crashInOperation(id: number, { nth, fate, ended }: Crash): void {
    const end = (): void => {
      this.ended(id)
      ended()
    }
    this.world.endInOperation(nodeOf(id), nth, { how: fate, ended: end })
  }

  ended(id: number): void {
    this.#members.delete(id)
  }

  async stop(id: number): Promise<void> {
    const { driver, faults } = this.member(id)
    await this.world.settle(driver?.stop() ?? Promise.resolve())
    this.ended(id)
    assert.deepEqual(faults, [])
  }

  async until(done: () => boolean, limitMs = 20_000): Promise<void> {
    await this.world.run(this.world.nowMs + limitMs, done)
    assert.ok(done(), `it happens within ${limitMs} ms`)
  }

  get leader(): RaftDriver | undefined {
    return [...this.#members.values()].map(({ driver }) => driver).find((driver) => driver?.isLeader)
  }

  /** By whoever leads, in batches of one record; known to all that run when this ends. */
  async propose(texts: readonly string[]): Promise<void> {
    await this.until(() => this.leader !== undefined)
    for (const text of texts) this.leader?.propose([Buffer.from(text)])
    await this.caughtUp()
  }

  async caughtUp(): Promise<void> {
    const isThere = ({ driver }: Member): boolean =>
      this.leader !== undefined &&
      driver?.highWatermark === this.leader.endOffset &&
      driver.endOffset === this.leader.endOffset
    await this.until(() => [...this.#members.values()].every(isThere))
    // The news is handed out behind the last sync.
    await this.world.run(this.world.nowMs + 50)
  }

  /** Of all that was told; where there are older ones, those go, and the log before the new one. */
  async snapshotAndCut(ids: readonly number[] = [...this.#members.keys()]): Promise<void> {
    for (const id of ids) {
      const { state } = this.member(id)
      const driver = this.driver(id)
      const records = state.map((text) => Buffer.from(text))
      const { highWatermark: offset, epoch } = driver
      await this.world.settle(driver.createSnapshot({ offset, epoch, timestampMs: offset, records }))
      await this.world.settle(driver.cleanUp({ retentionBytes: 0, retentionMs: -1, nowMs: 0 }))
    }
  }

  /** Names of the snapshots of a node, and of what is not whole yet. */
  async snapshotFiles(id: number): Promise<readonly string[]> {
    const entries = await this.world.settle(this.world.env(nodeOf(id)).disk.list(metadataDirectory))
    return entries.map(({ name }) => name).filter((name) => /^\d.*checkpoint/.test(name))
  }

  /** Texts of what was told as an error. */
  errorsOf(id: number): string[] {
    const own = this.lines.filter(({ node, level }) => node === nodeOf(id) && level === 'error')
    return own.map(({ message, fields }) => `${message} ${String(fields['reason'] ?? '')}`.trim())
  }
}

/** The last one may be cut: it is left out. */
function batchesOf(records: Uint8Array): FetchedBatch[] {
  const batches: FetchedBatch[] = []
  const cursor = new BatchCursor(records, 0, records.length)
  while (cursor.next()) {
    const { view, position } = cursor
    batches.push({
      baseOffset: batchHeader.baseOffset(view, position),
      lastOffset: batchHeader.lastOffset(view, position),
      epoch: batchHeader.partitionLeaderEpoch(view, position),
      bytes: records.subarray(position, position + batchHeader.sizeInBytes(view, position)),
    })
  }
  return batches
}
