/** `odradek kafka-console-producer`: `odradek produce` by the flags of Kafka's tool. */
import { parseArgs } from 'node:util'
import type { ProcessContext } from '../process-context.ts'
import { run as produce } from '../produce.ts'
import { UsageError } from '../usage-error.ts'
import { runVerb } from '../verb.ts'
import { propertiesOf } from './line-properties.ts'

export const usage = `Usage: odradek kafka-console-producer --bootstrap-server HOST:PORT --topic NAME [flags]

Sends each line of the standard input as a record, as kafka-console-producer of Apache Kafka does, without its prompt.

  --reader-property NAME=VALUE   parse.key=true, key.separator=TEXT (a tab unless told), ignore.error, null.marker=TEXT
  --command-property NAME=VALUE  a property of the client; --producer-property is the older name
  --command-config FILE          properties of the client; --producer.config is the older name
  --compression-codec NAME       none, gzip, snappy, lz4 or zstd
  --request-required-acks N      all, 1, 0 or -1
  --help                         print this text
`

const text = { type: 'string' } as const
const many = { type: 'string', multiple: true } as const
const flags = {
  'bootstrap-server': text,
  topic: text,
  property: many,
  'reader-property': many,
  'producer-property': many,
  'command-property': many,
  'producer.config': text,
  'command-config': text,
  'compression-codec': text,
  'request-required-acks': text,
  help: { type: 'boolean' },
} as const

const parseFlags = (args: readonly string[]) => parseArgs({ args: [...args], options: flags, strict: true }).values

type Flags = ReturnType<typeof parseFlags>

const known = ['parse.key', 'key.separator', 'ignore.error', 'null.marker', 'parse.headers']

/** As `odradek produce` takes it. Throws UsageError. */
export function producing(values: Flags): string[] {
  const { topic, 'bootstrap-server': server } = values
  if (topic === undefined) throw new UsageError('Missing required argument "[topic]"')
  if (server === undefined) throw new UsageError('Missing required argument "[bootstrap-server]"')
  const lines = propertiesOf([...(values.property ?? []), ...(values['reader-property'] ?? [])], known)
  if (lines.get('parse.headers') === 'true')
    throw new UsageError('headers are not parsed: `odradek produce --json` takes them')
  const file = values['command-config'] ?? values['producer.config']
  const codec = values['compression-codec']
  const acks = values['request-required-acks']
  const marker = lines.get('null.marker')
  const separator = (lines.get('key.separator') ?? '\t').replaceAll('\\', '\\\\')
  const given = [...(values['producer-property'] ?? []), ...(values['command-property'] ?? [])]
  return [
    ...['--bootstrap-server', server],
    ...(lines.get('parse.key') === 'true' ? [`--key-separator=${separator}`] : []),
    ...(marker === undefined ? [] : [`--null=${marker}`]),
    ...(file === undefined ? [] : ['--command-config', file]),
    ...(codec === undefined ? [] : ['--codec', codec]),
    ...(acks === undefined ? [] : ['--acks', acks === '-1' ? 'all' : acks]),
    ...given.map((pair) => `--property=${pair}`),
    ...['--', topic],
  ]
}

export const run = (args: readonly string[], context: ProcessContext): Promise<number> =>
  runVerb({
    name: 'kafka-console-producer',
    usage,
    parse: () => parseFlags(args),
    run: (values) => produce(producing(values), context, 'kafka-console-producer'),
  })
