/** Delegation tokens (KIP-48): what an application signs in by in the name of somebody else. Only over connections that are signed in. */
import {
  createDelegationToken as createApi,
  describeDelegationToken as describeApi,
  ErrorCode,
  expireDelegationToken as expireApi,
  renewDelegationToken as renewApi,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { anyBroker, nothingPasses } from './places.ts'
import type { Routing } from './routing.ts'

export interface DelegationToken {
  readonly tokenId: string
  /** The secret that goes with it. */
  readonly hmac: Uint8Array
  /** `User:alice`. */
  readonly owner: string
  /** Who asked for it; the owner where the broker does not tell (before 3.3). */
  readonly requester: string
  /** Who may renew it, besides the owner. */
  readonly renewers: readonly string[]
  readonly issueTimestampMs: number
  /** Unless it is renewed. */
  readonly expiryTimestampMs: number
  /** It cannot be renewed for longer. */
  readonly maxTimestampMs: number
}

export interface CreateTokenOptions extends CallOptions {
  /** In whose name; who asks unless told. From Kafka 3.3 on. */
  readonly owner?: string
  readonly renewers?: readonly string[]
  /** Default: as the broker is configured (`delegation.token.max.lifetime.ms`). */
  readonly maxLifetimeMs?: number
}

interface Principal {
  readonly principalType: string
  readonly principalName: string
}

/** `User:alice`. Throws KafkaError. */
function principalOf(text: string): Principal {
  const at = text.indexOf(':')
  if (at <= 0) throw new KafkaError('INVALID_ARGUMENT', `'${text}' is no principal: it has the form Type:name`)
  return { principalType: text.slice(0, at), principalName: text.slice(at + 1) }
}

const textOf = ({ principalType, principalName }: Principal): string => `${principalType}:${principalName}`

interface Requested extends Principal {
  readonly tokenRequesterPrincipalType: string
  readonly tokenRequesterPrincipalName: string
}

const requesterOf = (told: Requested): string =>
  told.tokenRequesterPrincipalType === ''
    ? textOf(told)
    : `${told.tokenRequesterPrincipalType}:${told.tokenRequesterPrincipalName}`

const ownerSince = 3

export function createDelegationToken(routing: Routing, options: CreateTokenOptions): Promise<DelegationToken> {
  const { owner, renewers = [], maxLifetimeMs = -1 } = options
  const ofOwner = owner === undefined ? undefined : principalOf(owner)
  const request = {
    ownerPrincipalType: ofOwner?.principalType ?? null,
    ownerPrincipalName: ofOwner?.principalName ?? null,
    renewers: renewers.map(principalOf),
    maxLifetimeMs,
  }
  const min = ofOwner === undefined ? createApi.versions[0] : ownerSince
  return routing.one({
    deadline: routing.deadline('createDelegationToken', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const told = await to.send(createApi, request, [min, createApi.versions[1]])
      if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, 'createDelegationToken')
      const { tokenId, hmac, issueTimestampMs, expiryTimestampMs, maxTimestampMs } = told
      return {
        tokenId,
        hmac,
        owner: textOf(told),
        requester: requesterOf(told),
        renewers,
        issueTimestampMs,
        expiryTimestampMs,
        maxTimestampMs,
      }
    },
  })
}

export interface RenewTokenOptions extends CallOptions {
  /** From now on. Default: as the broker is configured (`delegation.token.expiry.time.ms`). */
  readonly renewPeriodMs?: number
}

export function renewDelegationToken(routing: Routing, hmac: Uint8Array, options: RenewTokenOptions): Promise<number> {
  return routing.one({
    deadline: routing.deadline('renewDelegationToken', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const told = await to.send(renewApi, { hmac, renewPeriodMs: options.renewPeriodMs ?? -1 })
      if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, 'renewDelegationToken')
      return told.expiryTimestampMs
    },
  })
}

export interface ExpireTokenOptions extends CallOptions {
  /** From now on. Default: at once. */
  readonly expiryTimePeriodMs?: number
}

export function expireDelegationToken(
  routing: Routing,
  hmac: Uint8Array,
  options: ExpireTokenOptions,
): Promise<number> {
  return routing.one({
    deadline: routing.deadline('expireDelegationToken', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const told = await to.send(expireApi, { hmac, expiryTimePeriodMs: options.expiryTimePeriodMs ?? -1 })
      if (told.errorCode !== ErrorCode.NONE) return KafkaError.of(told.errorCode, 'expireDelegationToken')
      return told.expiryTimestampMs
    },
  })
}

export interface DescribeTokensOptions extends CallOptions {
  /** Of whom; all that the caller may see unless told. */
  readonly owners?: readonly string[]
}

export function describeDelegationTokens(
  routing: Routing,
  options: DescribeTokensOptions,
): Promise<readonly DelegationToken[]> {
  const owners = options.owners?.map(principalOf) ?? null
  return routing.one({
    deadline: routing.deadline('describeDelegationToken', options),
    place: anyBroker,
    passes: nothingPasses,
    ask: async (to) => {
      const { errorCode, tokens } = await to.send(describeApi, { owners })
      if (errorCode !== ErrorCode.NONE) return KafkaError.of(errorCode, 'describeDelegationToken')
      return tokens.map((it) => ({
        tokenId: it.tokenId,
        hmac: it.hmac,
        owner: textOf(it),
        requester: requesterOf(it),
        renewers: it.renewers.map(textOf),
        issueTimestampMs: it.issueTimestamp,
        expiryTimestampMs: it.expiryTimestamp,
        maxTimestampMs: it.maxTimestamp,
      }))
    },
  })
}
