/** Quotas of clients: of users, client ids and addresses (KIP-546, 612). */
import { alterClientQuotas as alterApi, describeClientQuotas as describeApi, ErrorCode } from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { anyBroker, movedController, nothingPasses, theController } from './places.ts'
import { failureOf } from './results.ts'
import type { Routing } from './routing.ts'

export type QuotaEntityType = 'user' | 'client-id' | 'ip'

/** Whom a quota is about: `{ user: 'alice' }`, `{ user: 'alice', 'client-id': null }`. Null: all for whom nothing else is said. */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>

/** By what results about quotas are found: `client-id:a,user:alice`; with `<default>` for null. */
export const quotaEntityText = (entity: QuotaEntity): string =>
  Object.entries(entity)
    .map(([type, name]) => `${type}:${name ?? '<default>'}`)
    .sort()
    .join(',')

/** Of the entities with this type: those of a name, the default, or all. */
export type QuotaFilter = Readonly<Partial<Record<QuotaEntityType, { readonly name: string } | 'default' | 'any'>>>

export interface DescribeQuotasOptions extends CallOptions {
  /** Only entities that have no other types than the filter. Default false. */
  readonly strict?: boolean
}

export interface ClientQuotas {
  readonly entity: QuotaEntity
  /** `producer_byte_rate`, `consumer_byte_rate`, `request_percentage`, `controller_mutation_rate`, `connection_creation_rate`. */
  readonly quotas: ReadonlyMap<string, number>
}

const matchTypes = { name: 0, default: 1, any: 2 } as const

export function describeClientQuotas(
  routing: Routing,
  filter: QuotaFilter,
  options: DescribeQuotasOptions,
): Promise<readonly ClientQuotas[]> {
  const components = Object.entries(filter).map(([entityType, it]) => ({
    entityType,
    matchType: typeof it === 'string' ? matchTypes[it] : matchTypes.name,
    match: typeof it === 'string' ? null : it.name,
  }))
  return routing.one({
    deadline: routing.deadline('describeClientQuotas', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const told = await to.send(describeApi, { components, strict: options.strict ?? false })
      const { errorCode, errorMessage, entries } = told
      if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, 'describeClientQuotas', errorMessage)
      return (entries ?? []).map(({ entity, values }) => ({
        entity: entityOf(entity),
        quotas: new Map(values.map(({ key, value }) => [key, value])),
      }))
    },
  })
}

type ToldEntity = readonly { readonly entityType: string; readonly entityName: string | null }[]

const entityOf = (told: ToldEntity): QuotaEntity =>
  Object.fromEntries(told.map(({ entityType, entityName }) => [entityType, entityName]))

export interface AlteredQuotas {
  readonly entity: QuotaEntity
  readonly set?: Readonly<Record<string, number>>
  readonly remove?: readonly string[]
}

export interface AlterQuotasOptions extends CallOptions {
  /** Whether it is only checked, and nothing is changed. */
  readonly validateOnly?: boolean
}

const form = ({ entity, set = {}, remove = [] }: AlteredQuotas) => ({
  entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
  ops: [
    ...Object.entries(set).map(([key, value]) => ({ key, value, remove: false })),
    ...remove.map((key) => ({ key, value: 0, remove: true })),
  ],
})

export function alterClientQuotas(routing: Routing, altered: readonly AlteredQuotas[], options: AlterQuotasOptions) {
  return routing.settle(altered, {
    deadline: routing.deadline('alterClientQuotas', options),
    place: theController,
    passes: movedController,
    keyOf: ({ entity }) => quotaEntityText(entity),
    ask: async (to, them) => {
      const request = { entries: them.map(form), validateOnly: options.validateOnly ?? false }
      const { entries } = await to.send(alterApi, request)
      return entries.map(({ entity, errorCode, errorMessage }) => {
        const key = quotaEntityText(entityOf(entity))
        return [key, failureOf(errorCode, key, errorMessage)] as const
      })
    },
  })
}
