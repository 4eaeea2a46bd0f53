/** The door of `metadata`: the records of the cluster, the image that they make, and what changed in it. */
export { type Acl, type AclFilter, aclOf, matchesAcl } from './acl.ts'
export { isEnforcedQuota, matchingQuotas } from './client-quota.ts'
export type { BrokerChange } from './cluster-delta.ts'
export * from './controller/controller.ts'
export { type Asker, type ControllerChannel, isNotController, notController } from './controller/controller-channel.ts'
export {
  type ControlledTopic,
  ControllerState,
  type RegisteredBroker,
} from './controller/controller-state.ts'
export type { Decision, DecisionContext, KRaftVersion } from './controller/decision.ts'
export type { WilledElection } from './controller/leader-elections.ts'
export { hasOnlineDirectory } from './controller/leadership.ts'
export type { TopicPartition } from './controller/partition-sets.ts'
export { resourceType } from './controller/settings.ts'
export { invalidTopicName } from './controller/topic-name.ts'
export * from './delta.ts'
export * from './features.ts'
export * from './image/directory-id.ts'
export * from './image/metadata-image.ts'
export * from './image/partition-image.ts'
export * from './internal-topics.ts'
export * from './loader.ts'
export { notEnforced } from './not-enforced.ts'
export { anonymous, type Principal } from './principal.ts'
export * from './record.ts'
export * from './snapshot.ts'
export type { TopicChange, TopicsChanges } from './topics-delta.ts'
