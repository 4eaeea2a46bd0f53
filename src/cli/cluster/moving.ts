/** `odradek cluster drain` and `rebalance`: plan, tell the plan, carry it out, look again, tell what was done. */
import { describeQuorum } from '../../protocol/index.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import type { ClusterAdmin } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { electPreferred } from './elections.ts'
import { Execution, type Outcome } from './execution.ts'
import { type Plan, planDrain, planRebalance } from './plan.ts'
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

/** Resolves to the exit code. Throws AdminError or PlanError. */
export async function moveReplicas(admin: ClusterAdmin, options: MovingOptions, report: Report): Promise<number> {
  const { drained, isDryRun, interrupted } = options
  for (let round = 1; ; round++) {
    const cluster = await readCluster(admin)
    const plan = planOf(cluster, drained)
    if (round === 1 || plan.moves.length > 0) report.plan(plan)
    if (isDryRun) return exitDone
    if (plan.moves.length === 0) {
      // Those of an earlier run that was killed.
      if (round === 1 && options.bytesPerSecond !== undefined) await removeThrottles(admin, askable(cluster))
      report.end(await closing(admin, options), undefined)
      return exitDone
    }
    const outcome = await carryOut(admin, { ...options, cluster, plan, report })
    if (interrupted.aborted || outcome.failures.length > 0) {
      report.end(unfinished(outcome), outcome)
      return exitFailed
    }
    // A broker may have come or gone while it was rebalanced: that is for another time.
    if (drained === undefined || round === roundsMax) {
      const left = planOf(await readCluster(admin), drained).moves.length
      const isDone = drained === undefined || left === 0
      report.end(
        isDone ? await closing(admin, options) : `${left} partitions have come to the broker meanwhile`,
        outcome,
      )
      return isDone ? exitDone : exitFailed
    }
  }
}

/** What is on its way already, by an earlier run or somebody else, is part of it: its end is waited for. */
function planOf(cluster: SeenCluster, drained: number | undefined): Plan {
  if (drained !== undefined && !cluster.brokers.some(({ id }) => id === drained)) {
    const known = cluster.brokers.map(({ id }) => id).join(', ')
    throw new AdminError(`there is no broker ${drained}; there are ${known}`)
  }
  const plan = drained === undefined ? planRebalance(cluster) : planDrain(cluster, drained)
  const planned = new Set(plan.moves.map(({ topic, partition }) => partitionName(topic, partition)))
  const underWay = cluster.partitions.filter(
    (it) =>
      isMoving(it) &&
      !planned.has(partitionName(it.topic, it.partition)) &&
      (drained === undefined || it.present.includes(drained)),
  )
  return { ...plan, moves: [...plan.moves, ...underWay.map(resumed)] }
}

interface CarryOut extends MovingOptions {
  readonly cluster: SeenCluster
  readonly plan: Plan
  readonly report: Report
}

async function carryOut(admin: ClusterAdmin, given: CarryOut): Promise<Outcome> {
  const { cluster, plan, report, batchSize, bytesPerSecond, interrupted } = given
  const execution = new Execution(admin, {
    moves: plan.moves,
    ...askable(cluster),
    batchSize,
    bytesPerSecond,
    interrupted,
    onProgress: (progress) => report.progress(progress),
  })
  try {
    return await execution.run()
  } finally {
    report.endBar()
  }
}

function unfinished({ done, cancelled, isInterrupted, failures }: Outcome): string {
  const shown = failures.slice(0, 10).map((failure) => `\n  ${failure}`)
  const more = failures.length > shown.length ? `\n  ... and ${failures.length - shown.length} more` : ''
  const failed = failures.length === 0 ? '' : `; ${failures.length} could not be done:${shown.join('')}${more}`
  const what = `${done} partitions are done${failed}`
  if (!isInterrupted) return `${what}\nThe same command goes on from here.`
  return `Interrupted: ${what}. ${cancelled} that were under way are cancelled, and are where they were. The same command goes on from here.`
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
