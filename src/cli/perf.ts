/** `odradek perf`: how fast a cluster takes records and gives them, and how long they are on their way. Any Kafka's. */
import { parseArgs } from 'node:util'
import { KafkaError } from '../client/index.ts'
import { type ClientSetup, clientFlags, clientFlagsText, clientSetup, reach } from './client/client-flags.ts'
import { Ending } from './client/ending.ts'
import { Failures } from './client/failures.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import { latenciesOf, latenciesText, ratesText } from './perf/figures.ts'
import { measureConsume } from './perf/measure-consume.ts'
import { measureLatency, recordSizeMin } from './perf/measure-latency.ts'
import { measureProduce } from './perf/measure-produce.ts'
import type { ProcessContext } from './process-context.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek perf produce --topic NAME [flags]
       odradek perf consume --topic NAME [flags]
       odradek perf latency --topic NAME [flags]

produce  sends records without keys, of random letters, and tells records and megabytes (1,048,576 bytes) a second, and how long it took
         from the sending of a record until it was acknowledged: comparable to kafka-producer-perf-test.
consume  reads the topic from its beginning: comparable to kafka-consumer-perf-test.
latency  sends records to one partition and reads them again: how long from when a record was due until a consumer had it, and until
         it was acknowledged. linger.ms is 0 unless told.

On a terminal the rate of the last second is shown meanwhile. Ctrl-C ends it, and tells what was measured so far.

  --topic, -t NAME         the topic; there must be one
  --records, -n N          how many: 1,000,000 to produce, all that there are to consume, 1,000 for the latency unless told
  --record-size, -s BYTES  of a value; 100 unless told
  --throughput, -r N       records a second: as fast as it goes unless told; for the latency 100, and 0 sends the next one when
                           the one before was read
  --warm-up N              so many records before the measurement
  --partition, -p N        latency: the partition; 0 unless told
  --timeout MS             consume: ends when nothing comes for so long, with exit code 1 if records are missing; 10,000
                           unless told
  --acks N                 all, 1 or 0
  --codec, -z NAME         none, gzip, snappy, lz4 or zstd
  --json                   the figures as one object; latencies in milliseconds
${clientFlagsText}`

const flags = {
  ...clientFlags,
  topic: { type: 'string', short: 't' },
  records: { type: 'string', short: 'n' },
  'record-size': { type: 'string', short: 's' },
  throughput: { type: 'string', short: 'r' },
  'warm-up': { type: 'string' },
  partition: { type: 'string', short: 'p' },
  timeout: { type: 'string' },
  acks: { type: 'string' },
  codec: { type: 'string', short: 'z' },
  json: { type: 'boolean' },
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })

type Flags = ReturnType<typeof parseFlags>['values']
type FlagName = keyof Flags

const kinds = ['produce', 'consume', 'latency'] as const
type Kind = (typeof kinds)[number]

const common: readonly FlagName[] = [
  'topic',
  'records',
  'json',
  'help',
  'bootstrap-server',
  'command-config',
  'property',
]
const producing: readonly FlagName[] = ['record-size', 'throughput', 'warm-up', 'acks', 'codec']
const taken: Readonly<Record<Kind, readonly FlagName[]>> = {
  produce: [...common, ...producing],
  consume: [...common, 'timeout'],
  latency: [...common, ...producing, 'partition'],
}

const recordSizeMax = 256 * 1024 * 1024
const countMax = 1_000_000_000

interface Numbers {
  readonly min: number
  readonly max: number
  readonly otherwise: number
}

function numberOf(
  values: Flags,
  flag: 'records' | 'record-size' | 'throughput' | 'warm-up' | 'partition' | 'timeout',
  { min, max, otherwise }: Numbers,
): number {
  const text = values[flag]
  if (text === undefined) return otherwise
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`--${flag} is a number from ${min} to ${max}, not '${text}'`)
}

function kindOf([word, ...more]: readonly string[], values: Flags): Kind {
  const kind = kinds.find((it) => it === word)
  if (kind === undefined) throw new UsageError(`one of ${kinds.join(', ')} is to be named, not '${word ?? ''}'`)
  if (more.length > 0) throw new UsageError(`unexpected '${more[0]}'`)
  const names = Object.keys(values)
  const foreign = names.find((name) => !taken[kind].some((it) => it === name))
  if (foreign !== undefined) throw new UsageError(`${kind} has no --${foreign}`)
  return kind
}

interface Measuring {
  readonly values: Flags
  readonly topic: string
  readonly setup: ClientSetup
  readonly ending: Ending
  readonly failures: Failures
}

/** What is told, in words and as data, and whether all is as it should be. */
interface Measured {
  readonly text: string
  readonly data: object
  readonly isWhole: boolean
}

const sizesOf = (values: Flags, sizeMin: number) => ({
  recordSize: numberOf(values, 'record-size', { min: sizeMin, max: recordSizeMax, otherwise: 100 }),
  warmUp: numberOf(values, 'warm-up', { min: 0, max: countMax, otherwise: 0 }),
})

async function produce({ values, topic, setup, ending, failures }: Measuring): Promise<Measured> {
  const { kafka, properties } = setup
  const produced = await measureProduce({
    ...{ kafka, topic, ending, ...sizesOf(values, 0) },
    producerOptions: properties.producer(),
    count: numberOf(values, 'records', { min: 1, max: countMax, otherwise: 1_000_000 }),
    throughput: numberOf(values, 'throughput', { min: 0, max: countMax, otherwise: 0 }),
    failed: (error) => failures.add('a record', error),
  })
  failures.tell(produced.records + failures.count)
  const text = `${ratesText(produced)}\n${latenciesText({ 'send to acknowledgement': produced.latencyMs })}`
  return { text, data: { ...produced, failed: failures.count }, isWhole: failures.count === 0 }
}

async function consume({ values, topic, setup, ending }: Measuring): Promise<Measured> {
  const { kafka, timeouts, properties } = setup
  const count = numberOf(values, 'records', { min: 0, max: countMax, otherwise: 0 })
  const consumed = await measureConsume({
    ...{ kafka, timeouts, topic, ending },
    consumerOptions: properties.consumer(),
    count: count === 0 ? undefined : count,
    idleMsMax: numberOf(values, 'timeout', { min: 1, max: 2 ** 31 - 1, otherwise: 10_000 }),
  })
  const { isTimedOut, ...data } = consumed
  if (isTimedOut) process.stderr.write('odradek perf: nothing came for too long (--timeout)\n')
  const text = `${ratesText(consumed)}; the first one after ${consumed.firstRecordMs} ms\n`
  return { text, data, isWhole: !isTimedOut }
}

async function latency({ values, topic, setup, ending, failures }: Measuring): Promise<Measured> {
  const { kafka, properties } = setup
  const { acknowledged, read, lost } = await measureLatency({
    ...{ kafka, topic, ending, ...sizesOf(values, recordSizeMin) },
    producerOptions: properties.producer(),
    consumerOptions: properties.consumer(),
    partition: numberOf(values, 'partition', { min: 0, max: 2 ** 31 - 1, otherwise: 0 }),
    count: numberOf(values, 'records', { min: 1, max: countMax, otherwise: 1000 }),
    throughput: numberOf(values, 'throughput', { min: 0, max: countMax, otherwise: 100 }),
    failed: (error) => failures.add('a record', error),
  })
  failures.tell(acknowledged.count + failures.count)
  if (lost > 0) process.stderr.write(`odradek perf: ${lost} records were sent and not read\n`)
  const rows = { acknowledged: latenciesOf(acknowledged), read: latenciesOf(read) }
  const data = { records: read.count, failed: failures.count, lost, latencyMs: rows }
  return { text: latenciesText(rows), data, isWhole: failures.count + lost === 0 }
}

const measures = { produce, consume, latency } as const

/** Kafka's names of what flags of this verb say. */
function givenBy({ codec, acks }: Flags): Map<string, string> {
  const given = new Map<string, string>()
  if (codec !== undefined) given.set('compression.type', codec)
  if (acks !== undefined) given.set('acks', acks)
  return given
}

async function measure(positionals: readonly string[], values: Flags, context: ProcessContext): Promise<number> {
  const kind = kindOf(positionals, values)
  const { topic, json = false } = values
  if (topic === undefined) throw new UsageError('--topic is to be told')
  const setup = await clientSetup(values, givenBy(values))
  const ending = new Ending('perf', context)
  try {
    await reach(setup)
    const measuring = { values, topic, setup, ending, failures: new Failures('perf') }
    const { text, data, isWhole } = await measures[kind](measuring)
    await ending.output.write(json ? `${JSON.stringify(data)}\n` : text)
    await ending.output.flushed()
    return ending.codeOver(isWhole ? exitDone : exitFailed)
  } finally {
    ending.release()
  }
}

export const run = (args: readonly string[], context: ProcessContext): Promise<number> =>
  runVerb({
    name: 'perf',
    usage,
    parse() {
      const { values, positionals } = parseFlags(args)
      return { help: values.help, values, positionals }
    },
    run: ({ values, positionals }) => measure(positionals, values, context),
    mendable: [KafkaError],
  })
