/** One machine with hands on all it hears: what it asks is answered by the test, and its disk is instant. */
import assert from 'node:assert/strict'
import { uuidFromLatin1 } from '../../base/index.ts'
import {
  type Entry,
  type FetchedBatch,
  type OutgoingRequest,
  type QuorumReply,
  type QuorumRequest,
  Raft,
  type RaftOptions,
  type ReplicaKey,
  type Voter,
  VoterSet,
} from '../index.ts'
import type { LoggedRecord, QuorumRecord } from '../quorum-records.ts'
import { soleVoter } from './running.ts'

export const key = (id: number, letter = 'a'): ReplicaKey => ({
  id,
  directoryId: uuidFromLatin1(`${letter}${id}`.padEnd(16, '.')),
})

export const endpointsOf = (id: number) => [{ name: 'CONTROLLER', host: `node-${id}`, port: 9093 }]

export const voter = (id: number, letter = 'a'): Voter => ({
  ...key(id, letter),
  endpoints: endpointsOf(id),
  kraftVersions: { min: 0, max: 1 },
})

export const setOf = (...ids: readonly number[]): VoterSet => new VoterSet(ids.map((id) => voter(id)))

/** What the log says of a dynamic quorum, from the offset on. */
export const dynamic = (offset: number, voters: VoterSet): readonly LoggedRecord[] => [
  { offset, record: { kind: 'kraft-version', version: 1 } },
  { offset, record: { kind: 'voters', voters } },
]

export interface LabOptions extends Partial<Omit<RaftOptions, 'log'>> {
  /** Of the log that it starts with, all of epoch 1. */
  readonly endOffset?: number
}

export class Lab {
  readonly raft: Raft
  nowMs = 0
  readonly answers = new Map<number, QuorumReply>()
  /** Not answered yet. */
  requests: readonly OutgoingRequest[] = []
  readonly entries: Entry[] = []
  readonly warnings: string[] = []
  #token = 0

  constructor({ endOffset = 0, ...options }: LabOptions = {}) {
    this.raft = new Raft({
      ...soleVoter(1),
      self: key(1),
      endpoints: endpointsOf(1),
      voters: new VoterSet([]),
      election: { epoch: endOffset > 0 ? 1 : 0, leaderId: -1, voted: undefined },
      log: { startOffset: 0, endOffset, epochs: endOffset > 0 ? [{ offset: 0, epoch: 1 }] : [] },
      committedOffset: 0,
      nowMs: 0,
      ...options,
    })
    this.pump()
  }

  /** A disk that is at once durable. */
  pump(): void {
    while (this.raft.hasReady) {
      const { election, entries, requests, answers, warnings } = this.raft.ready()
      this.entries.push(...entries)
      this.requests = [...this.requests, ...requests]
      this.warnings.push(...warnings)
      for (const { token, reply } of answers) this.answers.set(token, reply)
      if (election !== undefined) this.raft.electionPersisted(election.epoch, this.nowMs)
      if (entries.length > 0) this.raft.flushed(this.raft.endOffset, this.nowMs)
    }
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.raft.tick(this.nowMs)
    this.pump()
  }

  /** Sends a request to the machine; the token finds its answer. */
  ask(request: QuorumRequest): number {
    const token = this.#token++
    this.raft.receive(token, request, this.nowMs)
    this.pump()
    return token
  }

  code(token: number): number | undefined {
    return this.answers.get(token)?.errorCode
  }

  /** The requests of a kind that wait for an answer, which wait no more. */
  take(kind: OutgoingRequest['request']['kind']): OutgoingRequest[] {
    const found = this.requests.filter(({ request }) => request.kind === kind)
    this.requests = this.requests.filter(({ request }) => request.kind !== kind)
    return found
  }

  answer(request: OutgoingRequest, reply: QuorumReply): void {
    this.raft.settled(request, { kind: 'reply', reply }, this.nowMs)
    this.pump()
  }

  fail(request: OutgoingRequest): void {
    this.raft.settled(request, { kind: 'failed' }, this.nowMs)
    this.pump()
  }

  #votes(): OutgoingRequest[] {
    return this.requests.filter(({ request }) => request.kind === 'vote')
  }

  /** Everybody votes for it. */
  elect(): this {
    for (let i = 0; i < 10 && !this.raft.isLeader; i++) {
      this.pass(500)
      for (let [vote] = this.#votes(); vote !== undefined; [vote] = this.#votes()) {
        const head = { errorCode: 0, epoch: this.raft.epoch, leaderId: -1, leaderEndpoints: [] }
        this.requests = this.requests.filter((it) => it !== vote)
        this.answer(vote, { kind: 'vote', ...head, isGranted: true })
      }
    }
    assert.ok(this.raft.isLeader, 'it leads')
    return this
  }

  /** A replica has all up to an offset, or all. */
  fetched(replica: ReplicaKey, fetchOffset = this.raft.endOffset): number {
    const { epoch, log } = this.raft
    return this.ask({
      kind: 'fetch',
      epoch,
      replica,
      fetchOffset,
      lastFetchedEpoch: fetchOffset === 0 ? 0 : log.lastEpoch,
      highWatermark: this.raft.highWatermark,
      maxWaitMs: 0,
      maxBytes: 1000,
    })
  }

  /** Follows node 2 in epoch 5. */
  follow(): this {
    const leaderEndpoints = endpointsOf(2)
    this.ask({ kind: 'begin-epoch', epoch: 5, leaderId: 2, leaderEndpoints, voter: undefined })
    assert.equal(this.raft.role.kind, 'follower')
    return this
  }

  /** The fetch that it waits for is answered. */
  feed(batches: readonly FetchedBatch[] = []): void {
    const [fetch] = this.take('fetch')
    assert.ok(fetch !== undefined, 'it fetches')
    const head = { errorCode: 0, epoch: 5, leaderId: 2, leaderEndpoints: endpointsOf(2) }
    this.answer(fetch, {
      kind: 'fetch',
      ...head,
      highWatermark: this.raft.endOffset,
      diverging: undefined,
      snapshot: undefined,
      batches,
    })
  }

  /** What the machine has said of the quorum, newest last. */
  get said(): readonly QuorumRecord[] {
    return this.entries.flatMap((entry) =>
      entry.kind === 'quorum' ? entry.records : entry.kind === 'leader-change' ? entry.quorum : [],
    )
  }
}
