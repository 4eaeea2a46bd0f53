/** A partition of a coordinator's topic, as the coordinator's runtime reads and appends it. */
import { ApiError } from '../base/index.ts'
import type { CoordinatorPartition } from '../coordinator/index.ts'
import { readPlan } from '../log/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Partition, Replication } from '../replication/index.ts'

/** As Kafka's `offsets.commit.timeout.ms` for records that must be replicated before they count. */
export interface CoordinatorPartitionOptions {
  readonly partition: Partition
  readonly replication: Replication
  readonly commitTimeoutMs: () => number
}

const nothing = new Uint8Array(0)

export function coordinatorPartition(options: CoordinatorPartitionOptions): CoordinatorPartition {
  const { partition, replication, commitTimeoutMs } = options
  const { log, leaderEpoch } = partition
  return {
    leaderEpoch,
    logStartOffset: log.logStartOffset,
    endOffset: log.logEndOffset,
    get targetCompression() {
      return partition.rules.targetCompression
    },
    read: (startOffset, maxBytes) => readWhole(partition, startOffset, maxBytes),
    append(batch) {
      partition.checkLeader(leaderEpoch)
      if (partition.isr.length < partition.effectiveMinIsr) {
        throw new ApiError(ErrorCode.NOT_ENOUGH_REPLICAS, `too few replicas of ${partition.name} are in sync`)
      }
      const baseOffset = partition.log.nextOffset
      const appended = partition.append(batch, { origin: 'coordinator' })
      return { baseOffset, committed: committed(appended) }
    },
  }

  async function committed(appended: ReturnType<Partition['append']>): Promise<void> {
    const { lastOffset } = await appended
    const codes = await replication.waitFor([{ partition, endOffset: lastOffset + 1 }], commitTimeoutMs())
    const [code = ErrorCode.NONE] = codes ?? []
    if (code !== ErrorCode.NONE) throw new ApiError(code, `records of ${partition.name} were not replicated`)
  }
}

async function readWhole(partition: Partition, startOffset: number, maxBytes: number): Promise<Uint8Array> {
  const { log } = partition
  const plan = await log.read({ startOffset, maxBytes, maxOffset: log.logEndOffset, minOneBatch: true })
  if (plan.sizeInBytes === 0) return nothing
  const bytes = readPlan(plan)
  if (bytes !== undefined) return bytes
  throw new ApiError(
    ErrorCode.KAFKA_STORAGE_ERROR,
    `${partition.name} was cut, or could not be read, while it was loaded`,
  )
}
