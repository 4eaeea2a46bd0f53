/** The commands of the transcripts. */
import { type Command, durationMs } from '../../coordinator/group/test-support/transcript.ts'
import type { Node } from '../../../test/sim/quorum/model-node.ts'
import { errorName } from '../../protocol/index.ts'
import type { QuorumReply, QuorumRequest } from '../index.ts'
import type { TranscriptBench } from './transcript-bench.ts'
import { nodeText } from './transcript-text.ts'

type Verb = (bench: TranscriptBench, command: Command) => void

const nodeOf = (bench: TranscriptBench, { name }: Command): Node => bench.node(name)

/** Asks whoever leads, and shows the answer when it comes. */
function change(bench: TranscriptBench, request: QuorumRequest): void {
  const { leader } = bench
  bench.ask(leader, request, (reply: QuorumReply) =>
    bench.show(`${leader.id}: ${reply.kind} ${errorName(reply.errorCode)}`),
  )
}

export const verbs: Readonly<Record<string, Verb>> = {
  /** Directories are formatted for a quorum of these. */
  voters: (bench, { names }) => bench.format(names),
  /** The same, started, and led by the first of them: as `election.txt` shows. */
  quorum: (bench, { name, names }) => {
    bench.format(names)
    for (const each of names) bench.start(bench.node(each))
    bench.advance(2000)
    if (!bench.raft(name).isLeader) throw new Error(`node ${name} does not lead`)
    bench.hush()
  },
  start: (bench, { names }) => {
    for (const name of names) bench.start(bench.node(name))
  },
  /** What a node adds to each of its election time-outs of one second. */
  patience: (bench, command) => {
    for (const [name, text] of command.takeRest()) bench.patience.set(Number(name), durationMs(text))
  },
  advance: (bench, command) => bench.advance(durationMs(command.name)),
  crash: (bench, command) => bench.crash(nodeOf(bench, command)),
  /** It tells the others, and is gone. */
  stop: (bench, command) => {
    const node = nodeOf(bench, command)
    bench.raft(command.name).stop(bench.nowMs)
    bench.settle()
    bench.crash(node)
  },
  /** The first is alone from now on, or apart from those that follow. */
  cut: (bench, { name, names }) => {
    const from = bench.node(name)
    const others = names.length > 1 ? names.slice(1).map((other) => bench.node(other)) : bench.nodes
    for (const other of others) if (other !== from) bench.cut(from, other)
  },
  heal: (bench) => bench.heal(),
  /** To whoever leads, or to `at`. */
  propose: (bench, command) => {
    const at = command.take('at')
    const node = at === undefined ? bench.leader : bench.node(at)
    for (const text of command.names) {
      node.raft?.propose([Buffer.from(text)])
      bench.settle()
    }
  },
  add: (bench, command) => {
    const { key, endpoint } = nodeOf(bench, command)
    change(bench, { kind: 'add-voter', voter: key, endpoints: [endpoint], ackWhenCommitted: true })
  },
  /** As the leader knows it: a voter whose disk is lost too. */
  remove: (bench, command) => {
    const voter = bench.leader.raft?.voters.keyOf(Number(command.name))
    if (voter !== undefined) change(bench, { kind: 'remove-voter', voter })
  },
  /** It listens elsewhere from its next start on. */
  move: (bench, command) => {
    nodeOf(bench, command).port++
  },
  'lose-disk': (bench, command) => {
    const node = nodeOf(bench, command)
    bench.crash(node)
    node.loseDisk()
  },
  /** Of all that is committed; the log before it goes. */
  snapshot: (bench, command) => {
    const node = nodeOf(bench, command)
    const { log, highWatermark, logged } = node
    const made = log.snapshotAt(highWatermark, logged)
    if (made === undefined) throw new Error(`node ${node.id} has nothing to make a snapshot of`)
    log.snapshots.push(made)
    log.cutBehindSnapshot()
    bench.raft(command.name).logBeginsAt({ startOffset: log.startOffset, snapshots: [...log.snapshots] })
    bench.settle()
  },
  show: (bench) => {
    for (const node of bench.nodes) bench.show(nodeText(node))
  },
}
