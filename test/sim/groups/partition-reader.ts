/** What a member of a group does with what it owns: reads on from where the group is, and commits. */
import assert from 'node:assert/strict'
import { ErrorCode, fetch, offsetCommit, offsetFetch } from '../../../src/protocol/index.ts'
import { isGone, type Line, Refused } from '../node-world.ts'
import { seenBatches } from '../observation.ts'
import { keyOf, type Place, type TaskOptions } from '../producers.ts'

/** Ids of commits, in the order in which they were sent by anybody. */
export interface CommitIds {
  next: number
}

interface Identity {
  readonly memberId: string
  readonly instanceId: string | null
  readonly epoch: number
}

export interface ReaderOptions {
  readonly task: TaskOptions
  readonly group: string
  readonly ids: CommitIds
  readonly identity: () => Identity
}

interface Owned {
  readonly place: Place
  /** Undefined: what is committed is to be asked for. */
  position: number | undefined
  /** A later cut of power may take it back. */
  committed: { readonly offset: number; readonly life: number } | undefined
}

/** Whoever is told one of these finds out more by its heartbeats. */
const passing: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.GROUP_ID_NOT_FOUND,
])

export class PartitionReader {
  readonly #options: ReaderOptions
  readonly #owned = new Map<string, Owned>()
  #line: Line | undefined
  #commits: Promise<void> = Promise.resolve()
  #turn = 0

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  get keys(): readonly string[] {
    return [...this.#owned.keys()]
  }

  take(places: readonly Place[]): void {
    for (const place of places) this.#owned.set(keyOf(place), { place, position: undefined, committed: undefined })
  }

  drop(keys: Iterable<string>): void {
    for (const key of [...keys]) this.#owned.delete(key)
  }

  /** One step of reading; quick where there is nothing to read. */
  async read(): Promise<void> {
    const all = [...this.#owned]
    const [key, owned] = all[this.#turn++ % Math.max(1, all.length)] ?? []
    const { node, draw } = this.#options.task
    if (key === undefined || owned === undefined) return node.sleep(50)
    try {
      if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await node.connect()
      owned.position ??= await this.#committed(this.#line, owned.place)
      if (owned.position === undefined) return node.sleep(100)
      await this.#fetch(this.#line, key, owned)
    } catch (error) {
      if (!isGone(error)) throw error
    }
    if (draw.below(3) === 0) await this.commit([key])
  }

  async #fetch(source: Line, key: string, owned: Owned): Promise<void> {
    const { task, group } = this.#options
    const { place, position: fetchOffset = 0 } = owned
    const partitions = [{ partition: place.partition, fetchOffset, partitionMaxBytes: 100_000 }]
    const topics = [{ topic: place.topic, partitions }]
    const reply = await source.wire.call(fetch, { maxWaitMs: 100, minBytes: 1, maxBytes: 1_000_000, topics }, 12)
    const answer = reply.responses[0]?.partitions[0]
    assert.ok(answer)
    if (answer.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) throw new Refused()
    assert.equal(answer.errorCode, ErrorCode.NONE, `${key} from ${fetchOffset}`)
    // It may be another's by now.
    if (this.#owned.get(key) !== owned) return
    const { records } = answer
    const batches = seenBatches(records instanceof Uint8Array ? records : new Uint8Array(0))
    const values = batches.flatMap((batch) => batch.records.map(({ value }) => value))
    if (values.length > 0) task.see({ kind: 'read', group, key, values })
    owned.position = (batches.at(-1)?.lastOffset ?? fetchOffset - 1) + 1
  }

  async #committed({ wire }: Line, { topic, partition }: Place): Promise<number | undefined> {
    const { group, identity } = this.#options
    const { memberId, epoch } = identity()
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    const asked = { groupId: group, memberId, memberEpoch: epoch, topics }
    const reply = await wire.call(offsetFetch, { groups: [asked], requireStable: true }, 9)
    const [answer] = reply.groups
    assert.ok(answer)
    if (passing.has(answer.errorCode)) return undefined
    assert.equal(answer.errorCode, ErrorCode.NONE)
    const found = answer.topics[0]?.partitions[0]
    assert.ok(found && found.errorCode === ErrorCode.NONE)
    return Math.max(0, Number(found.committedOffset))
  }

  /** One commit at a time; who loses one may not know what became of it. */
  commit(keys: readonly string[]): Promise<void> {
    this.#commits = this.#commits.then(() => this.#commit(keys))
    return this.#commits
  }

  #due(keys: readonly string[], life: number | undefined) {
    return keys.flatMap((key) => {
      const owned = this.#owned.get(key)
      const offset = owned?.position
      if (owned === undefined || offset === undefined) return []
      const { committed } = owned
      return committed?.offset === offset && committed.life === life ? [] : [{ key, owned, offset }]
    })
  }

  async #commit(keys: readonly string[]): Promise<void> {
    const { task, group, ids, identity } = this.#options
    if (this.#due(keys, this.#line?.life).length === 0) return
    try {
      if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await task.node.connect()
      const source = this.#line
      const due = this.#due(keys, source.life)
      if (due.length === 0) return
      const { memberId, instanceId, epoch } = identity()
      const of = { source, generationId: epoch }
      const sent = due.map(({ key, owned, offset }) => {
        const commit = { ...of, key: `${group} ${key}`, offset, id: ids.next++ }
        task.see({ kind: 'commit-sent', ...commit })
        return { owned, commit }
      })
      const topics = sent.map(({ owned: { place }, commit }) => ({
        name: place.topic,
        partitions: [{ partitionIndex: place.partition, committedOffset: BigInt(commit.offset) }],
      }))
      const member = { memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: epoch }
      const reply = await source.wire.call(offsetCommit, { groupId: group, ...member, topics }, 9)
      for (const [i, { owned, commit }] of sent.entries()) {
        const errorCode = reply.topics[i]?.partitions[0]?.errorCode ?? -1
        assert.ok(errorCode === ErrorCode.NONE || passing.has(errorCode), `a commit was answered ${errorCode}`)
        // A time-out says nothing of the commit.
        const isUnknown = errorCode === ErrorCode.COORDINATOR_NOT_AVAILABLE
        if (errorCode === ErrorCode.NONE) owned.committed = { offset: commit.offset, life: source.life }
        if (errorCode === ErrorCode.NONE) task.see({ kind: 'commit-acknowledged', ...commit })
        else if (!isUnknown) task.see({ kind: 'commit-refused', ...commit })
      }
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  end(): void {
    this.#owned.clear()
    this.#line?.wire.destroy()
  }
}
