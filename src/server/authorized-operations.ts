/**
 * The operations that a resource knows, as replies tell them: a bit for each code of AclOperation. Without an authorizer
 * everybody may do them all.
 */
const operation = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

const bits = (...names: readonly (keyof typeof operation)[]): number =>
  names.reduce((field, name) => field | (1 << operation[name]), 0)

/** Nobody asked: the default of the protocol. */
export const operationsNotAsked = -2_147_483_648

export const topicOperations: number = bits(
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describeConfigs',
  'alterConfigs',
)

export const clusterOperations: number = bits(
  'create',
  'alter',
  'describe',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
)

/** Read, delete, describe, describe configs, alter configs: all that a group knows, and all allowed without authorizer. */
export const groupOperations = (1 << 3) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 11)
