/** The records of `__cluster_metadata`. */
import { message } from '../message.ts'
import { bool, bytes, f64, type Infer, i8, i16, i32, i64, list, orNull, string, u16, uuid } from '../words.ts'

export const abortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  versions: [0, 0],
  flexible: 0,
  type: 25,
  fields: {
    reason: orNull(string({ tag: 0 }), { default: null }),
  },
})
export interface AbortTransactionRecord extends Infer<typeof abortTransactionRecord.fields> {}

export const accessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  versions: [0, 0],
  flexible: 0,
  type: 18,
  fields: {
    id: uuid(),
    resourceType: i8(),
    resourceName: string(),
    patternType: i8(),
    principal: string(),
    host: string(),
    operation: i8(),
    permissionType: i8(),
  },
})
export interface AccessControlEntryRecord extends Infer<typeof accessControlEntryRecord.fields> {}

export const beginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  versions: [0, 0],
  flexible: 0,
  type: 23,
  fields: {
    name: orNull(string({ tag: 0 }), { default: null }),
  },
})
export interface BeginTransactionRecord extends Infer<typeof beginTransactionRecord.fields> {}

export const brokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  versions: [0, 3],
  flexible: 0,
  type: 17,
  fields: {
    brokerId: i32(),
    brokerEpoch: i64(),
    fenced: i8({ tag: 0 }),
    inControlledShutdown: i8({ since: 1, tag: 1 }),
    logDirs: list(uuid(), { since: 2, tag: 2 }),
    cordonedLogDirs: orNull(list(uuid(), { since: 3, tag: 3 }), { default: null }),
  },
})
export interface BrokerRegistrationChangeRecord extends Infer<typeof brokerRegistrationChangeRecord.fields> {}

export const clearElrRecord = message({
  name: 'ClearElrRecord',
  versions: [0, 0],
  flexible: 0,
  type: 28,
  fields: {
    topicName: string(),
  },
})
export interface ClearElrRecord extends Infer<typeof clearElrRecord.fields> {}

const entityData = {
  entityType: string(),
  entityName: orNull(string()),
}

export const clientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  versions: [0, 0],
  flexible: 0,
  type: 14,
  fields: {
    entity: list(entityData),
    key: string(),
    value: f64(),
    remove: bool(),
  },
})
export interface ClientQuotaRecord extends Infer<typeof clientQuotaRecord.fields> {}

export const configRecord = message({
  name: 'ConfigRecord',
  versions: [0, 0],
  flexible: 0,
  type: 4,
  fields: {
    resourceType: i8(),
    resourceName: string(),
    name: string(),
    value: orNull(string()),
  },
})
export interface ConfigRecord extends Infer<typeof configRecord.fields> {}

export const delegationTokenRecord = message({
  name: 'DelegationTokenRecord',
  versions: [0, 0],
  flexible: 0,
  type: 10,
  fields: {
    owner: string(),
    requester: string(),
    renewers: list(string()),
    issueTimestamp: i64(),
    maxTimestamp: i64(),
    expirationTimestamp: i64(),
    tokenId: string(),
  },
})
export interface DelegationTokenRecord extends Infer<typeof delegationTokenRecord.fields> {}

export const endTransactionRecord = message({
  name: 'EndTransactionRecord',
  versions: [0, 0],
  flexible: 0,
  type: 24,
  fields: {},
})
export interface EndTransactionRecord extends Infer<typeof endTransactionRecord.fields> {}

export const featureLevelRecord = message({
  name: 'FeatureLevelRecord',
  versions: [0, 0],
  flexible: 0,
  type: 12,
  fields: {
    name: string(),
    featureLevel: i16(),
  },
})
export interface FeatureLevelRecord extends Infer<typeof featureLevelRecord.fields> {}

export const fenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  versions: [0, 0],
  flexible: 0,
  type: 7,
  fields: {
    id: i32(),
    epoch: i64(),
  },
})
export interface FenceBrokerRecord extends Infer<typeof fenceBrokerRecord.fields> {}

export const noOpRecord = message({
  name: 'NoOpRecord',
  versions: [0, 0],
  flexible: 0,
  type: 20,
  fields: {},
})
export interface NoOpRecord extends Infer<typeof noOpRecord.fields> {}

export const partitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  versions: [0, 2],
  flexible: 0,
  type: 5,
  fields: {
    partitionId: i32({ default: -1 }),
    topicId: uuid(),
    isr: orNull(list(i32(), { tag: 0 }), { default: null }),
    leader: i32({ tag: 1, default: -2 }),
    replicas: orNull(list(i32(), { tag: 2 }), { default: null }),
    removingReplicas: orNull(list(i32(), { tag: 3 }), { default: null }),
    addingReplicas: orNull(list(i32(), { tag: 4 }), { default: null }),
    leaderRecoveryState: i8({ tag: 5, default: -1 }),
    directories: orNull(list(uuid(), { since: 1, tag: 8 }), { default: null }),
    eligibleLeaderReplicas: orNull(list(i32(), { since: 2, tag: 6 }), { default: null }),
    lastKnownElr: orNull(list(i32(), { since: 2, tag: 7 }), { default: null }),
  },
})
export interface PartitionChangeRecord extends Infer<typeof partitionChangeRecord.fields> {}

export const partitionRecord = message({
  name: 'PartitionRecord',
  versions: [0, 2],
  flexible: 0,
  type: 3,
  fields: {
    partitionId: i32({ default: -1 }),
    topicId: uuid(),
    replicas: list(i32()),
    isr: list(i32()),
    removingReplicas: list(i32()),
    addingReplicas: list(i32()),
    leader: i32({ default: -1 }),
    leaderRecoveryState: i8({ tag: 0 }),
    leaderEpoch: i32({ default: -1 }),
    partitionEpoch: i32({ default: -1 }),
    directories: list(uuid(), { since: 1 }),
    eligibleLeaderReplicas: orNull(list(i32(), { since: 2, tag: 1 }), { default: null }),
    lastKnownElr: orNull(list(i32(), { since: 2, tag: 2 }), { default: null }),
  },
})
export interface PartitionRecord extends Infer<typeof partitionRecord.fields> {}

export const producerIdsRecord = message({
  name: 'ProducerIdsRecord',
  versions: [0, 0],
  flexible: 0,
  type: 15,
  fields: {
    brokerId: i32(),
    brokerEpoch: i64({ default: -1 }),
    nextProducerId: i64(),
  },
})
export interface ProducerIdsRecord extends Infer<typeof producerIdsRecord.fields> {}

const brokerEndpoint = {
  name: string(),
  host: string(),
  port: u16(),
  securityProtocol: i16(),
}

const brokerFeature = {
  name: string(),
  minSupportedVersion: i16(),
  maxSupportedVersion: i16(),
}

export const registerBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  versions: [0, 4],
  flexible: 0,
  type: 0,
  fields: {
    brokerId: i32(),
    isMigratingZkBroker: bool({ since: 2 }),
    incarnationId: uuid(),
    brokerEpoch: i64(),
    endPoints: list(brokerEndpoint),
    features: list(brokerFeature),
    rack: orNull(string()),
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ since: 1 }),
    logDirs: list(uuid(), { since: 3, tag: 0 }),
    cordonedLogDirs: orNull(list(uuid(), { since: 4, tag: 1 }), { default: null }),
  },
})
export interface RegisterBrokerRecord extends Infer<typeof registerBrokerRecord.fields> {}

const controllerEndpoint = {
  name: string(),
  host: string(),
  port: u16(),
  securityProtocol: i16(),
}

const controllerFeature = {
  name: string(),
  minSupportedVersion: i16(),
  maxSupportedVersion: i16(),
}

export const registerControllerRecord = message({
  name: 'RegisterControllerRecord',
  versions: [0, 0],
  flexible: 0,
  type: 27,
  fields: {
    controllerId: i32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: list(controllerEndpoint),
    features: list(controllerFeature),
  },
})
export interface RegisterControllerRecord extends Infer<typeof registerControllerRecord.fields> {}

export const removeAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  versions: [0, 0],
  flexible: 0,
  type: 19,
  fields: {
    id: uuid(),
  },
})
export interface RemoveAccessControlEntryRecord extends Infer<typeof removeAccessControlEntryRecord.fields> {}

export const removeDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  versions: [0, 0],
  flexible: 0,
  type: 26,
  fields: {
    tokenId: string(),
  },
})
export interface RemoveDelegationTokenRecord extends Infer<typeof removeDelegationTokenRecord.fields> {}

export const removeTopicRecord = message({
  name: 'RemoveTopicRecord',
  versions: [0, 0],
  flexible: 0,
  type: 9,
  fields: {
    topicId: uuid(),
  },
})
export interface RemoveTopicRecord extends Infer<typeof removeTopicRecord.fields> {}

export const removeUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  versions: [0, 0],
  flexible: 0,
  type: 22,
  fields: {
    name: string(),
    mechanism: i8(),
  },
})
export interface RemoveUserScramCredentialRecord extends Infer<typeof removeUserScramCredentialRecord.fields> {}

export const topicRecord = message({
  name: 'TopicRecord',
  versions: [0, 0],
  flexible: 0,
  type: 2,
  fields: {
    name: string(),
    topicId: uuid(),
  },
})
export interface TopicRecord extends Infer<typeof topicRecord.fields> {}

export const unfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  versions: [0, 0],
  flexible: 0,
  type: 8,
  fields: {
    id: i32(),
    epoch: i64(),
  },
})
export interface UnfenceBrokerRecord extends Infer<typeof unfenceBrokerRecord.fields> {}

export const unregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  versions: [0, 0],
  flexible: 0,
  type: 1,
  fields: {
    brokerId: i32(),
    brokerEpoch: i64(),
  },
})
export interface UnregisterBrokerRecord extends Infer<typeof unregisterBrokerRecord.fields> {}

export const userScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  versions: [0, 0],
  flexible: 0,
  type: 11,
  fields: {
    name: string(),
    mechanism: i8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: i32(),
  },
})
export interface UserScramCredentialRecord extends Infer<typeof userScramCredentialRecord.fields> {}

export const zkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord',
  versions: [0, 0],
  flexible: 0,
  type: 21,
  fields: {
    zkMigrationState: i8(),
  },
})
export interface ZkMigrationStateRecord extends Infer<typeof zkMigrationStateRecord.fields> {}
