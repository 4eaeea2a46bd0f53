/**
 * Machines of a quorum against each other: messages take their time, get lost or find nobody; nodes crash, lose what
 * they have not flushed and come back; disks are slow. One seed, one history. The network and the disks are models: what
 * is tried is `Raft` alone, thousands of hours in a minute.
 */
import { type RandomStream, zeroUuid } from '../../../src/base/index.ts'
import { ErrorCode } from '../../../src/protocol/index.ts'
import {
  type FetchSnapshotReply,
  type Outcome,
  type OutgoingRequest,
  type QuorumReply,
  type QuorumRequest,
  type QuorumTimes,
  Raft,
  type Ready,
  type ReplicaKey,
  VoterSet,
} from '../../../src/raft/index.ts'
import { SeededRandom } from '../../../src/sim/random.ts'
import { drawnTimes } from './drawn-times.ts'
import { type ModelDisk, ModelDownload } from './model-download.ts'
import { Node } from './model-node.ts'
import { bytesOf } from './model-snapshot.ts'
import { recordsIn } from './quorum-text.ts'

/** Planted on purpose, to see that they are found. */
export type Bug =
  | 'vote-not-synced'
  | 'reports-unflushed'
  | 'no-truncation'
  | 'votes-twice'
  | 'old-epoch-by-count'
  | 'changes-at-once'
  | 'directory-id-kept'
  | 'snapshot-ahead'
  | 'vote-forgotten'

export interface WorldOptions {
  readonly seed: number
  readonly bug?: Bug | undefined
}

export interface GrantedVote {
  /** The disk that gave it. */
  readonly voter: string
  readonly epoch: number
  readonly candidate: ReplicaKey
}

type PieceRead = Extract<Ready['answers'][number]['read'], { readonly of: 'snapshot' }>

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Of a name that is known to lead to a node wherever it listens. */
export const anyPort = 0

const noCounts = {
  elections: 0,
  crashes: 0,
  truncations: 0,
  proposals: 0,
  committed: 0,
  added: 0,
  removed: 0,
  refused: 0,
  upgrades: 0,
  disksLost: 0,
  moves: 0,
  snapshots: 0,
  fetchedSnapshots: 0,
}

export class QuorumWorld {
  readonly nodes: readonly Node[]
  /** Voters are named by the log from the start; else by the configuration, until kraft.version is raised. */
  readonly isDynamic: boolean
  readonly autoJoin: boolean
  readonly times: QuorumTimes
  readonly hasSnapshots: boolean
  nowMs = 0
  isHealed = false
  counts = { ...noCounts }
  /** Called behind each event. */
  readonly check: (world: QuorumWorld) => void
  /** Called with each vote that was given, when it is on its way. */
  granted: (vote: GrantedVote) => void = () => undefined
  readonly bug: Bug | undefined
  /** One batch at a time, or some. */
  readonly #fetchBytesMax: number
  readonly #random: SeededRandom
  readonly #events: Event[] = []
  readonly #cut = new Set<string>()
  #order = 0
  #nextToken = 0
  readonly #asked = new Map<number, { readonly life: number; readonly reply: (reply: QuorumReply) => void }>()
  #proposal = 0

  constructor({ seed, bug }: WorldOptions, check: (world: QuorumWorld) => void) {
    this.bug = bug
    this.check = check
    this.#random = new SeededRandom(String(seed))
    const chance = this.chance('options')
    this.times = drawnTimes(chance)
    this.#fetchBytesMax = this.chance('fetch bytes').below(2) === 0 ? 1 : 200
    this.hasSnapshots = this.chance('has snapshots').below(2) === 0
    const voterCount = chance.below(4) === 0 ? 1 + chance.below(2) : 3 + 2 * chance.below(2)
    const observerCount = chance.below(3)
    this.nodes = Array.from({ length: voterCount + observerCount }, (_, i) => new Node(i + 1))
    this.isDynamic = chance.below(3) > 0
    this.autoJoin = chance.below(3) === 0
    this.#format(this.nodes.slice(0, voterCount))
    for (const node of this.nodes) this.start(node)
  }

  #format(first: readonly Node[]): void {
    if (!this.isDynamic) {
      const endpoints = (id: number) => [{ name: 'CONTROLLER', host: `node-${id}`, port: anyPort }]
      const voters = first.map(({ id }) => ({ id, directoryId: zeroUuid, endpoints: endpoints(id) }))
      for (const node of this.nodes) node.configured = new VoterSet(voters)
      return
    }
    const kraftVersions = { min: 0, max: 1 }
    const voters = new VoterSet(first.map(({ key, endpoint }) => ({ ...key, endpoints: [endpoint], kraftVersions })))
    for (const node of first) {
      node.bootstrap = [
        { offset: -1, record: { kind: 'kraft-version', version: 1 } },
        { offset: -1, record: { kind: 'voters', voters } },
      ]
    }
  }

  chance(name: string): RandomStream {
    return this.#random.stream(name)
  }

  at(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.#order++, run }
    let i = this.#events.length
    while (i > 0) {
      const other = this.#events[i - 1]
      if (other === undefined || other.atMs < event.atMs || (other.atMs === event.atMs && other.order < event.order))
        break
      i--
    }
    this.#events.splice(i, 0, event)
  }

  run(untilMs: number): void {
    for (let event = this.#events[0]; event !== undefined && event.atMs <= untilMs; event = this.#events[0]) {
      this.#events.shift()
      this.nowMs = event.atMs
      event.run()
      this.check(this)
    }
    this.nowMs = untilMs
  }

  start(node: Node): void {
    const { log } = node
    const stream = this.chance(`node ${node.id} ${node.life}`)
    const committedOffset = log.latestSnapshot?.offset ?? 0
    node.isBusy = false
    node.highWatermark = committedOffset
    node.download = new ModelDownload()
    node.raft = new Raft({
      self: node.key,
      listener: node.endpoint.name,
      endpoints: [node.endpoint],
      voters: node.configured,
      logged: node.logged,
      quorumRecordsIn: (bytes) => recordsIn(Buffer.from(bytes).toString()),
      autoJoin: this.autoJoin,
      bootstrap: this.nodes.flatMap(({ id, endpoint }) => (id === node.id ? [] : [{ ...endpoint, port: anyPort }])),
      election: log.election,
      log: {
        startOffset: log.startOffset,
        endOffset: log.endOffset,
        epochs: log.epochs,
        snapshots: [...log.snapshots],
      },
      committedOffset,
      times: this.times,
      fetchBytesMax: this.#fetchBytesMax,
      fetchSnapshotBytesMax: 30,
      below: (bound) => stream.below(bound),
      nowMs: this.nowMs,
    })
    this.work(node)
  }

  crash(node: Node): void {
    node.raft = undefined
    node.life++
    node.wakeAtMs = Number.POSITIVE_INFINITY
    const stream = this.chance('power')
    node.log.cutPower((bound) => stream.below(bound))
    this.counts.crashes++
  }

  /** Of what is known to be committed; sometimes the log before it goes. */
  makeSnapshot(node: Node): void {
    const { raft, log } = node
    if (raft === undefined || node.isBusy || raft.hasReady) return
    const snapshot = log.snapshotAt(this.bug === 'snapshot-ahead' ? log.endOffset : node.highWatermark, node.logged)
    if (snapshot !== undefined && snapshot.offset > (log.latestSnapshot?.offset ?? 0)) {
      log.snapshots.push(snapshot)
      this.counts.snapshots++
    }
    if (this.chance('cut').below(2) === 0) log.cutBehindSnapshot()
    raft.logBeginsAt({ startOffset: log.startOffset, snapshots: [...log.snapshots] })
    this.work(node)
    this.check(this)
  }

  cut(a: number, b: number): void {
    this.#cut.add(`${a}>${b}`)
  }

  heal(): void {
    this.isHealed = true
    this.#cut.clear()
    for (const node of this.nodes) if (node.raft === undefined) this.start(node)
  }

  mend(): void {
    this.#cut.clear()
  }

  #isCut(a: number, b: number): boolean {
    return this.#cut.has(`${a}>${b}`)
  }

  propose(): void {
    const leaders = this.nodes.filter(({ raft }) => raft?.isLeader === true)
    const leader = leaders[this.chance('propose').below(Math.max(1, leaders.length))]
    if (leader?.raft === undefined) return
    this.counts.proposals++
    leader.raft.propose([Buffer.from(`record ${this.#proposal++}`)])
    this.work(leader)
  }

  /** Asks a node without a network between; what it answers is counted by its code. */
  ask(node: Node, request: QuorumRequest): void {
    const token = this.#nextToken++
    const reply = ({ kind, errorCode }: QuorumReply): void => {
      if (errorCode !== 0) this.counts.refused++
      else if (kind === 'add-voter') this.counts.added++
      else if (kind === 'remove-voter') this.counts.removed++
    }
    this.#asked.set(token, { life: node.life, reply })
    node.raft?.receive(token, request, this.nowMs)
    this.work(node)
  }

  // ---- a driver

  work(node: Node): void {
    const { raft, life } = node
    if (raft === undefined) return
    if (this.bug === 'old-epoch-by-count' && raft.isLeader) Object.assign(raft.role, { epochStartOffset: -1 })
    if (!node.isBusy && raft.hasReady) {
      node.isBusy = true
      this.#do(node, raft, raft.ready())
      return
    }
    const wakeAtMs = raft.wakeMs
    if (wakeAtMs >= node.wakeAtMs && node.wakeAtMs > this.nowMs) return
    node.wakeAtMs = wakeAtMs
    if (wakeAtMs === Number.POSITIVE_INFINITY) return
    this.at(Math.max(0, wakeAtMs - this.nowMs), () => {
      if (node.life !== life || node.wakeAtMs !== wakeAtMs) return
      node.wakeAtMs = Number.POSITIVE_INFINITY
      raft.tick(this.nowMs)
      this.work(node)
    })
  }

  /** Each step takes the disk its time, and a crash may come between. */
  #do(node: Node, raft: Raft, ready: Ready): void {
    const { life, log } = node
    const steps: (() => void)[] = []
    const { election, truncateTo, startFrom } = ready
    node.download.take(ready.snapshotSteps, { node, raft, disk: this.#diskOf() })
    if (election !== undefined) {
      steps.push(() => {
        log.persist(election, this.bug !== 'vote-not-synced')
        if (election.leaderId === node.id) this.counts.elections++
        raft.electionPersisted(election.epoch, this.nowMs)
      })
    }
    if (truncateTo !== undefined) {
      steps.push(() => {
        this.counts.truncations++
        log.truncateTo(truncateTo)
      })
    }
    if (startFrom !== undefined) steps.push(...this.#startingFrom(node))
    steps.push(() => {
      for (const entry of ready.entries) log.append(entry)
      for (const request of ready.requests) this.#send(node, request)
      for (const { token, reply, read } of ready.answers) this.#answer(node, token, reply, read)
      if (ready.entries.length > 0 && this.bug === 'reports-unflushed') raft.flushed(log.endOffset, this.nowMs)
    })
    if (ready.entries.length > 0) {
      steps.push(() => {
        log.flush()
        raft.flushed(log.flushedOffset, this.nowMs)
      })
    }
    const next = (): void => {
      if (node.life !== life) return
      const step = steps.shift()
      if (step === undefined) {
        node.isBusy = false
        node.highWatermark = Math.max(node.highWatermark, raft.highWatermark)
        this.work(node)
        return
      }
      step()
      this.at(this.#diskMs(), next)
    }
    next()
  }

  /** The snapshot gets its name before the log goes: a crash may come between. */
  #startingFrom({ download, log }: Node): (() => void)[] {
    const snapshot = download.whole
    if (snapshot === undefined) throw new Error('a snapshot was fetched')
    return [
      () => log.snapshots.push(snapshot),
      () => {
        this.counts.fetchedSnapshots++
        download.whole = undefined
        log.startFrom(snapshot)
      },
    ]
  }

  #diskOf(): ModelDisk {
    const nowMs = (): number => this.nowMs
    return {
      get nowMs() {
        return nowMs()
      },
      whenWritten: (node, then) => {
        const { life } = node
        this.at(this.#diskMs(), () => {
          if (node.life !== life) return
          then()
          this.work(node)
        })
      },
      isDamaged: () => !this.isHealed && this.chance('damage').below(50) === 0,
    }
  }

  #diskMs(): number {
    const stream = this.chance('disk')
    if (this.isHealed) return stream.below(3)
    return stream.below(50) === 0 ? stream.below(1500) : stream.below(5)
  }

  // ---- a network

  #netMs(): number {
    const stream = this.chance('net')
    if (this.isHealed) return stream.below(5)
    return stream.below(30) === 0 ? stream.below(3000) : stream.below(20)
  }

  #isLost(): boolean {
    return !this.isHealed && this.chance('loss').below(40) === 0
  }

  #send(from: Node, outgoing: OutgoingRequest): void {
    const { life } = from
    const { endpoint } = outgoing.to
    const to = this.nodes.find(({ id }) => `node-${id}` === endpoint.host)
    const settle = (outcome: Outcome): void => {
      if (from.life !== life || from.raft === undefined) return
      from.raft.settled(
        outgoing,
        this.bug === 'no-truncation' ? this.#undiverged(outgoing, outcome) : outcome,
        this.nowMs,
      )
      this.work(from)
    }
    if (to === undefined || this.#isLost()) return
    this.at(this.#netMs(), () => {
      if (this.#isCut(from.id, to.id)) return
      if (to.raft === undefined || (endpoint.port !== anyPort && endpoint.port !== to.port)) {
        this.at(this.#netMs(), () => settle({ kind: 'failed' }))
        return
      }
      const { request } = outgoing
      const reply = (answer: QuorumReply): void => {
        if (request.kind === 'vote' && !request.isPreVote && answer.kind === 'vote' && answer.isGranted) {
          const { epoch, candidate } = request
          this.granted({ voter: `${to.id} ${to.disks}`, epoch, candidate })
        }
        if (this.#isLost()) return
        this.at(this.#netMs(), () => {
          if (!this.#isCut(to.id, from.id)) settle({ kind: 'reply', reply: answer })
        })
      }
      if (request.kind === 'api-versions') {
        reply({ kind: 'api-versions', errorCode: 0, kraftVersions: { min: 0, max: 1 } })
        return
      }
      const token = this.#nextToken++
      this.#asked.set(token, { life: to.life, reply })
      to.raft.receive(token, request, this.nowMs)
      this.work(to)
    })
  }

  /** The replica goes on behind its end, whatever it has before. */
  #undiverged({ to, request }: OutgoingRequest, outcome: Outcome): Outcome {
    if (outcome.kind !== 'reply' || outcome.reply.kind !== 'fetch' || request.kind !== 'fetch') return outcome
    if (outcome.reply.diverging === undefined) return outcome
    const leader = this.nodes.find(({ id }) => `node-${id}` === to.endpoint.host)
    const batches = leader?.log
      .read(request.fetchOffset, 200)
      .filter(({ baseOffset }) => baseOffset >= request.fetchOffset)
    return { kind: 'reply', reply: { ...outcome.reply, diverging: undefined, batches: batches ?? [] } }
  }

  #answer(node: Node, token: number, reply: QuorumReply, read: Ready['answers'][number]['read']): void {
    const asked = this.#asked.get(token)
    this.#asked.delete(token)
    if (asked === undefined || asked.life !== node.life) return
    if (reply.kind === 'fetch' && read?.of === 'log') {
      asked.reply({ ...reply, batches: node.log.read(read.offset, read.bytesMax) })
    } else if (reply.kind === 'fetch-snapshot' && read?.of === 'snapshot') {
      asked.reply(this.#withBytes(node, reply, read))
    } else asked.reply(reply)
  }

  #withBytes({ log }: Node, reply: FetchSnapshotReply, { snapshot: id, position, bytesMax }: PieceRead): QuorumReply {
    const snapshot = log.snapshots.find(({ offset, epoch }) => offset === id.offset && epoch === id.epoch)
    if (snapshot === undefined) return { ...reply, errorCode: ErrorCode.SNAPSHOT_NOT_FOUND }
    return { ...reply, bytes: bytesOf(snapshot).subarray(position, position + bytesMax) }
  }
}
