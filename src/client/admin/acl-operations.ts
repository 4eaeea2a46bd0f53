/** What may be done with a resource, by Kafka's names. */

/** By their codes on the wire. */
const names = [
  undefined,
  'any',
  'all',
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'cluster-action',
  'describe-configs',
  'alter-configs',
  'idempotent-write',
  'create-tokens',
  'describe-tokens',
  'two-phase-commit',
] as const

export type AclOperation = Exclude<(typeof names)[number], undefined>

const notAsked = -(2 ** 31)

/** Of the bits in an answer; undefined: they were not asked for, or are not told. */
export function operationsOf(bits: number): readonly AclOperation[] | undefined {
  if (bits === notAsked) return undefined
  return names.filter((name, code) => name !== undefined && (bits & (1 << code)) !== 0) as AclOperation[]
}
