/** Client quotas as records (KIP-546). One entity fails for itself; the records of a request are one batch. */
import { ApiError } from '../../base/index.ts'
import {
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  alterClientQuotas,
  clientQuotaRecord,
  ErrorCode,
} from '../../protocol/index.ts'
import { checkQuotas } from '../client-quota.ts'
import { type QuotaEntityPart, quotaEntityKey, sortedEntity } from '../image/metadata-image.ts'
import type { MetadataRecord } from '../record.ts'
import type { ControllerState } from './controller-state.ts'
import { atomically, type Decision, recordsPerRequestMax, tooManyRecords } from './decision.ts'

type Entry = AlterClientQuotasRequest['entries'][number]
type Result = AlterClientQuotasResponse['entries'][number]

/** Of a type that is given twice the last name counts, as in Kafka. */
function entityOf({ entity }: Entry): readonly QuotaEntityPart[] {
  const names = new Map(entity.map(({ entityType, entityName }) => [entityType, entityName]))
  return sortedEntity(Array.from(names, ([entityType, entityName]) => ({ entityType, entityName })))
}

const entityText = (entity: readonly QuotaEntityPart[]): string =>
  `ClientQuotaEntity(entries={${entity.map((part) => `${part.entityType}=${part.entityName}`).join(', ')}})`

/** Undefined: a key is given twice. */
function opsOf({ ops }: Entry): ReadonlyMap<string, number | null> | undefined {
  const values = new Map(ops.map(({ key, value, remove }) => [key, remove ? null : value]))
  return values.size === ops.length ? values : undefined
}

/** An entity that comes twice fails, though what its first entry asked for is done: as in Kafka. Throws ApiError 44. */
export function alterQuotas(
  request: AlterClientQuotasRequest,
  state: ControllerState,
): Decision<AlterClientQuotasResponse> {
  const records: MetadataRecord[] = []
  const results = new Map<string, Partial<Result>>()
  for (const entry of request.entries) {
    const entity = entityOf(entry)
    const key = quotaEntityKey(entity)
    try {
      const ops = opsOf(entry)
      if (ops === undefined || results.has(key)) {
        throw new ApiError(ErrorCode.INVALID_REQUEST, `Ignoring duplicate entity ${entityText(entity)}`)
      }
      checkQuotas(entity, ops)
      records.push(...quotaRecords(entity, ops, state))
      results.set(key, { entity: [...entity], errorMessage: null })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      results.set(key, { entity: [...entity], errorCode: error.code, errorMessage: error.message })
    }
    if (records.length > recordsPerRequestMax) throw tooManyRecords()
  }
  const reply = alterClientQuotas.response.create({ entries: [...results.values()] })
  return atomically(request.validateOnly ? [] : records, reply)
}

function quotaRecords(
  entity: readonly QuotaEntityPart[],
  ops: ReadonlyMap<string, number | null>,
  state: ControllerState,
): readonly MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const [key, value] of ops) {
    const current = state.clientQuota(entity, key)
    if (value === null ? current === undefined : Object.is(current, value)) continue
    const change = value === null ? { remove: true } : { value }
    records.push({ kind: 'clientQuota', value: clientQuotaRecord.create({ entity: [...entity], key, ...change }) })
  }
  return records
}
