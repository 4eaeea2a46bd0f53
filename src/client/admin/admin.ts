/** The door of an admin client: all that may be asked and changed of a cluster from outside. */
import type { ClientEnv } from '../client-env.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import * as acls from './acls.ts'
import type { AdminSettings, CallOptions } from './admin-options.ts'
import { type ClusterDescription, type DescribeClusterOptions, describeCluster } from './cluster.ts'
import * as configs from './configs.ts'
import * as tokens from './delegation-tokens.ts'
import * as features from './features.ts'
import * as descriptions from './group-descriptions.ts'
import * as groupOffsets from './group-offsets.ts'
import * as groups from './groups.ts'
import * as logDirs from './log-dirs.ts'
import * as offsets from './offsets.ts'
import * as quorum from './quorum.ts'
import * as quotas from './quotas.ts'
import * as replicas from './replicas.ts'
import { allOf, onlyOf } from './results.ts'
import { Routing } from './routing.ts'
import * as scram from './scram.ts'
import * as shareGroups from './share-groups.ts'
import * as streamsGroups from './streams-groups.ts'
import * as topicDescriptions from './topic-descriptions.ts'
import * as topics from './topics.ts'
import * as transactions from './transactions.ts'

export interface AdminExtras {
  /** What passwords for SCRAM are hashed by; without it none can be set. */
  readonly hashPassword?: scram.HashPassword | undefined
}

/** One result for each thing that a call is about, by its name, in the order in which they were given. */
export type Results<V> = ReadonlyMap<string, V>

/**
 * Made by `Kafka.admin`. Connects when it is first asked something; whoever has it closes it.
 *
 * A call about many things is done for each of them, whatever becomes of the others. It resolves with a Map of what there is to tell
 * of each, if none has failed. Else it rejects with SomeFailedError: the code of the first that has failed, and in `results` what
 * became of each. `settled(call)` gives the same Map where that is of interest. Names in it are those of topics and groups,
 * `topic-partition` for partitions, `type:name` for resources. A call about one thing rejects with the KafkaError of it.
 *
 * All calls: what passes (a lost connection, a controller, a coordinator or a leader that is another one now) is asked again until
 * `timeoutMs` is over, then the error is TIMED_OUT, with what went wrong last as its cause. NOT_SERVED: the broker is too old.
 * Topics that nobody knows are waited for no longer than 3 seconds. A change that was sent twice, because the connection was lost, may
 * be refused by the second (TOPIC_ALREADY_EXISTS). Words of Kafka's enumerations are in lower case, with hyphens.
 */
export class Admin {
  readonly #routing: Routing
  readonly #means: scram.ScramMeans

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: AdminSettings, extras: AdminExtras = {}) {
    this.#routing = new Routing(env, connection, settings)
    this.#means = { random: env.random.stream('client-admin-salts'), hashPassword: extras.hashPassword }
  }

  /** Ends the connections; what is under way rejects with CLOSED. */
  async close(): Promise<void> {
    this.#routing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async describeCluster(options: DescribeClusterOptions = {}): Promise<ClusterDescription> {
    return describeCluster(this.#routing, options)
  }

  // ---- topics

  async listTopics(
    options: topicDescriptions.ListTopicsOptions = {},
  ): Promise<readonly topicDescriptions.TopicListing[]> {
    return topicDescriptions.listTopics(this.#routing, options)
  }

  /** By name or, from Kafka 3.1 on, by id. */
  async describeTopics(
    selection: topicDescriptions.TopicSelection,
    options: topicDescriptions.DescribeTopicsOptions = {},
  ): Promise<Results<topicDescriptions.TopicDescription>> {
    return allOf(await topicDescriptions.describeTopics(this.#routing, selection, options))
  }

  async describeTopic(
    name: string,
    options: topicDescriptions.DescribeTopicsOptions = {},
  ): Promise<topicDescriptions.TopicDescription> {
    return onlyOf(await topicDescriptions.describeTopics(this.#routing, [name], options))
  }

  async createTopics(
    given: readonly topics.NewTopic[],
    options: topics.ValidatedOptions = {},
  ): Promise<Results<topics.CreatedTopic>> {
    return allOf(await topics.createTopics(this.#routing, given, options))
  }

  async createTopic(
    name: string,
    topic: topics.NewTopicOptions = {},
    options: topics.ValidatedOptions = {},
  ): Promise<topics.CreatedTopic> {
    return onlyOf(await topics.createTopics(this.#routing, [{ ...topic, name }], options))
  }

  /** By name or, from Kafka 2.8 on, by id. */
  async deleteTopics(
    selection: topicDescriptions.TopicSelection,
    options: topics.MutationOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await topicDescriptions.deleteTopics(this.#routing, selection, options))
  }

  async deleteTopic(name: string, options: topics.MutationOptions = {}): Promise<void> {
    onlyOf(await topicDescriptions.deleteTopics(this.#routing, [name], options))
  }

  /** `{ orders: 6 }`: the topic is to have so many partitions in all. */
  async createPartitions(
    counts: Readonly<Record<string, number | topics.NewPartitions>>,
    options: topics.ValidatedOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await topics.createPartitions(this.#routing, counts, options))
  }

  // ---- records

  async listOffsets(
    asked: readonly offsets.AskedOffset[],
    options: offsets.ListOffsetsOptions = {},
  ): Promise<Results<offsets.ListedOffset>> {
    return allOf(await offsets.listOffsets(this.#routing, asked, options))
  }

  async deleteRecords(
    records: readonly offsets.RecordsToDelete[],
    options: CallOptions = {},
  ): Promise<Results<offsets.DeletedRecords>> {
    return allOf(await offsets.deleteRecords(this.#routing, records, options))
  }

  // ---- replicas

  /** By partition. Of `all`, only those are told of where something was to be done. */
  async electLeaders(
    partitions: readonly TopicPartition[] | 'all',
    options: replicas.ElectLeadersOptions = {},
  ): Promise<Results<replicas.ElectedLeader>> {
    return allOf(await replicas.electLeaders(this.#routing, partitions, options))
  }

  /** By partition: what is under way. From Kafka 2.4 on. */
  async listPartitionReassignments(
    options: replicas.ListReassignmentsOptions = {},
  ): Promise<Results<replicas.PartitionReassignment>> {
    return replicas.listPartitionReassignments(this.#routing, options)
  }

  /** By partition; resolves when it has begun. From Kafka 2.4 on. */
  async alterPartitionReassignments(
    given: readonly replicas.NewReassignment[],
    options: replicas.AlterReassignmentsOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await replicas.alterPartitionReassignments(this.#routing, given, options))
  }

  /** By broker, of all that are in use unless told. */
  async describeLogDirs(
    brokerIds: readonly number[] | 'all' = 'all',
    options: logDirs.DescribeLogDirsOptions = {},
  ): Promise<Results<logDirs.BrokerLogDirs>> {
    return allOf(await logDirs.describeLogDirs(this.#routing, brokerIds, options))
  }

  /** By `topic-partition-broker`; resolves when it has begun. A replica that is not there yet comes to lie there: REPLICA_NOT_AVAILABLE. */
  async alterReplicaLogDirs(
    given: readonly logDirs.ReplicaToMove[],
    options: CallOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await logDirs.alterReplicaLogDirs(this.#routing, given, options))
  }

  // ---- configs

  async describeConfigs(
    asked: readonly configs.AskedConfigs[],
    options: configs.DescribeConfigsOptions = {},
  ): Promise<Results<configs.Configs>> {
    return allOf(await configs.describeConfigs(this.#routing, asked, options))
  }

  async describeConfig(
    asked: configs.AskedConfigs,
    options: configs.DescribeConfigsOptions = {},
  ): Promise<configs.Configs> {
    return onlyOf(await configs.describeConfigs(this.#routing, [asked], options))
  }

  /** Changes single configs of each, and leaves the others (Kafka's `incrementalAlterConfigs`), from Kafka 2.3 on. */
  async alterConfigs(
    altered: readonly configs.AlteredConfigs[],
    options: configs.AlterConfigsOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await configs.alterConfigs(this.#routing, altered, options))
  }

  async alterConfig(
    resource: configs.ConfigResource,
    changes: configs.ConfigChanges,
    options: configs.AlterConfigsOptions = {},
  ): Promise<void> {
    onlyOf(await configs.alterConfigs(this.#routing, [{ ...changes, ...resource }], options))
  }

  /** Which have configs. From Kafka 3.7 on. */
  async listConfigResources(
    options: configs.ListConfigResourcesOptions = {},
  ): Promise<readonly configs.ConfigResource[]> {
    return configs.listConfigResources(this.#routing, options)
  }

  // ---- groups

  /** Of all brokers; where one of them fails, `results` of the error are by broker. */
  async listGroups(options: groups.ListGroupsOptions = {}): Promise<readonly groups.GroupListing[]> {
    const byBroker = allOf(await groups.listGroups(this.#routing, options))
    // While a coordinator moves, two brokers may tell of a group.
    const byId = new Map([...byBroker.values()].flat().map((it) => [it.groupId, it]))
    return [...byId.values()]
  }

  /** Groups of consumers, of both protocols. */
  async describeGroups(
    groupIds: readonly string[],
    options: descriptions.DescribeGroupsOptions = {},
  ): Promise<Results<descriptions.GroupDescription>> {
    return allOf(await descriptions.describeGroups(this.#routing, groupIds, options))
  }

  async describeGroup(
    groupId: string,
    options: descriptions.DescribeGroupsOptions = {},
  ): Promise<descriptions.GroupDescription> {
    return onlyOf(await descriptions.describeGroups(this.#routing, [groupId], options))
  }

  /** Of whatever type; only such as have no members. */
  async deleteGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<Results<undefined>> {
    return allOf(await groups.deleteGroups(this.#routing, groupIds, options))
  }

  async deleteGroup(groupId: string, options: CallOptions = {}): Promise<void> {
    onlyOf(await groups.deleteGroups(this.#routing, [groupId], options))
  }

  /** Takes members out of a group, all unless told; by the name that each is given by. From Kafka 2.4 on. */
  async removeMembers(groupId: string, options: groups.RemoveMembersOptions = {}): Promise<Results<undefined>> {
    return allOf(await groups.removeMembers(this.#routing, groupId, options))
  }

  // ---- offsets of groups

  /** What one group has committed, by partition; empty for a group that is not there. */
  async listGroupOffsets(
    groupId: string,
    options: groupOffsets.ListGroupOffsetsOptions = {},
  ): Promise<groupOffsets.GroupOffsets> {
    return onlyOf(await groupOffsets.listGroupOffsets(this.#routing, [groupId], options))
  }

  /** The same of several groups, by group. */
  async listOffsetsOfGroups(
    groupIds: readonly string[],
    options: groupOffsets.ListGroupOffsetsOptions = {},
  ): Promise<Results<groupOffsets.GroupOffsets>> {
    return allOf(await groupOffsets.listGroupOffsets(this.#routing, groupIds, options))
  }

  /** By partition. A group that is not there comes into being; one that has members rejects with UNKNOWN_MEMBER_ID. */
  async alterGroupOffsets(
    groupId: string,
    altered: readonly groupOffsets.OffsetToAlter[],
    options: CallOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await groupOffsets.alterGroupOffsets(this.#routing, groupId, altered, options))
  }

  /** By partition; refused where a member is subscribed to the topic. From Kafka 2.4 on. */
  async deleteGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options: CallOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await groupOffsets.deleteGroupOffsets(this.#routing, groupId, partitions, options))
  }

  // ---- access, quotas, credentials

  /** Those that match. SECURITY_DISABLED: the cluster has no authorizer. */
  async describeAcls(
    filter: acls.AclFilter = {},
    options: CallOptions = {},
  ): Promise<readonly Required<acls.AclBinding>[]> {
    return acls.describeAcls(this.#routing, filter, options)
  }

  /** By `aclText`; one that is there already is no error. */
  async createAcls(given: readonly acls.AclBinding[], options: CallOptions = {}): Promise<Results<undefined>> {
    return allOf(await acls.createAcls(this.#routing, given, options))
  }

  /** By `aclText` of each filter: what was deleted. */
  async deleteAcls(
    filters: readonly acls.AclFilter[],
    options: CallOptions = {},
  ): Promise<Results<readonly Required<acls.AclBinding>[]>> {
    return allOf(await acls.deleteAcls(this.#routing, filters, options))
  }

  /** From Kafka 2.6 on. */
  async describeClientQuotas(
    filter: quotas.QuotaFilter = {},
    options: quotas.DescribeQuotasOptions = {},
  ): Promise<readonly quotas.ClientQuotas[]> {
    return quotas.describeClientQuotas(this.#routing, filter, options)
  }

  /** By `quotaEntityText`. From Kafka 2.6 on. */
  async alterClientQuotas(
    altered: readonly quotas.AlteredQuotas[],
    options: quotas.AlterQuotasOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await quotas.alterClientQuotas(this.#routing, altered, options))
  }

  /** By user; who has none rejects with RESOURCE_NOT_FOUND. From Kafka 2.7 on. */
  async describeUserScramCredentials(
    users: readonly string[] | 'all' = 'all',
    options: CallOptions = {},
  ): Promise<Results<scram.UserScramCredentials>> {
    return allOf(await scram.describeUserScramCredentials(this.#routing, users, options))
  }

  /** By user; passwords are salted and hashed here. From Kafka 2.7 on. */
  async alterUserScramCredentials(
    altered: readonly (scram.NewScramCredential | scram.DeletedScramCredential)[],
    options: CallOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await scram.alterUserScramCredentials(this.#routing, altered, { ...options, means: this.#means }))
  }

  // ---- the quorum and its features

  async describeFeatures(options: features.DescribeFeaturesOptions = {}): Promise<features.Features> {
    return features.describeFeatures(this.#routing, options)
  }

  /** `{ 'metadata.version': 25 }`; by feature. */
  async updateFeatures(
    updates: Readonly<Record<string, number | features.FeatureUpdate>>,
    options: features.UpdateFeaturesOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await features.updateFeatures(this.#routing, updates, options))
  }

  /** From Kafka 3.3 on. */
  async describeMetadataQuorum(options: CallOptions = {}): Promise<quorum.QuorumInfo> {
    return quorum.describeMetadataQuorum(this.#routing, options)
  }

  /** From Kafka 3.9 on, where the quorum is a dynamic one (`kraft.version` 1). */
  async addRaftVoter(voter: quorum.NewRaftVoter, options: quorum.RaftVoterOptions = {}): Promise<void> {
    await quorum.addRaftVoter(this.#routing, voter, options)
  }

  async removeRaftVoter(voter: quorum.RaftVoter, options: quorum.RaftVoterOptions = {}): Promise<void> {
    await quorum.removeRaftVoter(this.#routing, voter, options)
  }

  /** A broker that will not come back is forgotten. */
  async unregisterBroker(brokerId: number, options: CallOptions = {}): Promise<void> {
    await quorum.unregisterBroker(this.#routing, brokerId, options)
  }

  // ---- share groups and streams groups

  /** From Kafka 4.1 on. */
  async describeShareGroups(
    groupIds: readonly string[],
    options: descriptions.DescribeGroupsOptions = {},
  ): Promise<Results<shareGroups.ShareGroupDescription>> {
    return allOf(await shareGroups.describeShareGroups(this.#routing, groupIds, options))
  }

  async listShareGroupOffsets(
    groupId: string,
    options: shareGroups.ListShareGroupOffsetsOptions = {},
  ): Promise<shareGroups.ShareGroupOffsets> {
    return onlyOf(await shareGroups.listShareGroupOffsets(this.#routing, [groupId], options))
  }

  /** By partition; NON_EMPTY_GROUP while the group has members. */
  async alterShareGroupOffsets(
    groupId: string,
    altered: readonly shareGroups.ShareOffsetToAlter[],
    options: CallOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await shareGroups.alterShareGroupOffsets(this.#routing, groupId, altered, options))
  }

  /** By topic; NON_EMPTY_GROUP while the group has members. */
  async deleteShareGroupOffsets(
    groupId: string,
    topicNames: readonly string[],
    options: CallOptions = {},
  ): Promise<Results<undefined>> {
    return allOf(await shareGroups.deleteShareGroupOffsets(this.#routing, groupId, topicNames, options))
  }

  /** From Kafka 4.1 on. */
  async describeStreamsGroups(
    groupIds: readonly string[],
    options: descriptions.DescribeGroupsOptions = {},
  ): Promise<Results<streamsGroups.StreamsGroupDescription>> {
    return allOf(await streamsGroups.describeStreamsGroups(this.#routing, groupIds, options))
  }

  // ---- transactions

  /** By partition: who has written to it, and not long ago. From Kafka 2.8 on. */
  async describeProducers(
    partitions: readonly TopicPartition[],
    options: transactions.DescribeProducersOptions = {},
  ): Promise<Results<transactions.PartitionProducers>> {
    return allOf(await transactions.describeProducers(this.#routing, partitions, options))
  }

  /** Of all brokers; where one of them fails, `results` of the error are by broker. From Kafka 3.0 on. */
  async listTransactions(
    options: transactions.ListTransactionsOptions = {},
  ): Promise<readonly transactions.TransactionListing[]> {
    return [...allOf(await transactions.listTransactions(this.#routing, options)).values()].flat()
  }

  /** By transactional id. From Kafka 3.0 on. */
  async describeTransactions(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Results<transactions.TransactionDescription>> {
    return allOf(await transactions.describeTransactions(this.#routing, transactionalIds, options))
  }

  /** Ends in one partition what no coordinator will end. */
  async abortTransaction(aborted: transactions.AbortedTransaction, options: CallOptions = {}): Promise<void> {
    onlyOf(await transactions.abortTransaction(this.#routing, aborted, options))
  }

  /** By transactional id: its producer cannot go on, and what it has not ended is aborted. */
  async fenceProducers(
    transactionalIds: readonly string[],
    options: CallOptions = {},
  ): Promise<Results<transactions.FencedProducer>> {
    return allOf(await transactions.fenceProducers(this.#routing, transactionalIds, options))
  }

  // ---- delegation tokens

  async createDelegationToken(options: tokens.CreateTokenOptions = {}): Promise<tokens.DelegationToken> {
    return tokens.createDelegationToken(this.#routing, options)
  }

  /** Resolves with the time at which it ends now. */
  async renewDelegationToken(hmac: Uint8Array, options: tokens.RenewTokenOptions = {}): Promise<number> {
    return tokens.renewDelegationToken(this.#routing, hmac, options)
  }

  /** Resolves with the time at which it ends now. */
  async expireDelegationToken(hmac: Uint8Array, options: tokens.ExpireTokenOptions = {}): Promise<number> {
    return tokens.expireDelegationToken(this.#routing, hmac, options)
  }

  async describeDelegationTokens(
    options: tokens.DescribeTokensOptions = {},
  ): Promise<readonly tokens.DelegationToken[]> {
    return tokens.describeDelegationTokens(this.#routing, options)
  }
}
