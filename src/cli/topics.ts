/** `odradek topics`: which topics there are, what they are, making, changing and deleting them. */
import { type Admin, KafkaError, settled, type TopicDescription } from '../client/index.ts'
import { type Action, type Asked, runActions } from './client/actions.ts'
import { clientFlagsText } from './client/client-flags.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import { printable } from './table.ts'
import { UsageError } from './usage-error.ts'

export const usage = `Usage: odradek topics list [flags]
       odradek topics describe TOPIC... [flags]
       odradek topics create TOPIC... [flags]
       odradek topics alter TOPIC [flags]
       odradek topics delete TOPIC... [flags]

list      tells of each topic how many partitions and replicas it has, and how many partitions are under-replicated.
describe  tells who leads each partition, which brokers have it, and the configs that are not the default.
create    makes topics. alter gives one more partitions, or other configs. delete takes them away, with all that is in them.

  --internal               list: the topics of Kafka itself as well
  --offsets                describe: where each partition begins and ends too
  --partitions N           create: as the broker is configured unless told; alter: so many in all
  --replication-factor N   create: as the broker is configured unless told
  --config NAME=VALUE      create, alter: a config of the topic; may be repeated
  --delete-config NAME     alter: back to the default; may be repeated
  --if-not-exists          create: a topic that is there is no error
  --if-exists              delete: a topic that is not there is no error
  --dry-run                create, alter: it is only checked
  --json                   for programs: one value in a line
${clientFlagsText}`

const flags = {
  internal: { type: 'boolean' },
  offsets: { type: 'boolean' },
  partitions: { type: 'string' },
  'replication-factor': { type: 'string' },
  config: { type: 'string', multiple: true },
  'delete-config': { type: 'string', multiple: true },
  'if-not-exists': { type: 'boolean' },
  'if-exists': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
} as const

const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY]

const isUnderReplicated = ({ replicas, isr }: TopicDescription['partitions'][number]): boolean =>
  isr.length < replicas.length

async function list({ admin, given, show }: Asked): Promise<undefined> {
  const listed = await admin.listTopics({ listInternal: given.has('internal') })
  const names = listed.map(({ name }) => name).toSorted()
  const described = names.length === 0 ? new Map<string, TopicDescription>() : await known(admin, names)
  const data = [...described.values()].map(({ name, id, isInternal, partitions }) => ({
    ...{ name, id, isInternal, partitions: partitions.length },
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    underReplicated: partitions.filter(isUnderReplicated).length,
  }))
  const rows = data.map((it) => [
    printable(it.name),
    ...[it.partitions, it.replicationFactor, it.underReplicated].map(String),
  ])
  show({ rows: [['TOPIC', 'PARTITIONS', 'REPLICAS', 'UNDER-REPLICATED'], ...rows], data })
}

/** Without those that went meanwhile. */
async function known(admin: Admin, names: readonly string[]): Promise<Map<string, TopicDescription>> {
  const found = new Map<string, TopicDescription>()
  for (const [name, topic] of await settled(admin.describeTopics(names))) {
    if (!(topic instanceof KafkaError)) found.set(name, topic)
    else if (topic.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw topic
  }
  return found
}

type Bounds = ReadonlyMap<string, { readonly beginning: number; readonly end: number }>

async function boundsOf(admin: Admin, topics: Iterable<TopicDescription>): Promise<Bounds> {
  const all = [...topics].flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
  const [first, last] = await Promise.all([
    admin.listOffsets(all.map((it) => ({ ...it, at: 'earliest' as const }))),
    admin.listOffsets(all),
  ])
  return new Map(
    [...first].map(([name, { offset }]) => [name, { beginning: offset, end: last.get(name)?.offset ?? -1 }]),
  )
}

async function describe({ admin, names, given, show }: Asked): Promise<undefined> {
  const topics = await admin.describeTopics(names)
  const configs = await admin.describeConfigs(names.map((name) => ({ type: 'topic', name })))
  const bounds = given.has('offsets') ? await boundsOf(admin, topics.values()) : undefined
  const data = [...topics.values()].map((topic) => {
    const entries = [...(configs.get(`topic:${topic.name}`)?.entries.values() ?? [])]
    const own = entries.filter(({ source }) => source === 'dynamic-topic-config')
    const partitions = topic.partitions.map((it) => ({ ...it, ...bounds?.get(`${topic.name}-${it.partition}`) }))
    return { ...topic, configs: Object.fromEntries(own.map(({ name, value }) => [name, value])), partitions }
  })
  const head = ['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', ...(bounds === undefined ? [] : ['BEGINS', 'ENDS'])]
  if (given.has('json')) show({ data })
  else for (const [i, topic] of data.entries()) showTopic(topic, head, i > 0, show)
}

interface ShownTopic extends Omit<TopicDescription, 'partitions'> {
  readonly configs: Readonly<Record<string, string | null>>
  readonly partitions: readonly (TopicDescription['partitions'][number] & { beginning?: number; end?: number })[]
}

function showTopic(topic: ShownTopic, head: readonly string[], isBehindAnother: boolean, show: Asked['show']): void {
  const configs = Object.entries(topic.configs).map(([name, value]) => ` ${name}=${value}`)
  const title = `${isBehindAnother ? '\n' : ''}${printable(topic.name)}  ${topic.id ?? ''}${printable(configs.join(''))}\n`
  show({ text: title, data: undefined })
  const rows = topic.partitions.map(({ partition, leader, replicas, isr, beginning, end }) => [
    ...[String(partition), leader === undefined ? 'none' : String(leader), replicas.join(','), isr.join(',')],
    ...(beginning === undefined ? [] : [String(beginning), String(end)]),
  ])
  show({ rows: [head, ...rows], data: undefined })
}

async function create({ admin, names, given, show }: Asked): Promise<number> {
  const partitions = given.number('partitions', 1, 2 ** 31 - 1)
  const replicationFactor = given.number('replication-factor', 1, 32_767)
  const options = {
    ...(partitions !== undefined && { partitions }),
    ...(replicationFactor !== undefined && { replicationFactor }),
    configs: given.pairs('config'),
  }
  const call = admin.createTopics(
    names.map((name) => ({ name, ...options })),
    { validateOnly: given.has('dry-run') },
  )
  const isNoError = given.has('if-not-exists') ? 'TOPIC_ALREADY_EXISTS' : undefined
  return tell(await settled(call), { done: given.has('dry-run') ? 'can be created' : 'created', isNoError, show })
}

interface Telling {
  /** Of a topic that went well. */
  readonly done: string
  /** What is as good as done. */
  readonly isNoError: string | undefined
  readonly show: Asked['show']
}

/** What became of each: failures on the standard error, too, where the result is for people. */
function tell(results: ReadonlyMap<string, unknown>, { done, isNoError, show }: Telling): number {
  let code = exitDone
  const data = [...results].map(([name, result]) => {
    if (!(result instanceof KafkaError)) return { name, result: done }
    if (result.code === isNoError) return { name, result: result.code }
    code = exitFailed
    process.stderr.write(`odradek topics: ${printable(result.message)}\n`)
    return { name, error: result.code, message: result.message }
  })
  const lines = data.flatMap(({ name, result }) => (result === done ? [`${printable(name)} ${done}\n`] : []))
  show({ text: lines.join(''), data })
  return code
}

async function alter({ admin, names: [name = ''], given, show }: Asked): Promise<undefined> {
  const [partitions, set, deleted] = [
    given.number('partitions', 1, 2 ** 31 - 1),
    given.pairs('config'),
    given.texts('delete-config'),
  ]
  const changesConfigs = Object.keys(set).length + deleted.length > 0
  if (partitions === undefined && !changesConfigs)
    throw new UsageError('alter needs --partitions, --config or --delete-config')
  const options = { validateOnly: given.has('dry-run') }
  if (partitions !== undefined) await admin.createPartitions({ [name]: partitions }, options)
  if (changesConfigs) await admin.alterConfig({ type: 'topic', name }, { set, delete: deleted }, options)
  const result = given.has('dry-run') ? 'can be altered' : 'altered'
  show({ text: `${printable(name)} ${result}\n`, data: [{ name, result }] })
}

async function remove({ admin, names, given, show }: Asked): Promise<number> {
  const isNoError = given.has('if-exists') ? 'UNKNOWN_TOPIC_OR_PARTITION' : undefined
  return tell(await settled(admin.deleteTopics(names)), { done: 'deleted', isNoError, show })
}

const actions: Readonly<Record<string, Action>> = {
  list: { names: [0, 0], flags: ['internal'], run: list },
  describe: { names: many, flags: ['offsets'], run: describe },
  create: {
    names: many,
    flags: ['partitions', 'replication-factor', 'config', 'if-not-exists', 'dry-run'],
    run: create,
  },
  alter: { names: [1, 1], flags: ['partitions', 'config', 'delete-config', 'dry-run'], run: alter },
  delete: { names: many, flags: ['if-exists'], run: remove },
}

export const run = (args: readonly string[]): Promise<number> =>
  runActions({ name: 'topics', usage, flags, actions }, args)
