/** What the group coordinator can tell of itself, under the names that Kafka's MBeans have in Prometheus. */
import { counter, gauge, type Metric } from '../base/index.ts'
import type { GroupFigures } from '../coordinator/index.ts'

const protocols = ['classic', 'consumer', 'share', 'streams']
const classicStates = ['PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Empty']
const consumerStates = ['Empty', 'Assigning', 'Reconciling', 'Stable', 'Dead']

export function groupMetrics(figures: GroupFigures): readonly Metric[] {
  return [...managerMetrics(figures), ...coordinatorMetrics(figures), ...partitionMetrics(figures)]
}

function managerMetrics({ offsetCount, groups }: GroupFigures): readonly Metric[] {
  const metric = (name: string, help: string, value: number): Metric =>
    gauge(`kafka_coordinator_group_groupmetadatamanager_${name}`, help, value)
  return [
    metric('numoffsets', 'Committed offsets.', offsetCount),
    metric('numgroups', 'Groups of the classic protocol.', countOf(groups, { type: 'classic' })),
    ...classicStates.map((state) =>
      metric(
        `numgroups${state.toLowerCase()}`,
        `Groups of the classic protocol that are ${state}.`,
        countOf(groups, { type: 'classic', state }),
      ),
    ),
  ]
}

function coordinatorMetrics({ groups, tally }: GroupFigures): readonly Metric[] {
  const count = (name: string, help: string, value: number): Metric =>
    counter(named(`${name}_count_total`), help, value)
  return [
    labelled(
      named('group_count'),
      'Groups, by the protocol of their members.',
      protocols.map((protocol) => ({ labels: { protocol }, value: countOf(groups, { type: protocol }) })),
    ),
    labelled(
      named('consumer_group_count'),
      'Groups of the consumer protocol, by state.',
      consumerStates.map((state) => ({ labels: { state }, value: countOf(groups, { type: 'consumer', state }) })),
    ),
    count('offset_commit', 'Offsets that were committed.', tally.offsetCommits),
    count('offset_expiration', 'Offsets that expired.', tally.offsetExpirations),
    count('offset_deletion', 'Offsets that administrators deleted.', tally.offsetDeletions),
    count('group_completed_rebalance', 'Rebalances of classic groups that came to an end.', tally.classicRebalances),
    count('consumer_group_rebalance', 'Rebalances of groups of the consumer protocol.', tally.consumerRebalances),
  ]
}

function partitionMetrics({ partitions, loadTimesMs }: GroupFigures): readonly Metric[] {
  return [
    labelled(
      named('num_partitions'),
      'Partitions of __consumer_offsets that this broker leads, by state.',
      [...partitions].map(([state, value]) => ({ labels: { state }, value })),
    ),
    gauge(named('partition_load_time_max'), 'Longest load of a partition in the last 30 s, in ms.', loadTimesMs.max),
    gauge(
      named('partition_load_time_avg'),
      'Average load of a partition in the last 30 s, in ms.',
      loadTimesMs.average,
    ),
  ]
}

const named = (name: string): string => `kafka_server_groupcoordinatormetrics_${name}`

const labelled = (name: string, help: string, samples: Metric['samples']): Metric => ({
  name,
  help,
  type: 'gauge',
  samples,
})

/** Of a type, and in a state if one is named. */
function countOf(
  groups: GroupFigures['groups'],
  { type, state }: { readonly type: string; readonly state?: string },
): number {
  let sum = 0
  for (const it of groups) if (it.type === type && (state === undefined || it.state === state)) sum += it.count
  return sum
}
