/** Runs any of Apache Kafka's command line tools by the name of its class. */
import { join } from 'node:path'
import { type Command, runOrThrow } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import { kafkaJars, kafkaVersion } from '../../bench/kafka.ts'

const tools = {
  acls: 'org.apache.kafka.tools.AclCommand',
  brokerApiVersions: 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  cluster: 'org.apache.kafka.tools.ClusterTool',
  configs: 'kafka.admin.ConfigCommand',
  consoleConsumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  consumerPerformance: 'org.apache.kafka.tools.ConsumerPerformance',
  consoleProducer: 'org.apache.kafka.tools.ConsoleProducer',
  consumerGroups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  dumpLog: 'org.apache.kafka.tools.DumpLogSegments',
  features: 'org.apache.kafka.tools.FeatureCommand',
  getOffsets: 'org.apache.kafka.tools.GetOffsetShell',
  groups: 'org.apache.kafka.tools.GroupsCommand',
  leaderElection: 'org.apache.kafka.tools.LeaderElectionCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  consoleShareConsumer: 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
  producerPerformance: 'org.apache.kafka.tools.ProducerPerformance',
  reassignPartitions: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  replicaVerification: 'org.apache.kafka.tools.ReplicaVerificationTool',
  metadataQuorum: 'org.apache.kafka.tools.MetadataQuorumCommand',
  shareGroups: 'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
  storage: 'kafka.tools.StorageTool',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  verifiableConsumer: 'org.apache.kafka.tools.VerifiableConsumer',
  verifiableShareConsumer: 'org.apache.kafka.tools.VerifiableShareConsumer',
  verifiableProducer: 'org.apache.kafka.tools.VerifiableProducer',
} as const

export type Tool = keyof typeof tools

/** The class with its `main`. */
export const toolClass = (tool: Tool): string => tools[tool]

/** A tool lives for seconds: a quick start is worth more than fast code. */
export const toolFlags = [
  '-Xmx256M',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
]

export async function toolCommand(tool: Tool, args: readonly string[], version = kafkaVersion): Promise<Command> {
  const classPath = join(await kafkaJars(version), '*')
  return { command: await javaCommand(), args: [...toolFlags, '-cp', classPath, tools[tool], ...args] }
}

export interface ToolOptions {
  readonly input?: string
  readonly timeoutMs?: number
  /** Of Kafka's tools and the clients in them. */
  readonly version?: string
}

/** Runs a tool that must succeed; gives what it wrote to standard output. */
export async function runTool(tool: Tool, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { version, ...more } = options
  const command = await toolCommand(tool, args, version)
  return runOrThrow({ ...command, timeoutMs: 60_000, ...more })
}
