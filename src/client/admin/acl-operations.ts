/** What may be done with a resource, by Kafka's names. */

export const operationCodes = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
  'create-tokens': 13,
  'describe-tokens': 14,
  'two-phase-commit': 15,
} as const

export type AclOperation = keyof typeof operationCodes

const notAsked = -(2 ** 31)

/** Of the bits in an answer; undefined: they were not asked for, or are not told. */
export function operationsOf(bits: number): readonly AclOperation[] | undefined {
  if (bits === notAsked) return undefined
  const all = Object.entries(operationCodes) as [AclOperation, number][]
  return all.filter(([, code]) => (bits & (1 << code)) !== 0).map(([operation]) => operation)
}
