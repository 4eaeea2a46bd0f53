/**
 * Whom the members of the group take for their leader: who of those that may has the smallest URL, as Confluent's registries choose. All
 * are told the same. Pure.
 */
import { isObject, optional, text } from '../json-fields.ts'
import { decodeIdentity, decodeTold, type Identity, identityFields, identityOf, urlOf } from './identity.ts'

export type Choice =
  | { readonly kind: 'leader'; readonly memberId: string; readonly identity: Identity }
  /** None of them may lead. */
  | { readonly kind: 'nobody' }
  /** Several have the same URL: what is forwarded to one would come to another. */
  | { readonly kind: 'duplicate-urls' }
  /** What was told is none of these. */
  | { readonly kind: 'unclear' }

const choiceVersion = 1
const noError = 0
const duplicateUrls = 1

/** Who cannot say who it is does not count, and is told like everybody else. */
export function chosen(members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[]): Choice {
  const urls = new Set<string>()
  let leader: { readonly memberId: string; readonly identity: Identity; readonly url: string } | undefined
  for (const { memberId, metadata } of members) {
    const identity = decodeIdentity(metadata)
    if (identity === undefined) continue
    const url = urlOf(identity)
    if (urls.has(url)) return { kind: 'duplicate-urls' }
    urls.add(url)
    // By UTF-16 units, as Java compares.
    if (identity.leaderEligibility && (leader === undefined || url < leader.url)) leader = { memberId, identity, url }
  }
  return leader === undefined
    ? { kind: 'nobody' }
    : { kind: 'leader', memberId: leader.memberId, identity: leader.identity }
}

export function encodeChoice(choice: Choice): Buffer {
  const leader =
    choice.kind === 'leader' ? { master: choice.memberId, master_identity: identityFields(choice.identity) } : {}
  const error = choice.kind === 'duplicate-urls' ? duplicateUrls : noError
  return Buffer.from(JSON.stringify({ version: choiceVersion, error, ...leader }))
}

export function decodeChoice(bytes: Uint8Array): Choice {
  const told = decodeTold(bytes)
  if (!isObject(told)) return { kind: 'unclear' }
  const { error = noError, master_identity: value } = told
  if (error === duplicateUrls) return { kind: 'duplicate-urls' }
  if (error !== noError) return { kind: 'unclear' }
  if (value === undefined || value === null) return { kind: 'nobody' }
  const identity = identityOf(value)
  try {
    const memberId = optional(told, 'master', text)
    return identity === undefined || memberId === undefined
      ? { kind: 'unclear' }
      : { kind: 'leader', memberId, identity }
  } catch {
    return { kind: 'unclear' }
  }
}
