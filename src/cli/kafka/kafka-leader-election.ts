/** `odradek kafka-leader-election`: partitions get other leaders, by the flags of Kafka's tool, told in its form. */
import { type Admin, type ElectedLeader, KafkaError, settled, type TopicPartition } from '../../client/index.ts'
import type { Given } from '../given.ts'
import { UsageError } from '../usage-error.ts'
import { exceptionText } from './java-exception.ts'
import { javaPartitionOrder } from './java-hash-order.ts'
import { arrayOf, fieldOf, fieldsOf, integerOf, readJson, textOf } from './json-fields.ts'
import { partitionName } from './reassignment-plan.ts'
import { runTool, say, type ToolAsked, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-leader-election --bootstrap-server HOST:PORT --election-type preferred|unclean WHICH

As kafka-leader-election of Apache Kafka, and in its form. WHICH is one of

  --topic NAME --partition N     one partition
  --path-to-json-file FILE       {"partitions": [{"topic": "orders", "partition": 1}]}
  --all-topic-partitions         all for which there is something to do

  --election-type TYPE           preferred: the first of the replicas, if it is in sync; unclean: any, where nobody leads: records may
                                 be lost
${toolFlagsText}`

const text = { type: 'string' } as const
const flags = {
  ...toolFlags,
  'election-type': text,
  topic: text,
  partition: text,
  'path-to-json-file': text,
  'all-topic-partitions': { type: 'boolean' },
} as const

type ElectionType = 'preferred' | 'unclean'

function typeOf(given: Given): ElectionType {
  const type = given.text('election-type')
  if (type === undefined) throw new UsageError('Missing required option(s): election-type')
  const name = type.toLowerCase()
  if (name === 'preferred' || name === 'unclean') return name
  throw new UsageError(`Cannot parse argument '${type}' of option election-type`)
}

/** Throws ToolError. */
function partitionsIn(path: string): readonly TopicPartition[] {
  const json = readJson(path)
  if (json === undefined) throw new ToolError('Replica election data is empty')
  const fields = fieldsOf(json)
  if (!Object.hasOwn(fields, 'partitions')) {
    throw new ToolError('Replica election data is missing "partitions" field')
  }
  const partitions = arrayOf(fields['partitions']).map((it) => {
    const of = fieldsOf(it)
    return { topic: textOf(fieldOf(of, 'topic')), partition: integerOf(fieldOf(of, 'partition')) }
  })
  const twice = [...Map.groupBy(partitions, partitionName).values()].flatMap(([first, second]) =>
    first !== undefined && second !== undefined ? [first] : [],
  )
  if (twice.length === 0) return partitions
  const names = javaPartitionOrder(twice).map(partitionName)
  throw new ToolError(`Replica election data contains duplicate partitions: [${names.join(', ')}]`)
}

/** Throws UsageError, and ToolError for what is in a file. */
function partitionsOf(given: Given): readonly TopicPartition[] | 'all' {
  const [topic, file] = [given.text('topic'), given.text('path-to-json-file')]
  const partition = given.number('partition', 0, 2 ** 31 - 1)
  const count = [topic !== undefined, given.has('all-topic-partitions'), file !== undefined].filter(Boolean).length
  if (count !== 1) {
    throw new UsageError(
      'One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file',
    )
  }
  if (topic !== undefined) {
    if (partition === undefined) throw new UsageError('Missing required option(s): partition')
    return [{ topic, partition }]
  }
  if (partition !== undefined) throw new UsageError('Option partition is only allowed if topic is used')
  return file === undefined ? 'all' : partitionsIn(file)
}

type Results = ReadonlyMap<string, ElectedLeader | KafkaError>

/** Throws ToolError where the cluster answers nothing, or not for who asks. */
async function elected(
  admin: Admin,
  partitions: readonly TopicPartition[] | 'all',
  type: ElectionType,
): Promise<Results> {
  try {
    return await settled(admin.electLeaders(partitions, { type }))
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    const isLate = error.code === 'TIMED_OUT' || error.code === 'REQUEST_TIMED_OUT'
    if (!isLate && error.code !== 'CLUSTER_AUTHORIZATION_FAILED') throw new ToolError(exceptionText(error))
    const what = isLate ? 'Timeout waiting for election results' : 'Not authorized to perform leader election'
    say(what)
    throw new ToolError(what)
  }
}

/** `topic-partition`, taken apart: topics may have hyphens. */
function placeOf(name: string): TopicPartition {
  const hyphen = name.lastIndexOf('-')
  return { topic: name.slice(0, hyphen), partition: Number(name.slice(hyphen + 1)) }
}

const namesText = (those: readonly TopicPartition[]): string => javaPartitionOrder(those).map(partitionName).join(', ')

async function elect({ admin, given }: ToolAsked): Promise<undefined> {
  const type = typeOf(given)
  const results = await elected(admin, partitionsOf(given), type)
  const shown = type.toUpperCase()
  const those = javaPartitionOrder([...results].map(([name, result]) => ({ ...placeOf(name), result })))
  const done = those.filter(({ result }) => !(result instanceof KafkaError) && result.isElected)
  const right = those.filter(({ result }) => !(result instanceof KafkaError) && !result.isElected)
  if (done.length > 0) say(`Successfully completed leader election (${shown}) for partitions ${namesText(done)}`)
  if (right.length > 0) say(`Valid replica already elected for partitions ${namesText(right)}`)
  const failed = javaPartitionOrder(those.filter(({ result }) => result instanceof KafkaError))
  for (const { topic, partition, result } of failed) {
    const reason = result instanceof KafkaError ? exceptionText(result) : ''
    say(`Error completing leader election (${shown}) for partition: ${topic}-${partition}: ${reason}`)
  }
  if (failed.length > 0) throw new ToolError(`${failed.length} replica(s) could not be elected`)
}

export const run = (args: readonly string[]): Promise<number> =>
  runTool({ name: 'kafka-leader-election', usage, flags, run: elect }, args)
