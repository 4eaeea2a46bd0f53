/** Who an instance is to the others of its cluster, in the JSON of Confluent's registries, so that theirs and ours can be of one. */
import { flag, integer, isObject, optional, text } from '../json-fields.ts'

export interface Identity {
  /** Of what is told: an instance knows itself again by it, too. */
  readonly version: number
  /** Of its REST interface, where the others reach it; an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
  readonly scheme: string
  readonly leaderEligibility: boolean
  /** It led at last; Confluent's instances look at that where `leader.election.sticky` is set. */
  readonly isLeader: boolean
}

export const identityVersion = 1
/** Of what others tell; a host has at most 255. */
const toldBytesMax = 64 * 1024

export const urlOf = ({ scheme, host, port }: Identity): string => `${scheme}://${host}:${port}`

export const identityFields = ({ leaderEligibility, isLeader, ...place }: Identity): object => ({
  ...place,
  ...{ master_eligibility: leaderEligibility, leader: isLeader },
})

export const encodeIdentity = (identity: Identity): Buffer => Buffer.from(JSON.stringify(identityFields(identity)))

/** Undefined: it is none. Versions that come later may have more fields, which are passed over. */
export function identityOf(value: unknown): Identity | undefined {
  if (!isObject(value)) return undefined
  try {
    const identity = {
      version: optional(value, 'version', integer) ?? identityVersion,
      host: text(value['host'], 'host'),
      port: integer(value['port'], 'port'),
      scheme: optional(value, 'scheme', text) ?? 'http',
      leaderEligibility: flag(value['master_eligibility'], 'master_eligibility'),
      isLeader: optional(value, 'leader', flag) ?? false,
    }
    return isReachable(identity) ? identity : undefined
  } catch {
    // FieldError alone is thrown there.
    return undefined
  }
}

/** Requests will be sent there: what is no such URL, or says more than where the host is, is nobody's. */
function isReachable(identity: Identity): boolean {
  const url = URL.parse(urlOf(identity))
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false
  return url.pathname === '/' && `${url.username}${url.password}${url.search}${url.hash}` === '' && identity.port > 0
}

/** What members tell each other, whoever they are. Undefined: it is no JSON. */
export function decodeTold(bytes: Uint8Array): unknown {
  if (bytes.length > toldBytesMax) return undefined
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}

export const decodeIdentity = (bytes: Uint8Array): Identity | undefined => identityOf(decodeTold(bytes))
