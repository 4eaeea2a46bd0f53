import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prometheusText } from '../base/index.ts'
import { groupMetrics } from './group-metrics.ts'

const tally = {
  offsetCommits: 11,
  offsetExpirations: 12,
  offsetDeletions: 13,
  classicRebalances: 14,
  consumerRebalances: 15,
}

test('the coordinator tells of its groups under the names of Kafka', () => {
  const metrics = groupMetrics({
    offsetCount: 7,
    groups: [
      { type: 'classic', state: 'Stable', count: 2 },
      { type: 'classic', state: 'Empty', count: 3 },
      { type: 'consumer', state: 'Reconciling', count: 4 },
      { type: 'share', state: 'Empty', count: 5 },
    ],
    partitions: new Map([
      ['loading', 0],
      ['active', 3],
      ['failed', 1],
    ]),
    loadTimesMs: { max: 9, average: Number.NaN },
    tally,
  })
  const lines = new Map(
    prometheusText(metrics)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, string] => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  )
  const manager = 'kafka_coordinator_group_groupmetadatamanager'
  const coordinator = 'kafka_server_groupcoordinatormetrics'
  const expected = {
    [`${manager}_numoffsets`]: '7',
    [`${manager}_numgroups`]: '5',
    [`${manager}_numgroupspreparingrebalance`]: '0',
    [`${manager}_numgroupscompletingrebalance`]: '0',
    [`${manager}_numgroupsstable`]: '2',
    [`${manager}_numgroupsdead`]: '0',
    [`${manager}_numgroupsempty`]: '3',
    [`${coordinator}_group_count{protocol="classic"}`]: '5',
    [`${coordinator}_group_count{protocol="consumer"}`]: '4',
    [`${coordinator}_group_count{protocol="share"}`]: '5',
    [`${coordinator}_group_count{protocol="streams"}`]: '0',
    [`${coordinator}_consumer_group_count{state="Empty"}`]: '0',
    [`${coordinator}_consumer_group_count{state="Assigning"}`]: '0',
    [`${coordinator}_consumer_group_count{state="Reconciling"}`]: '4',
    [`${coordinator}_consumer_group_count{state="Stable"}`]: '0',
    [`${coordinator}_consumer_group_count{state="Dead"}`]: '0',
    [`${coordinator}_offset_commit_count_total`]: '11',
    [`${coordinator}_offset_expiration_count_total`]: '12',
    [`${coordinator}_offset_deletion_count_total`]: '13',
    [`${coordinator}_group_completed_rebalance_count_total`]: '14',
    [`${coordinator}_consumer_group_rebalance_count_total`]: '15',
    [`${coordinator}_num_partitions{state="loading"}`]: '0',
    [`${coordinator}_num_partitions{state="active"}`]: '3',
    [`${coordinator}_num_partitions{state="failed"}`]: '1',
    [`${coordinator}_partition_load_time_max`]: '9',
    [`${coordinator}_partition_load_time_avg`]: 'NaN',
  }
  assert.deepEqual(Object.fromEntries(lines), expected)
})
