/** `odradek kafka-topics`: topics by the flags of Kafka's tool, told in its form. */
import {
  type Admin,
  type Configs,
  KafkaError,
  type PartitionReassignment,
  type TopicDescription,
} from '../../client/index.ts'
import type { Given } from '../given.ts'
import { UsageError } from '../usage-error.ts'
import { includeList } from './include-list.ts'
import { javaHashOrder } from './java-hash-order.ts'
import { told } from './told.ts'
import { failing, runTool, say, type ToolAsked, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-topics --bootstrap-server HOST:PORT --list|--describe|--create|--alter|--delete [flags]

As kafka-topics of Apache Kafka, and in its form.

  --topic NAME                   the topic; to list, describe, alter and delete a regular expression
  --partitions N                 create, alter
  --replication-factor N         create
  --replica-assignment LIST      create, alter: brokers of each partition, as 1:2,2:3
  --config NAME=VALUE            create; may be repeated
  --if-not-exists, --if-exists   create; alter, describe and delete: what is, or is not, there already is no error
  --exclude-internal             list, describe: without the topics of Kafka itself
  --under-replicated-partitions, --unavailable-partitions, --under-min-isr-partitions, --at-min-isr-partitions,
  --topics-with-overrides        describe: only such
${toolFlagsText}`

const actionNames = ['list', 'describe', 'create', 'alter', 'delete'] as const
const filterNames = [
  'under-replicated-partitions',
  'unavailable-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
] as const

const yes = { type: 'boolean' } as const
const text = { type: 'string' } as const
const flags = {
  ...toolFlags,
  ...Object.fromEntries([...actionNames, ...filterNames].map((name) => [name, yes])),
  topic: text,
  partitions: text,
  'replication-factor': text,
  'replica-assignment': text,
  config: { type: 'string', multiple: true },
  'if-not-exists': yes,
  'if-exists': yes,
  'exclude-internal': yes,
  'topics-with-overrides': yes,
} as const

/** Kafka's tool knows no errors of single topics: the first one ends it. */
const wordsOf = (error: KafkaError | ToolError): string =>
  `Error while executing topic command : ${error instanceof KafkaError ? told(error) : error.message}`

/** By name. Throws ToolError where one is named that is not there. */
async function matching(admin: Admin, given: Given, mustExist: boolean): Promise<readonly string[]> {
  const pattern = given.text('topic')
  const isIncluded = pattern === undefined ? () => true : includeList(pattern)
  const all = await admin.listTopics({ listInternal: true })
  const found = all.filter(({ name, isInternal }) => isIncluded(name) && !(isInternal && given.has('exclude-internal')))
  if (found.length === 0 && pattern !== undefined && mustExist) {
    throw new ToolError(`Topic '${pattern}' does not exist as expected`)
  }
  return found.map(({ name }) => name).toSorted()
}

type Partition = TopicDescription['partitions'][number]

interface Described {
  readonly topic: TopicDescription
  readonly configs: Configs | undefined
  readonly moves: ReadonlyMap<string, PartitionReassignment>
}

/** Replicas without those that a reassignment brings. */
function replicationFactor({ topic, moves }: Described, { partition, replicas }: Partition): number {
  const move = moves.get(`${topic.name}-${partition}`)
  const isUnderWay =
    move !== undefined && [...move.addingReplicas, ...move.removingReplicas].some((id) => replicas.includes(id))
  return isUnderWay ? replicas.length - move.addingReplicas.length : replicas.length
}

function isShown(described: Described, partition: Partition, given: Given): boolean {
  const wanted = filterNames.filter((name) => given.has(name))
  if (wanted.length === 0) return true
  const { leader, isr } = partition
  const isrMin = Number(described.configs?.entries.get('min.insync.replicas')?.value ?? 1)
  const states: Readonly<Record<(typeof filterNames)[number], boolean>> = {
    'under-replicated-partitions': replicationFactor(described, partition) > isr.length,
    'unavailable-partitions': leader === undefined,
    'under-min-isr-partitions': leader === undefined || isr.length < isrMin,
    'at-min-isr-partitions': isr.length === isrMin,
  }
  return wanted.some((name) => states[name])
}

/** While a replica is missing, the metadata alone does not tell which others may lead (KIP-966). */
function partitionText({ topic, moves }: Described, { partition, leader, replicas, isr }: Partition): string {
  const move = moves.get(`${topic.name}-${partition}`)
  const elr = isr.length === replicas.length ? '' : 'N/A'
  return [
    `\tTopic: ${topic.name}`,
    `Partition: ${partition}`,
    `Leader: ${leader ?? 'none'}`,
    `Replicas: ${replicas.join(',')}`,
    `Isr: ${isr.join(',')}`,
    ...(move === undefined
      ? []
      : [`Adding Replicas: ${move.addingReplicas.join(',')}`, `Removing Replicas: ${move.removingReplicas.join(',')}`]),
    `Elr: ${elr}`,
    `LastKnownElr: ${elr}`,
  ].join('\t')
}

function tell(described: Described, given: Given): void {
  const { topic, configs } = described
  const all = javaHashOrder([...(configs?.entries.values() ?? [])], ({ name }) => name)
  const own = all.filter(({ source }) => source !== 'default-config')
  const isFiltered = filterNames.some((name) => given.has(name))
  const onlyOverrides = given.has('topics-with-overrides')
  const [first] = topic.partitions
  if (!isFiltered && (!onlyOverrides || own.length > 0)) {
    say(
      [
        `Topic: ${topic.name}`,
        ...(topic.id === undefined ? [] : [`TopicId: ${topic.id}`]),
        `PartitionCount: ${topic.partitions.length}`,
        `ReplicationFactor: ${first === undefined ? 0 : replicationFactor(described, first)}`,
        `Configs: ${own.map(({ name, value }) => `${name}=${value ?? ''}`).join(',')}`,
      ].join('\t'),
    )
  }
  if (onlyOverrides) return
  for (const partition of topic.partitions) {
    if (isShown(described, partition, given)) say(partitionText(described, partition))
  }
}

async function describe({ admin, given }: ToolAsked): Promise<void> {
  const names = await matching(admin, given, !given.has('if-exists'))
  if (names.length === 0) return
  const topics = await admin.describeTopics(names)
  const configs = await admin.describeConfigs(names.map((name) => ({ type: 'topic', name })))
  const moves = await admin.listPartitionReassignments()
  for (const topic of topics.values()) tell({ topic, configs: configs.get(`topic:${topic.name}`), moves }, given)
}

const collisionWarning =
  "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. " +
  'To avoid issues it is best to use either, but not both.'

/** `1:2,2:3`: brokers of each partition. */
function assignmentsOf(given: Given): readonly (readonly number[])[] | undefined {
  const list = given.text('replica-assignment')
  if (list === undefined) return undefined
  if (!/^\s*\d+(\s*[:,]\s*\d+)*\s*$/.test(list)) throw new UsageError(`--replica-assignment: '${list}'`)
  return list.split(',').map((it) => it.split(':').map(Number))
}

function nameOf(given: Given): string {
  const name = given.text('topic')
  if (name === undefined) throw new UsageError('Missing required argument "[topic]"')
  return name
}

async function create({ admin, given }: ToolAsked): Promise<void> {
  const name = nameOf(given)
  if (/[._]/.test(name)) say(collisionWarning)
  const [partitions, factor] = [given.number('partitions', 1), given.number('replication-factor', 1)]
  const assignments = assignmentsOf(given)
  const counts = {
    ...(partitions !== undefined && { partitions }),
    ...(factor !== undefined && { replicationFactor: factor }),
  }
  try {
    await admin.createTopic(name, {
      ...(assignments === undefined ? counts : { assignments }),
      configs: given.pairs('config'),
    })
  } catch (error) {
    const isThere = error instanceof KafkaError && error.code === 'TOPIC_ALREADY_EXISTS'
    if (isThere && given.has('if-not-exists')) return
    throw error
  }
  say(`Created topic ${name}.`)
}

async function alter({ admin, given }: ToolAsked): Promise<void> {
  nameOf(given)
  const count = given.number('partitions', 1)
  if (count === undefined) throw new UsageError('Missing required argument "[partitions]"')
  const names = await matching(admin, given, !given.has('if-exists'))
  const assignments = assignmentsOf(given)
  const described = assignments === undefined || names.length === 0 ? undefined : await admin.describeTopics(names)
  const wanted = names.map((name) => {
    const had = described?.get(name)?.partitions.length ?? 0
    return [name, assignments === undefined ? count : { count, assignments: assignments.slice(had) }] as const
  })
  if (names.length > 0) await admin.createPartitions(Object.fromEntries(wanted))
}

async function remove({ admin, given }: ToolAsked): Promise<void> {
  nameOf(given)
  const names = await matching(admin, given, !given.has('if-exists'))
  if (names.length > 0) await admin.deleteTopics(names)
}

async function list({ admin, given }: ToolAsked): Promise<void> {
  for (const name of await matching(admin, given, false)) say(name)
}

const actions = { list, describe, create, alter, delete: remove } as const

export const run = (args: readonly string[]): Promise<number> =>
  runTool(
    {
      name: 'kafka-topics',
      usage,
      flags,
      run(asked) {
        const [action, another] = actionNames.filter((name) => asked.given.has(name))
        if (action === undefined || another !== undefined) {
          throw new UsageError(
            'Command must include exactly one action: --list, --describe, --create, --alter or --delete',
          )
        }
        return failing(() => actions[action](asked), wordsOf)
      },
    },
    args,
  )
