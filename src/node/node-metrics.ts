/** What a node can tell of itself, under the names that Kafka's MBeans have in Prometheus. Read when somebody asks. */
import { counter, gauge, getOrInsert, histogram, type Metric } from '../base/index.ts'
import type { LogManager } from '../log/index.ts'
import { type MetadataImage, noLeader } from '../metadata/index.ts'
import type { Partition } from '../replication/index.ts'
import { type RequestTally, totalTimeBoundsMs } from '../server/index.ts'
import type { Broker } from './broker.ts'
import { groupMetrics } from './group-metrics.ts'
import type { Node } from './node.ts'

interface TopicSums {
  messagesIn: number
  bytesIn: number
  bytesOut: number
}

export function nodeMetrics(node: Node): readonly Metric[] {
  return [...(node.isBroker ? brokerMetrics(node) : []), ...quorumMetrics(node), ...serverMetrics(node.server)]
}

function brokerMetrics({ broker, isReady }: Node): readonly Metric[] {
  const partitions = [...broker.replicas.partitions()]
  const led = partitions.filter(({ isLeader }) => isLeader)
  return [
    gauge('kafka_server_kafkaserver_brokerstate', 'State of the broker: 3 is running, 1 is starting.', isReady ? 3 : 1),
    gauge('kafka_server_replicamanager_partitioncount', 'Replicas on this broker.', partitions.length),
    gauge('kafka_server_replicamanager_leadercount', 'Partitions that this broker leads.', led.length),
    gauge(
      'kafka_server_replicamanager_offlinereplicacount',
      'Replicas in failed directories.',
      count(partitions, (it) => it.isOffline),
    ),
    gauge(
      'kafka_server_replicamanager_underreplicatedpartitions',
      'Led partitions with fewer replicas in sync than there are.',
      count(led, (it) => it.isr.length < it.replicas.length),
    ),
    gauge(
      'kafka_server_replicamanager_underminisrpartitioncount',
      'Led partitions below min.insync.replicas.',
      count(led, (it) => it.isr.length < it.effectiveMinIsr),
    ),
    gauge(
      'kafka_server_brokermetadatametrics_lastappliedrecordoffset',
      'Offset of the metadata that this broker has applied.',
      broker.metadataOffset,
    ),
    gauge('kafka_server_fetchsessioncache_numincrementalfetchsessions', 'Fetch sessions.', broker.sessions.size),
    gauge(
      'kafka_server_fetchsessioncache_numincrementalfetchpartitionscached',
      'Partitions in fetch sessions.',
      broker.sessions.partitionCount,
    ),
    gauge(
      'kafka_server_leaderreplication_byte_rate',
      'Bytes per second that were sent to followers of partitions that are throttled on this leader.',
      broker.replicas.quotas.leader.byteRate,
    ),
    gauge(
      'kafka_server_followerreplication_byte_rate',
      'Bytes per second that throttled followers on this broker have fetched.',
      broker.replicas.quotas.follower.byteRate,
    ),
    ...topicMetrics(partitions),
    ...logMetrics(partitions),
    ...directoryMetrics(broker),
    ...cleanerMetrics(broker),
    ...groupMetrics(broker.groups.figures()),
  ]
}

function quorumMetrics({ quorum }: Node): readonly Metric[] {
  const { leaderEpoch, leaderId, highWatermark } = quorum.view
  return [
    gauge(
      'kafka_controller_kafkacontroller_activecontrollercount',
      '1 where this node is the active controller.',
      Number(quorum.isActive),
    ),
    gauge(
      'kafka_controller_kafkacontroller_offlinepartitionscount',
      'Partitions of the cluster without a leader; 0 where this node is not the active controller.',
      quorum.isActive ? offlinePartitionCount(quorum.image) : 0,
    ),
    gauge('kafka_server_raftmetrics_currentepoch', 'Epoch of the quorum.', leaderEpoch),
    gauge('kafka_server_raftmetrics_currentleader', 'Leader of the quorum, -1 if none is known.', leaderId),
    gauge('kafka_server_raftmetrics_highwatermark', 'High watermark of the metadata log.', highWatermark),
  ]
}

function serverMetrics(server: Node['server']): readonly Metric[] {
  return [
    gauge('kafka_server_socketservermetrics_connectioncount', 'Open connections.', server.connectionCount),
    ...requestMetrics(server.requestTallies()),
    counter(
      'kafka_network_acceptor_refusedconnections_total',
      'Connections that were refused over a limit.',
      server.refusedCount,
    ),
  ]
}

const count = (partitions: readonly Partition[], is: (partition: Partition) => boolean): number =>
  partitions.filter(is).length

/** Of the whole cluster, whoever holds them. */
export function offlinePartitionCount({ topics }: MetadataImage): number {
  let sum = 0
  for (const { partitions } of topics.byId.values()) {
    for (const { leader } of partitions.values()) if (leader === noLeader) sum++
  }
  return sum
}

function topicMetrics(partitions: readonly Partition[]): readonly Metric[] {
  const sums = new Map<string, TopicSums>()
  for (const { topic, traffic } of partitions) {
    const sum = getOrInsert(sums, topic, () => ({ messagesIn: 0, bytesIn: 0, bytesOut: 0 }))
    sum.messagesIn += traffic.messagesIn
    sum.bytesIn += traffic.bytesIn
    sum.bytesOut += traffic.bytesOut
  }
  const metric = (name: string, help: string, of: (sum: TopicSums) => number): Metric => ({
    name: `kafka_server_brokertopicmetrics_${name}_total`,
    help,
    type: 'counter',
    samples: [...sums].map(([topic, sum]) => ({ labels: { topic }, value: of(sum) })),
  })
  return [
    metric('messagesin', 'Records appended, by topic.', (sum) => sum.messagesIn),
    metric('bytesin', 'Bytes appended, by topic.', (sum) => sum.bytesIn),
    metric('bytesout', 'Bytes fetched, by topic.', (sum) => sum.bytesOut),
  ]
}

function logMetrics(partitions: readonly Partition[]): readonly Metric[] {
  const metric = (name: string, help: string, of: (partition: Partition) => number): Metric => ({
    name: `kafka_log_log_${name}`,
    help,
    type: 'gauge',
    samples: partitions.map((it) => ({ labels: { topic: it.topic, partition: it.partitionId }, value: of(it) })),
  })
  return [
    metric('size', 'Bytes of the log.', ({ log }) => log.sizeInBytes),
    metric('logstartoffset', 'First offset of the log.', ({ log }) => log.logStartOffset),
    metric('logendoffset', 'Offset of the next record.', ({ log }) => log.logEndOffset),
    metric('numlogsegments', 'Segments of the log.', ({ log }) => log.segmentCount),
  ]
}

function directoryMetrics(broker: Broker): readonly Metric[] {
  const { config, replicas, logDirectories } = broker
  const all = [...new Set(config.logDirs)]
  const flag = (name: string, help: string, is: (directory: string) => boolean): readonly Metric[] => [
    {
      name: `kafka_log_logmanager_logdirectory${name}`,
      help,
      type: 'gauge',
      samples: all.map((logDirectory) => ({ labels: { logDirectory }, value: is(logDirectory) ? 1 : 0 })),
    },
    gauge(`kafka_log_logmanager_${name}logdirectorycount`, 'How many are so.', all.filter(is).length),
  ]
  const metric = (name: string, help: string, of: (directory: LogManager) => number): Metric => ({
    name: `kafka_log_logmanager_${name}`,
    help,
    type: 'gauge',
    samples: logDirectories.map((it) => ({ labels: { logDirectory: it.directory }, value: of(it) })),
  })
  return [
    ...flag('offline', '1 where a log directory cannot be used.', (it) => !replicas.isOnline(it)),
    ...flag('cordoned', '1 where a log directory gets no new replicas.', (it) => config.cordonedLogDirs.includes(it)),
    metric(
      'lostbytes',
      'Bytes that the last start cut as no whole batches, by directory.',
      (it) => it.losses.lostBytes,
    ),
    metric(
      'missingsegments',
      'Segments that the last start missed, of which an index was left, by directory.',
      (it) => it.losses.missingSegments,
    ),
    metric(
      'missingrecords',
      'Records that the last start missed between two segments, by directory.',
      (it) => it.losses.missingRecords,
    ),
  ]
}

function cleanerMetrics({ cleaner, env, logDirectories }: Broker): readonly Metric[] {
  const { figures } = cleaner
  const seconds = (ms: number): number => Math.floor(ms / 1000)
  const manager = (name: string, help: string, value: number): Metric =>
    gauge(`kafka_log_logcleanermanager_${name}`, help, value)
  const last = (name: string, help: string, value: number): Metric => gauge(`kafka_log_logcleaner_${name}`, help, value)
  return [
    manager('max_dirty_percent', 'Of the dirtiest log, when the last one was chosen.', figures.maxDirtyPercent),
    manager(
      'time_since_last_run_ms',
      'Milliseconds since the cleaner last looked for a dirty log.',
      env.clock.now() - figures.lastRunMs,
    ),
    {
      name: 'kafka_log_logcleanermanager_uncleanable_partitions_count',
      help: 'Logs that cannot be compacted and are left alone, by directory.',
      type: 'gauge',
      samples: logDirectories.map((directory) => ({
        labels: { logDirectory: directory.directory },
        value: cleaner.uncleanable(directory).length,
      })),
    },
    last('max_clean_time_secs', 'Seconds of the last compaction.', seconds(figures.maxCleanTimeMs)),
    last('cleaner_recopy_percent', 'What the last compaction kept.', figures.recopyPercent),
    last(
      'max_buffer_utilization_percent',
      'How full the memory for keys became in the last compaction.',
      figures.maxBufferUtilizationPercent,
    ),
    last(
      'max_compaction_delay_secs',
      'How long ago the oldest dirty record should have been compacted.',
      seconds(figures.maxCompactionDelayMs),
    ),
  ]
}

/** Of the APIs, and versions of them, that somebody has asked for. */
function requestMetrics(tallies: readonly RequestTally[]): readonly Metric[] {
  const requests = tallies.flatMap(({ api: { name: request, versions }, requests }) =>
    [...requests].map((value, i) => ({ labels: { request, version: i > versions[1] ? 'other' : i }, value })),
  )
  const times = tallies.map(({ api, times, totalTimeMs }) => ({
    labels: { request: api.name },
    counts: times,
    sum: totalTimeMs,
  }))
  const totalTime = {
    name: 'kafka_network_requestmetrics_totaltimems',
    help: 'Milliseconds from the whole request to its reply, by API; a fetch that waits for records is in it.',
  }
  return [
    {
      name: 'kafka_network_requestmetrics_requests_total',
      help: 'Requests, by API and version.',
      type: 'counter',
      samples: requests.filter(({ value }) => value > 0),
    },
    histogram(
      totalTime,
      totalTimeBoundsMs,
      times.filter(({ counts }) => counts.some((count) => count > 0)),
    ),
  ]
}
