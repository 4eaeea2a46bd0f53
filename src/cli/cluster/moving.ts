/** `odradek cluster drain` and `rebalance`: plan, tell the plan, carry it out, look again, tell what was done. */
import { describeQuorum } from '../../protocol/index.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import type { ClusterAdmin } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { electPreferred } from './elections.ts'
import { Execution, type Outcome } from './execution.ts'
import { loadsAfter, type Move, type Plan, PlanError, planDrain, planRebalance } from './plan.ts'
import type { Report } from './report.ts'
import { askable, isMoving, partitionName, readCluster, type SeenCluster } from './seen.ts'
import { resumed } from './shown.ts'
import { removeThrottles } from './throttle.ts'

export interface MovingOptions {
  /** Undefined: the cluster is rebalanced. */
  readonly drained: number | undefined
  readonly isDryRun: boolean
  readonly batchSize: number
  readonly bytesPerSecond: number | undefined
  /** As it was given, for the commands that are told. */
  readonly bootstrap: string
  readonly interrupted: AbortSignal
}

/** Topics that are made meanwhile may put replicas onto a broker that is drained. */
const roundsMax = 3

const nothing: Outcome = { done: 0, cancelled: 0, goOn: 0, isInterrupted: false, failures: [] }

const added = (a: Outcome, b: Outcome): Outcome => ({
  done: a.done + b.done,
  cancelled: a.cancelled + b.cancelled,
  goOn: a.goOn + b.goOn,
  isInterrupted: b.isInterrupted,
  failures: [...a.failures, ...b.failures],
})

/** Resolves to the exit code. Throws AdminError or PlanError where nothing was done yet. */
export async function moveReplicas(admin: ClusterAdmin, options: MovingOptions, report: Report): Promise<number> {
  let sum = nothing
  const fail = (): number => {
    report.end(unfinished(sum), sum)
    return exitFailed
  }
  try {
    for (let round = 1; ; round++) {
      const cluster = await readCluster(admin)
      const plan = planOf(cluster, options.drained)
      if (round === 1 || plan.moves.length > 0) report.plan(plan)
      if (options.isDryRun) return exitDone
      sum = added(sum, await carryOut(admin, { ...options, cluster, plan, report, isFirst: round === 1 }))
      if (sum.isInterrupted || sum.failures.length > 0) return fail()
      // A broker may have come or gone while it was rebalanced: that is for another time.
      const isLast = plan.moves.length === 0 || options.drained === undefined || round === roundsMax
      if (!isLast) continue
      const left = plan.moves.length === 0 ? 0 : planOf(await readCluster(admin), options.drained).moves.length
      report.end(left === 0 ? await closing(admin, options) : changed(left, options.drained), sum)
      return left === 0 ? exitDone : exitFailed
    }
  } catch (error) {
    if (sum === nothing || !(error instanceof AdminError || error instanceof PlanError)) throw error
    sum = added(sum, { ...nothing, failures: [error.message] })
    return fail()
  }
}

const changed = (left: number, drained: number | undefined): string =>
  drained === undefined
    ? `The cluster has changed meanwhile, and is not balanced: ${left} partitions are to change. The same command goes on from here.`
    : `${left} partitions have come to the broker meanwhile`

/** What is on its way already, by an earlier run or somebody else, is part of it: its end is waited for. */
function planOf(cluster: SeenCluster, drained: number | undefined): Plan {
  if (drained !== undefined && !cluster.brokers.some(({ id }) => id === drained)) {
    const known = cluster.brokers.map(({ id }) => id).join(', ')
    throw new AdminError(`there is no broker ${drained}; there are ${known}`)
  }
  const plan = drained === undefined ? planRebalance(cluster) : planDrain(cluster, drained)
  const planned = new Set(plan.moves.map(nameOf))
  const underWay = cluster.partitions.filter(
    (it) => isMoving(it) && !planned.has(nameOf(it)) && (drained === undefined || it.present.includes(drained)),
  )
  return withoutLeaderless(cluster, { ...plan, moves: [...plan.moves, ...underWay.map(resumed)] }, drained)
}

/** Without a leader there is nobody to copy from: it would be waited for until one comes back. */
function withoutLeaderless(cluster: SeenCluster, plan: Plan, drained: number | undefined): Plan {
  const leaderless = new Set(cluster.partitions.filter(({ leader }) => leader < 0).map(nameOf))
  const withoutLeader = plan.moves.map(nameOf).filter((name) => leaderless.has(name))
  if (withoutLeader.length === 0) return plan
  const moves = plan.moves.filter((move) => !leaderless.has(nameOf(move)))
  const after = loadsAfter(cluster, moves).filter(({ brokerId, replicas }) => brokerId !== drained || replicas > 0)
  return { ...plan, moves, after, withoutLeader }
}

interface CarryOut extends MovingOptions {
  readonly cluster: SeenCluster
  readonly plan: Plan
  readonly report: Report
  readonly isFirst: boolean
}

async function carryOut(admin: ClusterAdmin, given: CarryOut): Promise<Outcome> {
  const { cluster, plan, report, batchSize, bytesPerSecond, interrupted, isFirst } = given
  const leftOut = (plan.withoutLeader ?? []).map((name) => `${name} has no leader of whom it could be copied`)
  if (plan.moves.length === 0) {
    // Those of an earlier run that was killed.
    const isCleaned = isFirst && bytesPerSecond !== undefined
    const failures = isCleaned ? await removeThrottles(admin, askable(cluster)) : []
    return { ...nothing, isInterrupted: interrupted.aborted, failures: [...leftOut, ...failures] }
  }
  const execution = new Execution(admin, {
    moves: plan.moves,
    throttled: throttledOf(cluster, plan),
    ...askable(cluster),
    batchSize,
    bytesPerSecond,
    interrupted,
    onProgress: (progress) => report.progress(progress),
  })
  try {
    const outcome = await execution.run()
    return { ...outcome, failures: [...leftOut, ...outcome.failures] }
  } finally {
    report.endBar()
  }
}

/**
 * A topic has one list of what is throttled: what is on its way by others belongs into it too. Whatever is on its way is copied from
 * those that it had before.
 */
function throttledOf({ partitions }: SeenCluster, { moves }: Plan): readonly Move[] {
  const topics = new Set(moves.map(({ topic }) => topic))
  const underWay = new Map(
    partitions.filter((it) => isMoving(it) && topics.has(it.topic)).map((it) => [nameOf(it), resumed(it)]),
  )
  const planned = moves.map((move) => ({ ...move, from: underWay.get(nameOf(move))?.from ?? move.from }))
  for (const move of moves) underWay.delete(nameOf(move))
  return [...planned, ...underWay.values()]
}

const nameOf = ({ topic, partition }: Pick<Move, 'topic' | 'partition'>): string => partitionName(topic, partition)

function unfinished({ done, cancelled, goOn, isInterrupted, failures }: Outcome): string {
  const shown = failures.slice(0, 10).map((failure) => `\n  ${failure}`)
  const more = failures.length > shown.length ? `\n  ... and ${failures.length - shown.length} more` : ''
  const failed = failures.length === 0 ? '' : `; ${failures.length} could not be done:${shown.join('')}${more}`
  const what = `${done} partitions are done${failed}`
  const again = 'The same command goes on from here.'
  const others = goOn === 0 ? '' : ` ${goOn} that were on their way before go on.`
  const whatOf = `${cancelled} that were under way are cancelled, and are where they were.${others} ${again}`
  if (!isInterrupted) return `${what}\n${cancelled + goOn === 0 ? again : whatOf}`
  return failures.length === 0 ? `Interrupted: ${what}. ${whatOf}` : `Interrupted: ${what}\n${whatOf}`
}

async function closing(admin: ClusterAdmin, { drained, bootstrap }: MovingOptions): Promise<string> {
  if (drained === undefined) return balanced(admin)
  const voters = await votersOf(admin)
  const steps = [
    `Broker ${drained} holds no replica. To take it away, stop it (SIGTERM), then:`,
    `  odradek cluster unregister --broker ${drained} --bootstrap ${bootstrap}`,
    'Until it is stopped, new topics may get replicas on it: then drain it again.',
  ]
  if (voters.includes(drained)) {
    const majority = Math.floor(voters.length / 2) + 1
    const others = `${voters.length} vote, and ${majority} must be there`
    steps.push(`It is a controller too, if its process is both: ${others}. Before it goes for good, see to that.`)
  }
  return steps.join('\n')
}

/** Leadership that went elsewhere while a broker was away is no matter of replicas: it comes back last. */
async function balanced(admin: ClusterAdmin): Promise<string> {
  const { partitions } = await readCluster(admin)
  await electPreferred(
    admin,
    partitions.filter(({ leader, replicas, isr }) => {
      const [first] = replicas
      return first !== undefined && leader !== first && isr.includes(first)
    }),
  )
  return 'The cluster is balanced.'
}

async function votersOf(admin: ClusterAdmin): Promise<readonly number[]> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const reply = await admin.askWhole(describeQuorum, { topics }, (it) => it)
  return reply.topics[0]?.partitions[0]?.currentVoters.map(({ replicaId }) => replicaId) ?? []
}
