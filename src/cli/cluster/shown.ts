/** Clusters and plans as people read them. Pure. */
import { printable, table } from '../table.ts'
import type { Load } from './placement.ts'
import { copiesOf, type Move, type Plan } from './plan.ts'
import { isMoving, isUnderReplicated, loadsOf, partitionName, type SeenCluster, type SeenPartition } from './seen.ts'
import type { Throttles } from './throttle.ts'

/** `--json` has them all. */
const rowsMax = 100

const ids = (brokers: readonly number[]): string => (brokers.length === 0 ? '-' : brokers.join(','))
const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

function bounded(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const more = rows.length > rowsMax ? `... and ${rows.length - rowsMax} more; --json has them all\n` : ''
  return `${table([head, ...rows.slice(0, rowsMax)])}${more}`
}

export function shownPlan({ moves, before, after, withoutLeader = [] }: Plan): string {
  const copies = moves.reduce((sum, move) => sum + copiesOf(move), 0)
  const what = `${counted(moves.length, 'partition')} to change, ${counted(copies, 'replica')} to copy`
  const rows = moves.map((move) => [
    printable(move.topic),
    String(move.partition),
    ids(move.from),
    ids(move.to),
    move.isResumed === true ? 'on its way' : copiesOf(move) === 0 ? 'order alone' : '',
  ])
  const names = withoutLeader.slice(0, rowsMax).map(printable).join(', ')
  const leftOut =
    names === '' ? '' : `\n${counted(withoutLeader.length, 'partition')} left out, without a leader: ${names}\n`
  return `${what}\n\n${bounded(['TOPIC', 'PARTITION', 'FROM', 'TO', ''], rows).replace(/ +$/gm, '')}${leftOut}\n${shownLoads(before, after)}`
}

function shownLoads(before: readonly Load[], after: readonly Load[]): string {
  const change = (a: number | undefined, b: number | undefined): string => `${a ?? 0} -> ${b ?? 0}`
  const rows = before.map((load) => {
    const then = after.find(({ brokerId }) => brokerId === load.brokerId)
    return [String(load.brokerId), change(load.replicas, then?.replicas), change(load.leaders, then?.leaders)]
  })
  return table([['BROKER', 'REPLICAS', 'PREFERRED LEADERS'], ...rows])
}

function brokerTable(cluster: SeenCluster): string {
  const loads = new Map(loadsOf(cluster).map((load) => [load.brokerId, load]))
  const lagging = (id: number): number =>
    cluster.partitions.filter(({ replicas, adding, isr }) => {
      return replicas.includes(id) && !adding.includes(id) && !isr.includes(id)
    }).length
  const rows = cluster.brokers.map(({ id, host, port, rack, isFenced }) => [
    String(id),
    printable(`${host}:${port}`),
    printable(rack ?? '-'),
    isFenced ? 'fenced' : 'active',
    String(loads.get(id)?.replicas ?? 0),
    String(loads.get(id)?.leaders ?? 0),
    String(cluster.partitions.filter(({ replicas }) => replicas[0] === id).length),
    String(lagging(id)),
  ])
  const head = ['BROKER', 'ADDRESS', 'RACK', 'STATE', 'REPLICAS', 'LEADERS', 'PREFERRED', 'NOT IN SYNC']
  return table([head, ...rows])
}

export function shownStatus(cluster: SeenCluster, throttles: Throttles): string {
  const lacking = cluster.partitions.filter(isUnderReplicated)
  const moving = cluster.partitions.filter(isMoving)
  const offline = cluster.partitions.filter(({ leader }) => leader < 0).length
  const row = (it: SeenPartition): readonly string[] => [printable(it.topic), String(it.partition)]
  const parts = [`Cluster ${printable(cluster.clusterId)}\n\n${brokerTable(cluster)}`]
  parts.push(
    `${counted(cluster.partitions.length, 'partition')}, ${lacking.length} under-replicated, ${offline} without a leader, ` +
      `${moving.length} on the way to other brokers\n`,
  )
  if (throttles.brokers.length + throttles.topics.length > 0) {
    const topics = throttles.topics.slice(0, rowsMax).map(printable).join(',') || '-'
    parts.push(`Replication is throttled: brokers ${ids(throttles.brokers)}, topics ${topics}\n`)
  }
  if (throttles.notKnown.length > 0) {
    parts.push(`Not known, as they do not answer: what is throttled of brokers ${ids(throttles.notKnown)}\n`)
  }
  if (lacking.length > 0) {
    const rows = lacking.map((it) => [
      ...row(it),
      it.leader < 0 ? '-' : String(it.leader),
      ids(it.replicas),
      ids(it.isr),
    ])
    parts.push(bounded(['UNDER-REPLICATED', 'PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC'], rows))
  }
  if (moving.length > 0) {
    const rows = moving.map((it) => [...row(it), ids(it.present), ids(it.adding), ids(it.removing)])
    parts.push(bounded(['ON THE WAY', 'PARTITION', 'REPLICAS', 'ADDING', 'REMOVING'], rows))
  }
  return parts.join('\n')
}

export const statusData = (cluster: SeenCluster, throttles: Throttles) => ({
  clusterId: cluster.clusterId,
  brokers: loadsOf(cluster).map(({ brokerId, replicas, leaders }) => {
    const broker = cluster.brokers.find(({ id }) => id === brokerId)
    const preferred = cluster.partitions.filter((it) => it.replicas[0] === brokerId).length
    return { ...broker, replicas, leaders, preferredLeaders: preferred }
  }),
  partitionCount: cluster.partitions.length,
  withoutLeader: cluster.partitions.filter(({ leader }) => leader < 0).map(nameOf),
  underReplicated: cluster.partitions.filter(isUnderReplicated),
  moving: cluster.partitions.filter(isMoving),
  throttles,
})

const nameOf = ({ topic, partition }: SeenPartition): string => partitionName(topic, partition)

const barWidth = 30

export function progressBar({ done, total }: { readonly done: number; readonly total: number }): string {
  const filled = total === 0 ? barWidth : Math.floor((done / total) * barWidth)
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}] ${done} of ${total} partitions`
}

/** A partition that is on its way already, as a move that goes on. */
export const resumed = ({ topic, partition, present, replicas, adding }: SeenPartition): Move => ({
  topic,
  partition,
  from: present.filter((id) => !adding.includes(id)),
  to: replicas,
  isResumed: true,
})
