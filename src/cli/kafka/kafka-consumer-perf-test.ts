/** `odradek kafka-consumer-perf-test`: how fast a member of a group reads, by the flags of Kafka's tool, told in its columns. */
import { parseArgs } from 'node:util'
import { type Consumer, KafkaError } from '../../client/index.ts'
import { createEnv } from '../../env/index.ts'
import { type ClientSetup, clientSetup } from '../client/client-flags.ts'
import { Ending } from '../client/ending.ts'
import { withNegatives } from '../client/negative-numbers.ts'
import { Reading } from '../client/reading.ts'
import { exitDone } from '../exit-codes.ts'
import type { ProcessContext } from '../process-context.ts'
import { UsageError } from '../usage-error.ts'
import { runVerb } from '../verb.ts'
import { Consumption, detailedHead, totalHead } from './consumption.ts'
import { dateForm } from './date-pattern.ts'
import { asToolCode } from './tool.ts'

export const usage = `Usage: odradek kafka-consumer-perf-test --bootstrap-server HOST:PORT --topic NAME --num-records N [flags]

As kafka-consumer-perf-test of Apache Kafka, and in its columns.

  --bootstrap-server HOST:PORT   a broker to ask first, or several, comma-separated
  --topic NAME                   what is read
  --include PATTERN              the topics whose whole names match, instead
  --num-records N                so many; the deprecated --messages is the same
  --group NAME                   the group; one of its own unless told
  --from-latest                  a group that has committed nothing begins at the end
  --timeout MS                   so long without a record, and it ends; 10000 unless told
  --fetch-size BYTES             of one partition in an answer; 1048576 unless told
  --show-detailed-stats          a row for each interval, and none in the end
  --reporting-interval MS        5000 unless told
  --date-format PATTERN          as SimpleDateFormat takes it, of y, M, d, H, m, s and S; 'yyyy-MM-dd HH:mm:ss:SSS' unless told
  --hide-header                  no names of columns
  --command-property NAME=VALUE  of the consumer; may be repeated
  --command-config FILE          the same from a file; the deprecated --consumer.config is the same
  --help                         print this text
`

const text = { type: 'string' } as const
const yes = { type: 'boolean' } as const
const flags = {
  'bootstrap-server': text,
  topic: text,
  include: text,
  'num-records': text,
  messages: text,
  group: text,
  'from-latest': yes,
  timeout: text,
  'fetch-size': text,
  'show-detailed-stats': yes,
  'reporting-interval': text,
  'date-format': text,
  'hide-header': yes,
  'command-property': { type: 'string', multiple: true },
  'command-config': text,
  'consumer.config': text,
  help: yes,
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: withNegatives(args), options: flags, strict: true }).values

type Flags = ReturnType<typeof parseFlags>

type NumberFlag = 'num-records' | 'messages' | 'timeout' | 'fetch-size' | 'reporting-interval'

/** Throws UsageError. */
function numberOf(values: Flags, flag: NumberFlag, otherwise: number): number {
  const value = values[flag]
  if (value === undefined) return otherwise
  if (/^-?\d{1,15}$/.test(value)) return Number(value)
  throw new UsageError(`Cannot parse argument '${value}' of option ${flag}`)
}

/** Throws UsageError where not exactly one is told. */
function checkOne(values: Flags, first: keyof Flags, second: keyof Flags): void {
  if ((values[first] === undefined) !== (values[second] === undefined)) return
  throw new UsageError(`Exactly one of the following arguments is required: [${first}], [${second}]`)
}

interface Asked {
  readonly topics: readonly string[] | RegExp
  readonly recordsMax: number
  readonly idleMsMax: number
  readonly reportingIntervalMs: number
  readonly dateText: (timestampMs: number) => string
  readonly isDetailed: boolean
  readonly hasHead: boolean
}

function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${pattern} is an invalid regex.`)
    throw error
  }
}

/** Throws UsageError. */
function asked(values: Flags): Asked {
  if (values['bootstrap-server'] === undefined) throw new UsageError('Missing required argument "[bootstrap-server]"')
  checkOne(values, 'topic', 'include')
  checkOne(values, 'messages', 'num-records')
  if (values['consumer.config'] !== undefined && values['command-config'] !== undefined) {
    throw new UsageError('Option "[consumer.config]" can\'t be used with option "[command-config]"')
  }
  const reportingIntervalMs = numberOf(values, 'reporting-interval', 5000)
  if (reportingIntervalMs <= 0) throw new UsageError('Reporting interval must be greater than 0.')
  return {
    topics: values.topic === undefined ? expressionOf(values.include ?? '') : [values.topic],
    recordsMax: numberOf(values, 'messages', numberOf(values, 'num-records', 0)),
    idleMsMax: numberOf(values, 'timeout', 10_000),
    reportingIntervalMs,
    dateText: dateForm(values['date-format'] ?? 'yyyy-MM-dd HH:mm:ss:SSS'),
    isDetailed: values['show-detailed-stats'] === true,
    hasHead: values['hide-header'] !== true,
  }
}

const groupsMax = 100_000

/** By Kafka's names, over what properties say. */
const givenBy = (values: Flags): ReadonlyMap<string, string> =>
  new Map([
    ['group.id', values.group ?? `perf-consumer-${createEnv().random.stream('perf-groups').below(groupsMax)}`],
    ['max.partition.fetch.bytes', String(numberOf(values, 'fetch-size', 1_048_576))],
    ['auto.offset.reset', values['from-latest'] === true ? 'latest' : 'earliest'],
    ['check.crcs', 'false'],
  ])

/** Rejects with KafkaError. */
async function measure(wanted: Asked, { kafka, properties }: ClientSetup, context: ProcessContext): Promise<number> {
  const { topics, recordsMax, idleMsMax, isDetailed } = wanted
  const ending = new Ending('kafka-consumer-perf-test', context)
  const say = (line: string): Promise<void> => ending.output.write(`${line}\n`)
  const consumption = new Consumption({ ...wanted, startMs: Date.now() })
  const consumer: Consumer = kafka.consumer({
    // A name that is mistyped must not become a topic.
    allowAutoCreateTopics: false,
    ...properties.consumer(),
    onAssigned: (partitions) => consumption.assigned(partitions, Date.now()),
    onRevoked: (partitions) => consumption.revoked(partitions, Date.now()),
  })
  const reading = new Reading({
    ...{ consumer, ending, recordsMax, isExact: false, endsAtEnd: false, idleMsMax },
    async write(records) {
      const row = consumption.add(records.slice(0, recordsMax - consumption.records), Date.now())
      if (row !== undefined && isDetailed) await say(row)
    },
  })
  try {
    if (wanted.hasHead) await say(isDetailed ? detailedHead : totalHead)
    consumer.subscribe(topics)
    await reading.run()
    const endMs = Date.now()
    if (reading.isTimedOut) {
      await say(
        `WARNING: Exiting before consuming the expected number of records: timeout (${idleMsMax} ms) exceeded. ` +
          'You can use the --timeout option to increase the timeout.',
      )
    }
    if (!isDetailed) await say(consumption.total(endMs))
  } finally {
    await consumer.close()
    ending.release()
  }
  return ending.codeOver(exitDone)
}

export const run = async (args: readonly string[], context: ProcessContext): Promise<number> =>
  asToolCode(
    await runVerb({
      name: 'kafka-consumer-perf-test',
      usage,
      parse: () => parseFlags(args),
      async run(values) {
        const wanted = asked(values)
        const warn = (old: keyof Flags, name: string): void => {
          if (values[old] !== undefined)
            process.stdout.write(`Warning: --${old} is deprecated. Use --${name} instead.\n`)
        }
        warn('messages', 'num-records')
        warn('consumer.config', 'command-config')
        const sources = {
          'bootstrap-server': values['bootstrap-server'],
          'command-config': values['command-config'] ?? values['consumer.config'],
          property: values['command-property'],
        }
        return measure(wanted, await clientSetup(sources, givenBy(values)), context)
      },
      mendable: [KafkaError],
    }),
  )
