/**
 * What the scripts of `transcripts/` act on: the machines of a quorum, with hands on the network between them and on the
 * clock. Disks are instant, messages take no time and arrive in order, and all that they lead to happens before the next
 * command; so that a trace is the protocol alone. Fetches are shown by what they bring.
 */
import { getOrInsert } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { Node } from '../../../test/sim/quorum/model-node.ts'
import { bytesOf } from '../../../test/sim/quorum/model-snapshot.ts'
import { recordsIn } from '../../../test/sim/quorum/quorum-text.ts'
import {
  type Answer,
  type Outcome,
  type OutgoingRequest,
  type QuorumReply,
  type QuorumRequest,
  type QuorumTimes,
  Raft,
  type Ready,
  VoterSet,
} from '../index.ts'
import { batchText, replyText, requestText } from './transcript-text.ts'

const times: QuorumTimes = {
  ...{ electionTimeoutMs: 1000, electionBackoffMaxMs: 1000, fetchTimeoutMs: 2000, requestTimeoutMs: 2000 },
  ...{ retryBackoffMs: 20, fetchMaxWaitMs: 500 },
}

/** Of one message: where it came from finds out what became of it. */
interface Asked {
  readonly from: Node
  readonly life: number
  readonly asked: OutgoingRequest
}

/** Who follows nobody asks again and again who leads: the answers that say nothing new are not shown. */
function isNews({ raft }: Node, reply: QuorumReply): boolean {
  if (reply.kind !== 'fetch' || reply.errorCode === ErrorCode.NONE || raft === undefined) return true
  return reply.epoch > raft.epoch || (reply.epoch === raft.epoch && raft.leaderId < 0 && reply.leaderId >= 0)
}

export class TranscriptBench {
  nowMs = 0
  readonly #nodes = new Map<number, Node>()
  /** Added to each election time-out. */
  readonly patience = new Map<number, number>()
  readonly #cut = new Set<string>()
  readonly #inFlight: (() => void)[] = []
  readonly #asked = new Map<number, (reply: QuorumReply) => void>()
  #nextToken = 0
  #trace: string[] = []
  /** What was shown for this command already is not shown again. */
  readonly #shown = new Set<string>()
  readonly #roles = new Map<number, string>()

  node(name: string): Node {
    const id = Number(name)
    if (!Number.isInteger(id) || id < 1) throw new Error(`'${name}' is no node`)
    return getOrInsert(this.#nodes, id, () => new Node(id))
  }

  raft(name: string): Raft {
    const { raft } = this.node(name)
    if (raft === undefined) throw new Error(`node ${name} does not run`)
    return raft
  }

  get nodes(): readonly Node[] {
    return [...this.#nodes.values()].sort((a, b) => a.id - b.id)
  }

  get leader(): Node {
    const leaders = this.nodes.filter(({ raft }) => raft?.isLeader === true)
    const newest = leaders.sort((a, b) => (b.raft?.epoch ?? 0) - (a.raft?.epoch ?? 0))[0]
    if (newest === undefined) throw new Error('nobody leads')
    return newest
  }

  show(line: string): void {
    if (!this.#shown.has(line)) this.#trace.push(line)
    this.#shown.add(line)
  }

  /** What was left of a trace is not of interest. */
  hush(): void {
    this.#trace = []
  }

  /** The trace of one command. */
  taken(): readonly string[] {
    const trace = this.#trace
    this.#trace = []
    this.#shown.clear()
    return trace
  }

  // ---- processes

  format(ids: readonly string[]): void {
    const kraftVersions = { min: 0, max: 1 }
    const nodes = ids.map((id) => this.node(id))
    const voters = new VoterSet(nodes.map(({ key, endpoint }) => ({ ...key, endpoints: [endpoint], kraftVersions })))
    for (const node of nodes) {
      node.bootstrap = [
        { offset: -1, record: { kind: 'kraft-version', version: 1 } },
        { offset: -1, record: { kind: 'voters', voters } },
      ]
    }
  }

  start(node: Node): void {
    const { log, id } = node
    node.raft = new Raft({
      self: node.key,
      listener: node.endpoint.name,
      endpoints: [node.endpoint],
      voters: node.configured,
      logged: node.logged,
      quorumRecordsIn: (bytes) => recordsIn(Buffer.from(bytes).toString()),
      bootstrap: this.nodes.flatMap((other) => (other === node ? [] : [other.endpoint])),
      election: log.election,
      log: { startOffset: log.startOffset, endOffset: log.endOffset, epochs: log.epochs, snapshots: [...log.snapshots] },
      committedOffset: log.latestSnapshot?.offset ?? 0,
      times,
      fetchBytesMax: 1000,
      fetchSnapshotBytesMax: 1000,
      below: (bound) => (this.patience.get(id) ?? 100 * id) % bound,
      nowMs: this.nowMs,
    })
    node.highWatermark = node.raft.highWatermark
    this.settle()
  }

  /** It ends without a word; what was durable stays. */
  crash(node: Node): void {
    node.raft = undefined
    node.life++
    this.#roles.delete(node.id)
    this.settle()
  }

  // ---- time and the network

  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const wakeMs = Math.min(...this.nodes.map(({ raft }) => raft?.wakeMs ?? Number.POSITIVE_INFINITY))
      if (wakeMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, wakeMs)
      // All that is due goes before anything of it arrives.
      for (const { raft } of this.nodes) if ((raft?.wakeMs ?? Number.POSITIVE_INFINITY) <= this.nowMs) raft?.tick(this.nowMs)
      this.settle()
    }
    this.nowMs = untilMs
  }

  cut(a: Node, b: Node): void {
    this.#cut.add(`${a.id} ${b.id}`).add(`${b.id} ${a.id}`)
  }

  heal(): void {
    this.#cut.clear()
  }

  ask(node: Node, request: QuorumRequest, reply: (reply: QuorumReply) => void): void {
    const token = this.#nextToken++
    this.#asked.set(token, reply)
    node.raft?.receive(token, request, this.nowMs)
    this.settle()
  }

  /** Until nobody has anything to do, and nothing is on its way. */
  settle(): void {
    for (let next: (() => void) | undefined = () => undefined; next !== undefined; next = this.#inFlight.shift()) {
      next()
      for (const node of this.nodes) while (node.raft?.hasReady === true) this.#do(node, node.raft, node.raft.ready())
    }
  }

  #do(node: Node, raft: Raft, ready: Ready): void {
    const { log, id } = node
    const { election, truncateTo, startFrom, entries, requests, answers } = ready
    this.#showRole(node, ready)
    const disk = { nowMs: this.nowMs, whenWritten: (_: Node, then: () => void) => then(), isDamaged: () => false }
    node.download.take(ready.snapshotSteps, { node, raft, disk })
    if (election !== undefined) {
      log.persist(election, true)
      raft.electionPersisted(election.epoch, this.nowMs)
    }
    if (truncateTo !== undefined) {
      this.show(`${id}: cut to ${truncateTo}`)
      log.truncateTo(truncateTo)
    }
    const snapshot = node.download.whole
    if (startFrom !== undefined && snapshot !== undefined) {
      node.download.whole = undefined
      this.show(`${id}: the log begins anew at ${snapshot.offset}, epoch ${snapshot.epoch}`)
      log.startFrom(snapshot)
      log.snapshots = [snapshot]
    }
    for (const entry of entries) {
      log.append(entry)
      if (entry.kind !== 'fetched') this.show(`${id}: appends ${log.batches.slice(-1).map(batchText).join()}`)
    }
    for (const request of requests) this.#send({ from: node, life: node.life, asked: request })
    for (const answer of answers) this.#answer(node, answer)
    if (entries.length > 0) {
      log.flush()
      raft.flushed(log.flushedOffset, this.nowMs)
    }
    if (raft.highWatermark > node.highWatermark) this.show(`${id}: all before ${raft.highWatermark} is committed`)
    node.highWatermark = raft.highWatermark
  }

  #showRole({ id }: Node, { role }: Ready): void {
    const { kind, epoch, leaderId } = role
    const text = `${id}: ${kind}${kind === 'follower' ? ` of ${leaderId}` : ''} in epoch ${epoch}`
    if (this.#roles.get(id) === text) return
    this.#roles.set(id, text)
    this.#trace.push(text)
  }

  #send(sent: Asked): void {
    const { from, asked } = sent
    const to = this.nodes.find(({ id }) => `node-${id}` === asked.to.endpoint.host)
    if (to === undefined) return
    const text = requestText(asked.request)
    const isLost = this.#cut.has(`${from.id} ${to.id}`) || to.raft === undefined || to.port !== asked.to.endpoint.port
    if (text !== undefined) this.show(`${from.id} -> ${to.id} ${text}${isLost ? ' (lost)' : ''}`)
    if (isLost) return
    this.#inFlight.push(() => this.#arrive(sent, to))
  }

  #arrive(sent: Asked, to: Node): void {
    const { from, life, asked } = sent
    const { request } = asked
    const settle = (outcome: Outcome): void => {
      if (from.life === life) from.raft?.settled(asked, outcome, this.nowMs)
    }
    const reply = (answer: QuorumReply): void => {
      const isLost = this.#cut.has(`${to.id} ${from.id}`) || from.life !== life
      const text = isNews(from, answer) ? replyText(answer) : undefined
      if (text !== undefined) this.show(`${to.id} -> ${from.id} ${text}${isLost ? ' (lost)' : ''}`)
      if (!isLost) this.#inFlight.push(() => settle({ kind: 'reply', reply: answer }))
    }
    if (request.kind === 'api-versions') {
      reply({ kind: 'api-versions', errorCode: ErrorCode.NONE, kraftVersions: { min: 0, max: 1 } })
      return
    }
    if (to.raft === undefined) return
    const token = this.#nextToken++
    this.#asked.set(token, reply)
    to.raft.receive(token, request, this.nowMs)
  }

  #answer({ log }: Node, { token, reply, read }: Answer): void {
    const asked = this.#asked.get(token)
    this.#asked.delete(token)
    if (reply.kind === 'fetch' && read?.of === 'log') asked?.({ ...reply, batches: log.read(read.offset, read.bytesMax) })
    else if (reply.kind === 'fetch-snapshot' && read?.of === 'snapshot') {
      const snapshot = log.snapshots.find(({ offset }) => offset === read.snapshot.offset)
      asked?.({ ...reply, bytes: snapshot === undefined ? Buffer.alloc(0) : bytesOf(snapshot).subarray(read.position) })
    } else asked?.(reply)
  }
}
