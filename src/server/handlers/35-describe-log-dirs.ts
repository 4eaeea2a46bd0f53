/**
 * DescribeLogDirs (35), versions 1 to 5: the log directories of this broker, the logs in them, and the room left.
 *
 * 2: flexible. 3: an error for the whole. 4: total and usable bytes (KIP-827). 5: whether new partitions may come (KIP-1066).
 */
import { type Disk, DiskError } from '../../base/index.ts'
import type { BrokerConfig } from '../../config/index.ts'
import type { Log } from '../../log/index.ts'
import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  describeLogDirs,
  ErrorCode,
} from '../../protocol/index.ts'
import type { ReplicaManager } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface DescribeLogDirsServices {
  readonly replicas: ReplicaManager
  readonly config: () => BrokerConfig
  readonly disk: Pick<Disk, 'space'>
}

type Result = DescribeLogDirsResponse['results'][number]
type Topic = Result['topics'][number]
/** By topic; undefined: all logs. */
type Wanted = ReadonlyMap<string, ReadonlySet<number>> | undefined

const unknownBytes = -1
/** There is no replica that the log belongs to. */
const unknownLag = -1

export function describeLogDirsHandler(
  services: DescribeLogDirsServices,
): Handler<DescribeLogDirsRequest, DescribeLogDirsResponse> {
  return {
    api: describeLogDirs,
    async handle(request) {
      const wanted = wantedOf(request)
      const directories = new Set(services.config().logDirs)
      const results = await Promise.all([...directories].map((it) => describe(services, it, wanted)))
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results }
    },
  }
}

function wantedOf({ topics }: DescribeLogDirsRequest): Wanted {
  if (topics === null) return undefined
  const wanted = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    const known = wanted.get(topic) ?? new Set()
    for (const partition of partitions) known.add(partition)
    wanted.set(topic, known)
  }
  return wanted
}

async function describe(services: DescribeLogDirsServices, logDir: string, wanted: Wanted): Promise<Result> {
  const { replicas, config, disk } = services
  const offline: Result = {
    errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
    logDir,
    topics: [],
    totalBytes: unknownBytes,
    usableBytes: unknownBytes,
    isCordoned: false,
  }
  if (!replicas.isOnline(logDir)) return offline
  try {
    const { totalBytes, usableBytes } = await disk.space(logDir)
    const isCordoned = config().cordonedLogDirs.includes(logDir)
    const topics = topicsIn(replicas, logDir, wanted)
    return { errorCode: ErrorCode.NONE, logDir, topics, totalBytes, usableBytes, isCordoned }
  } catch (error) {
    if (error instanceof DiskError) return offline
    throw error
  }
}

function topicsIn(replicas: ReplicaManager, logDir: string, wanted: Wanted): readonly Topic[] {
  const topics = new Map<string, Topic['partitions'][number][]>()
  const manager = replicas.directories.find(({ directory }) => directory === logDir)
  const current = [...(manager?.logs ?? [])].map((log) => ({ log, isFutureKey: false }))
  const futures = [...(manager?.futures ?? [])].map((log) => ({ log, isFutureKey: true }))
  for (const { log, isFutureKey } of [...current, ...futures]) {
    const { topic, partition } = log.topicPartition
    if (wanted !== undefined && wanted.get(topic)?.has(partition) !== true) continue
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({
      partitionIndex: partition,
      partitionSize: log.sizeInBytes,
      offsetLag: lagOf(replicas, log, isFutureKey),
      isFutureKey,
    })
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}

/** How far the log is behind what is committed; a future one: behind the end of the log that it copies. */
function lagOf(replicas: ReplicaManager, log: Log, isFuture: boolean): number {
  const { topic, partition } = log.topicPartition
  const replica = replicas.get(topic, partition)
  if (replica === undefined || replica.isOffline) return unknownLag
  return Math.max(0, (isFuture ? replica.log.logEndOffset : replica.log.highWatermark) - log.logEndOffset)
}
