/** `odradek kafka-get-offsets`: where partitions begin and end, by the flags of Kafka's tool, told in its form. */
import { type Admin, KafkaError, type OffsetSpec, settled, type TopicPartition } from '../../client/index.ts'
import type { Given } from '../given.ts'
import { includeList } from './include-list.ts'
import { told } from './told.ts'
import { runTool, say, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-get-offsets --bootstrap-server HOST:PORT [flags]

As kafka-get-offsets of Apache Kafka, and in its form: TOPIC:PARTITION:OFFSET.

  --topic PATTERN                a regular expression; all topics unless told
  --partitions LIST              numbers, comma-separated; all unless told
  --topic-partitions LIST        instead of both: PATTERN:N, PATTERN:FROM-TO (without TO itself), comma-separated
  --time SPOT                    latest (-1), which it is unless told, earliest (-2), max-timestamp (-3), earliest-local (-4),
                                 latest-tiered (-5), earliest-pending-upload (-6), or milliseconds since 1970
  --exclude-internal-topics      without the topics of Kafka itself
${toolFlagsText}`

const flags = {
  ...toolFlags,
  topic: { type: 'string' },
  partitions: { type: 'string' },
  'topic-partitions': { type: 'string' },
  time: { type: 'string' },
  'exclude-internal-topics': { type: 'boolean' },
} as const

const spots: ReadonlyMap<string, OffsetSpec> = new Map([
  ['-1', 'latest'],
  ['-2', 'earliest'],
  ['-3', 'max-timestamp'],
  ['-4', 'earliest-local'],
  ['-5', 'latest-tiered'],
  ['-6', 'earliest-pending-upload'],
])

function spotOf(text: string): OffsetSpec {
  const named = spots.get(text) ?? [...spots.values()].find((it) => it === text)
  if (named !== undefined) return named
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new ToolError(
    `Malformed time argument ${text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or ` +
      'earliest-local / -5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp',
  )
}

type Filter = (partition: TopicPartition) => boolean

/** `name`, `name:3`, `name:0-3`, `name:5-`, `name:-3`; without a name, of all topics. */
function filterOf(text: string): Filter {
  const [, pattern = '', one, from, to] = /^([^:,]*)(?::(?:(\d+)|(\d*)-(\d*))?)?$/.exec(text) ?? []
  if (!/^[^:,]*(:(\d*|\d*-\d*))?$/.test(text)) throw new ToolError(`Invalid rule specification: ${text}`)
  const isNamed = pattern === '' ? () => true : includeList(pattern)
  return ({ topic, partition }) => {
    if (!isNamed(topic)) return false
    if (one !== undefined) return partition === Number(one)
    return partition >= Number(from ?? 0) && (to === undefined || to === '' || partition < Number(to))
  }
}

function filters(given: Given): Filter {
  const [rules, topic, numbers] = [given.text('topic-partitions'), given.text('topic'), given.text('partitions')]
  if (rules !== undefined) {
    if ((topic ?? numbers) !== undefined) {
      throw new ToolError('--topic-partitions cannot be used with --topic or --partitions')
    }
    const all = rules.split(',').map(filterOf)
    return (partition) => all.some((isIncluded) => isIncluded(partition))
  }
  const isNamed = topic === undefined ? () => true : includeList(topic)
  const wanted = numbers
    ?.split(',')
    .filter((it) => it !== '')
    .map(Number)
  return ({ topic: name, partition }) => isNamed(name) && (wanted?.includes(partition) ?? true)
}

async function partitionsOf(admin: Admin, given: Given): Promise<readonly TopicPartition[]> {
  const isIncluded = filters(given)
  const topics = await admin.listTopics({ listInternal: !given.has('exclude-internal-topics') })
  const described =
    topics.length === 0 ? [] : [...(await admin.describeTopics(topics.map(({ name }) => name))).values()]
  const all = described.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
  const found = all.filter(isIncluded)
  if (found.length > 0) return found
  throw new ToolError('Could not match any topic-partitions with the specified filters')
}

/** Kafka orders them as texts: 10 comes before 2. */
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0

async function tell(admin: Admin, given: Given): Promise<undefined> {
  const at = spotOf(given.text('time') ?? 'latest')
  const partitions = await partitionsOf(admin, given)
  const offsets = await settled(admin.listOffsets(partitions.map((it) => ({ ...it, at }))))
  for (const [name, found] of [...offsets].sort(byName)) {
    if (found instanceof KafkaError) {
      process.stderr.write(`Skip getting offsets for topic-partition ${name} due to error: ${told(found)}\n`)
    } else if (found.offset >= 0) say(`${found.topic}:${found.partition}:${found.offset}`)
  }
}

export const run = (args: readonly string[]): Promise<number> =>
  runTool({ name: 'kafka-get-offsets', usage, flags, run: ({ admin, given }) => tell(admin, given) }, args)
