/** `odradek kafka-producer-perf-test`: `odradek perf produce` by the flags of Kafka's tool, told in its form. */
import { parseArgs } from 'node:util'
import { KafkaError } from '../../client/index.ts'
import { clientSetup } from '../client/client-flags.ts'
import { Ending } from '../client/ending.ts'
import { Failures } from '../client/failures.ts'
import { withNegatives } from '../client/negative-numbers.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import { measureProduce, type Produced } from '../perf/measure-produce.ts'
import type { ProcessContext } from '../process-context.ts'
import { UsageError } from '../usage-error.ts'
import { runVerb } from '../verb.ts'

export const usage = `Usage: odradek kafka-producer-perf-test --topic NAME --num-records N --record-size BYTES --throughput N [flags]

As kafka-producer-perf-test of Apache Kafka, with its last line in its form. --throughput -1 is as fast as it goes.

  --bootstrap-server HOST:PORT   a broker to ask first, or several, comma-separated
  --command-property, --producer-props NAME=VALUE...
                                 properties of the client
  --command-config, --producer.config FILE
                                 the same from a file
  --warmup-records N             so many of the records before the measurement
  --help                         print this text
`

const text = { type: 'string' } as const
const flags = {
  topic: text,
  'num-records': text,
  'record-size': text,
  throughput: text,
  'bootstrap-server': text,
  'producer-props': { type: 'string', multiple: true },
  'command-property': { type: 'string', multiple: true },
  'producer.config': text,
  'command-config': text,
  'warmup-records': text,
  help: { type: 'boolean' },
} as const

const listFlags = new Set(['--producer-props', '--command-property'])

/** Several values may stand behind these flags. */
function repeated(args: readonly string[]): string[] {
  let flag: string | undefined
  return args.flatMap((arg) => {
    if (arg.startsWith('-') && !/^-\d+$/.test(arg)) {
      flag = listFlags.has(arg) ? arg : undefined
      return flag === undefined ? [arg] : []
    }
    return flag === undefined ? [arg] : [`${flag}=${arg}`]
  })
}

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: withNegatives(repeated(args)), options: flags, strict: true }).values

type Flags = ReturnType<typeof parseFlags>

function numberOf(
  values: Flags,
  flag: 'num-records' | 'record-size' | 'throughput' | 'warmup-records',
  otherwise?: number,
): number {
  const value = values[flag]
  if (value === undefined && otherwise !== undefined) return otherwise
  if (value === undefined) throw new UsageError(`argument --${flag} is required`)
  if (/^-?\d{1,12}(\.\d+)?$/.test(value)) return Number(value)
  throw new UsageError(`argument --${flag}: could not convert '${value}'`)
}

/** Kafka shows percentiles in whole milliseconds. */
const totalText = ({ records, recordsPerSecond, mbPerSecond, latencyMs }: Produced): string =>
  `${records} records sent, ${recordsPerSecond.toFixed(1)} records/sec (${mbPerSecond.toFixed(2)} MB/sec), ` +
  `${latencyMs.mean.toFixed(2)} ms avg latency, ${latencyMs.max.toFixed(2)} ms max latency, ` +
  `${Math.floor(latencyMs.p50)} ms 50th, ${Math.floor(latencyMs.p95)} ms 95th, ` +
  `${Math.floor(latencyMs.p99)} ms 99th, ${Math.floor(latencyMs.p999)} ms 99.9th.\n`

async function measure(values: Flags, context: ProcessContext): Promise<number> {
  const { topic } = values
  if (topic === undefined) throw new UsageError('argument --topic is required')
  const warmUp = numberOf(values, 'warmup-records', 0)
  const count = numberOf(values, 'num-records') - warmUp
  const [recordSize, throughput] = [numberOf(values, 'record-size'), Math.max(0, numberOf(values, 'throughput'))]
  if (count < 1 || recordSize < 0 || warmUp < 0)
    throw new UsageError('--num-records is to be more than --warmup-records')
  const { kafka, properties } = await clientSetup({
    'bootstrap-server': values['bootstrap-server'],
    'command-config': values['command-config'] ?? values['producer.config'],
    property: [...(values['producer-props'] ?? []), ...(values['command-property'] ?? [])],
  })
  const failures = new Failures('kafka-producer-perf-test')
  const ending = new Ending('kafka-producer-perf-test', context)
  try {
    const produced = await measureProduce({
      ...{ kafka, topic, count, recordSize, throughput, warmUp, ending },
      producerOptions: properties.producer(),
      failed: (error) => failures.add('a record', error),
    })
    failures.tell(produced.records + failures.count)
    await ending.output.write(totalText(produced))
    return ending.codeOver(failures.count > 0 ? exitFailed : exitDone)
  } finally {
    ending.release()
  }
}

export const run = (args: readonly string[], context: ProcessContext): Promise<number> =>
  runVerb({
    name: 'kafka-producer-perf-test',
    usage,
    parse: () => parseFlags(args),
    run: (values) => measure(values, context),
    mendable: [KafkaError],
  })
