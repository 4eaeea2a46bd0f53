/**
 * Client quotas as requests and records hold them (KIP-546): which entities and keys there are, which values a key may have,
 * and which entities a filter means.
 */
import { ApiError } from '../base/index.ts'
import { type DescribeClientQuotasRequest, ErrorCode } from '../protocol/index.ts'
import type { QuotaEntity, QuotaEntityPart } from './image/metadata-image.ts'

type Component = DescribeClientQuotasRequest['components'][number]

const entityTypes = { user: 'user', clientId: 'client-id', ip: 'ip' } as const
const knownTypes: ReadonlySet<string> = new Set(Object.values(entityTypes))

/** Of KIP-599: partitions created and deleted in a second. */
export const mutationRateKey = 'controller_mutation_rate'

/** Of the other keys nobody is held to what is set. */
export const isEnforcedQuota = (key: string): boolean => key === mutationRateKey

interface KeyType {
  readonly name: string
  readonly max: number
  readonly isWhole: boolean
}

const long: KeyType = { name: 'a LONG', max: 2 ** 63, isWhole: true }
const int: KeyType = { name: 'an INT', max: 2 ** 31 - 1, isWhole: true }
const double: KeyType = { name: 'a DOUBLE', max: Number.POSITIVE_INFINITY, isWhole: false }

const clientKeys: ReadonlyMap<string, KeyType> = new Map([
  ['producer_byte_rate', long],
  ['consumer_byte_rate', long],
  ['request_percentage', double],
  [mutationRateKey, double],
])
const ipKeys: ReadonlyMap<string, KeyType> = new Map([['connection_creation_rate', int]])

/** Kafka takes a number as whole that is this near to one. */
const fractionMax = 1e-6

/** Java's short forms too: of fewer than four numbers the last one fills what is left. */
function isIpv4(text: string): boolean {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every((part) => /^\d{1,10}$/.test(part))) return false
  const last = Number(parts.at(-1))
  return parts.slice(0, -1).every((part) => Number(part) < 256) && last < 256 ** (5 - parts.length)
}

const isIpv6 = (text: string): boolean => text.includes(':') && URL.canParse(`http://[${text}]`)

/** A name would have to be looked up: only addresses are taken. */
const isAddress = (text: string): boolean => isIpv4(text) || isIpv6(text)

/** The keys that an entity may have. Throws ApiError 42 on an entity that cannot be. */
function keysFor(entity: readonly QuotaEntityPart[]): ReadonlyMap<string, KeyType> {
  if (entity.length === 0) throw invalid('Invalid empty client quota entity')
  for (const { entityType, entityName } of entity) {
    if (!knownTypes.has(entityType)) throw invalid(`Unhandled client quota entity type: ${entityType}`)
    if (entityName === '') throw invalid(`Empty ${entityType} not supported`)
  }
  const ip = entity.find(({ entityType }) => entityType === entityTypes.ip)
  if (ip === undefined) return clientKeys
  // The words of Kafka, which left a blank out.
  const reason = 'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId'
  if (entity.length > 1) throw invalid(reason)
  if (ip.entityName !== null && !isAddress(ip.entityName)) {
    throw invalid(`${ip.entityName} is not a valid IP or resolvable host.`)
  }
  return ipKeys
}

/** `null` removes, also what is no key. Throws ApiError 42. */
export function checkQuotas(entity: readonly QuotaEntityPart[], quotas: ReadonlyMap<string, number | null>): void {
  const keys = keysFor(entity)
  for (const [name, value] of quotas) {
    if (value === null) continue
    const key = keys.get(name)
    if (key === undefined) throw invalid(`Invalid configuration key ${name}`)
    if (value <= 0) throw invalid(`Quota ${name} must be greater than 0`)
    if (value > key.max) throw invalid(`Proposed value for ${name} is too large for ${key.name}.`)
    if (key.isWhole && Math.abs(value % 1) > fractionMax) throw invalid(`${name} cannot be a fractional value.`)
  }
}

const matchType = { exact: 0, default: 1, specified: 2 } as const

/** By type: the name (null: the default), or undefined for any. Throws ApiError 42 or 35. */
function wantedOf(components: readonly Component[]): ReadonlyMap<string, string | null | undefined> {
  const wanted = new Map<string, string | null | undefined>()
  for (const { entityType, matchType: type, match } of components) {
    if (entityType === '') throw invalid('Invalid empty entity type.')
    if (wanted.has(entityType)) {
      throw invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    }
    if (!knownTypes.has(entityType)) {
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`)
    }
    wanted.set(entityType, nameOf(type, match))
  }
  if (wanted.has(entityTypes.ip) && wanted.size > 1) {
    const how = 'IP filter component should not be used with user or clientId filter component.'
    throw invalid(`Invalid entity filter component combination. ${how}`)
  }
  return wanted
}

function nameOf(type: number, match: string | null): string | null | undefined {
  switch (type) {
    case matchType.exact:
      if (match === null) throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
      return match
    case matchType.default:
      if (match !== null) throw invalid('Request specified MATCH_TYPE_DEFAULT, but also specified a match string.')
      return null
    case matchType.specified:
      if (match !== null) throw invalid('Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.')
      return undefined
    default:
      throw invalid(`Unknown match type ${type}`)
  }
}

/** The entities that a request to describe means. Throws ApiError 42 or 35. */
export function matchingQuotas(
  { components, strict }: DescribeClientQuotasRequest,
  quotas: Iterable<QuotaEntity>,
): readonly QuotaEntity[] {
  const wanted = wantedOf(components)
  return [...quotas].filter(({ entity }) => {
    if (strict && entity.length !== wanted.size) return false
    return Array.from(wanted).every(([type, name]) =>
      entity.some((part) => part.entityType === type && (name === undefined || part.entityName === name)),
    )
  })
}

/** Which limit holds for a client, and whose it is: clients with the same `owner` share it. */
export interface ClientLimit {
  readonly owner: string
  readonly limit: number
}

export interface QuotaClient {
  readonly user: string
  readonly clientId: string
}

/**
 * The most specific quota that is set for a client, in Kafka's order: that of its user and client id, its user, the default
 * user and its client id, the default user, its client id; of each its own name before the default. A client without an id
 * has no limit by client id, as in Kafka.
 */
export function limitOf(
  { user, clientId }: QuotaClient,
  find: (entity: readonly QuotaEntityPart[]) => number | undefined,
): ClientLimit | undefined {
  const clients = clientId === '' ? [] : [clientId, null]
  const client = (entityName: string | null): QuotaEntityPart => ({ entityType: entityTypes.clientId, entityName })
  const levels = [user, null].flatMap((entityName) => {
    const part = { entityType: entityTypes.user, entityName }
    return [
      ...clients.map((it) => ({ owner: [user, clientId], entity: [client(it), part] })),
      { owner: [user, null], entity: [part] },
    ]
  })
  const all = [...levels, ...clients.map((it) => ({ owner: [null, clientId], entity: [client(it)] }))]
  for (const { owner, entity } of all) {
    const limit = find(entity)
    if (limit !== undefined) return { owner: JSON.stringify(owner), limit }
  }
  return undefined
}

const invalid = (reason: string): ApiError => new ApiError(ErrorCode.INVALID_REQUEST, reason)
