/** The door of an admin client: all that may be asked and changed of a cluster from outside. */
import type { ClientEnv } from '../client-env.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import type { AdminSettings, CallOptions } from './admin-options.ts'
import { type ClusterDescription, type DescribeClusterOptions, describeCluster } from './cluster.ts'
import * as configs from './configs.ts'
import * as descriptions from './group-descriptions.ts'
import * as groupOffsets from './group-offsets.ts'
import * as groups from './groups.ts'
import * as offsets from './offsets.ts'
import { allOf, onlyOf } from './results.ts'
import { Routing } from './routing.ts'
import * as topicDescriptions from './topic-descriptions.ts'
import * as topics from './topics.ts'

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

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: AdminSettings) {
    this.#routing = new Routing(env, connection, settings)
  }

  /** Ends the connections; what is under way rejects with CLOSED. */
  async close(): Promise<void> {
    this.#routing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  describeCluster(options: DescribeClusterOptions = {}): Promise<ClusterDescription> {
    return describeCluster(this.#routing, options)
  }

  // ---- topics

  listTopics(options: topicDescriptions.ListTopicsOptions = {}): Promise<readonly topicDescriptions.TopicListing[]> {
    return topicDescriptions.listTopics(this.#routing, options)
  }

  /** By name or, from Kafka 3.0 on, by id. */
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
}
