/** From the texts of a resource before and after to the records in between. */
import { ApiError } from '../../base/index.ts'
import { clearElrRecord, configRecord, ErrorCode } from '../../protocol/index.ts'
import type { MetadataRecord } from '../record.ts'
import { resourceType } from './settings.ts'

const valueLengthMax = 32_767
const minInSyncReplicas = 'min.insync.replicas'

export interface ConfigChange {
  readonly resourceType: number
  readonly resourceName: string
  /** What is set (null: removed), in the order asked for. */
  readonly changes: ReadonlyMap<string, string | null>
  readonly current: ReadonlyMap<string, string>
  readonly elrEnabled: boolean
}

/** KIP-966: the cluster's minimum is what eligible replicas are counted by; it must be one, and there. */
function checkMinInSyncReplicas({ resourceType: type, resourceName, changes, elrEnabled }: ConfigChange): void {
  const value = changes.get(minInSyncReplicas)
  if (!elrEnabled || value === undefined || type !== resourceType.broker) return
  if (resourceName !== '') {
    const reason = `Broker-level ${minInSyncReplicas} cannot be altered while ELR is enabled.`
    throw new ApiError(ErrorCode.INVALID_CONFIG, reason)
  }
  if (value === null) {
    const reason = `Cluster-level ${minInSyncReplicas} cannot be removed while ELR is enabled.`
    throw new ApiError(ErrorCode.INVALID_CONFIG, reason)
  }
}

/**
 * Throws ApiError INVALID_CONFIG. A broker's config is written though it stays the same: that makes brokers read the files
 * it may name again. Another minimum of the ISR makes what was eligible no longer so.
 */
export function configRecords(change: ConfigChange): readonly MetadataRecord[] {
  checkMinInSyncReplicas(change)
  const { resourceType: type, resourceName, changes, current, elrEnabled } = change
  const records: MetadataRecord[] = []
  let clearsElr = false
  for (const [name, value] of changes) {
    if (value !== null && Buffer.byteLength(value) > valueLengthMax) {
      const reason = `it exceeds the maximum value size of ${valueLengthMax} bytes.`
      throw new ApiError(ErrorCode.INVALID_CONFIG, `The configuration value cannot be added because ${reason}`)
    }
    if (type !== resourceType.broker && (current.get(name) ?? null) === value) continue
    records.push({ kind: 'config', value: configRecord.create({ resourceType: type, resourceName, name, value }) })
    clearsElr ||= name === minInSyncReplicas
  }
  if (clearsElr && elrEnabled && (type === resourceType.topic || type === resourceType.broker)) {
    const topicName = type === resourceType.topic ? resourceName : ''
    records.push({ kind: 'clearElr', value: clearElrRecord.create({ topicName }) })
  }
  return records
}
