/** A partition of a coordinator's topic, as the coordinator's runtime reads and appends it. */
import { ApiError } from '../base/index.ts'
import type { CoordinatorPartition } from '../coordinator/index.ts'
import { readPlan } from '../log/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Partition, PartitionWaiter } from '../replication/index.ts'

const nothing = new Uint8Array(0)
const nothingNew = { appendedBytes: 0, isAppendOnly: false, isLedAnew: false }

export function coordinatorPartition(partition: Partition): CoordinatorPartition {
  const { log, leaderEpoch } = partition
  return {
    leaderEpoch,
    logStartOffset: log.logStartOffset,
    endOffset: log.logEndOffset,
    get nextOffset() {
      return partition.log.nextOffset
    },
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
      return { baseOffset, committed: committed(partition, appended) }
    },
  }
}

/** However long it takes: who waits for an answer has a time-out, but what is in the log may still be committed. */
async function committed(partition: Partition, appended: ReturnType<Partition['append']>): Promise<void> {
  const { term } = partition
  const { lastOffset } = await appended
  await new Promise<void>((resolve, reject) => {
    const waiter: PartitionWaiter = {
      progressed() {
        // Where it leads again, what it had alone may have been cut meanwhile.
        const isLost = term === undefined || partition.term !== term
        if (!isLost && !partition.isReplicated(lastOffset + 1)) return
        partition.removeWaiter(waiter)
        if (!isLost) resolve()
        else reject(new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `records of ${partition.name} were not replicated`))
      },
    }
    partition.addWaiter(waiter)
    waiter.progressed(nothingNew, partition)
  })
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
