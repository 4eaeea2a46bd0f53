/** `odradek kafka-console-consumer`: `odradek consume` by the flags of Kafka's tool. */
import { parseArgs } from 'node:util'
import { withNegatives } from '../client/negative-numbers.ts'
import { run as consume } from '../consume.ts'
import type { ProcessContext } from '../process-context.ts'
import { UsageError } from '../usage-error.ts'
import { runVerb } from '../verb.ts'
import { propertiesOf } from './line-properties.ts'

export const usage = `Usage: odradek kafka-console-consumer --bootstrap-server HOST:PORT --topic NAME [flags]

Writes the values of records to the standard output, as kafka-console-consumer of Apache Kafka does. Without --group it is no member
of any group.

  --from-beginning               from the first record on
  --group NAME                   as a member of this group
  --partition N, --offset SPOT   this partition alone, from earliest, latest or an offset on
  --max-messages N               ends after so many records
  --timeout-ms N                 ends when nothing comes for so long
  --isolation-level NAME         read_committed or read_uncommitted
  --formatter-property NAME=VALUE
                                 print.timestamp, print.key, print.offset, print.partition, print.headers, print.value = true;
                                 key.separator, line.separator, headers.separator, null.literal = TEXT; --property is the older name
  --command-property NAME=VALUE  a property of the client; --consumer-property is the older name
  --command-config FILE          properties of the client; --consumer.config is the older name
  --help                         print this text
`

const text = { type: 'string' } as const
const many = { type: 'string', multiple: true } as const
const yes = { type: 'boolean' } as const
const flags = {
  'bootstrap-server': text,
  topic: text,
  'from-beginning': yes,
  group: text,
  partition: text,
  offset: text,
  'max-messages': text,
  'timeout-ms': text,
  'isolation-level': text,
  property: many,
  'formatter-property': many,
  'consumer-property': many,
  'command-property': many,
  'consumer.config': text,
  'command-config': text,
  help: yes,
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: withNegatives(args), options: flags, strict: true }).values

type Flags = ReturnType<typeof parseFlags>

const printed = ['timestamp', 'partition', 'offset', 'headers', 'key', 'value'] as const
const known = [
  ...printed.map((it) => `print.${it}`),
  'key.separator',
  'line.separator',
  'headers.separator',
  'null.literal',
]

/** In the order and the form of Kafka's formatter. */
const tokens: Readonly<Record<(typeof printed)[number], string>> = {
  timestamp: '%C',
  partition: 'Partition:%p',
  offset: 'Offset:%o',
  headers: '%H',
  key: '%k',
  value: '%s',
}

/** A text as the format takes it. */
const literal = (it: string): string => it.replaceAll('\\', '\\\\').replaceAll('%', '%%')

function formatting(properties: ReadonlyMap<string, string>): string[] {
  const wanted = printed.filter((it) => (properties.get(`print.${it}`) ?? String(it === 'value')) === 'true')
  const separator = literal(properties.get('key.separator') ?? '\t')
  const end = literal(properties.get('line.separator') ?? '\n')
  const format = wanted.map((it) => tokens[it]).join(separator) + end
  const headers = properties.get('headers.separator')
  return [
    `--format=${headers === undefined ? format : format.replace('%H', `%H{${headers}}`)}`,
    `--null=${properties.get('null.literal') ?? 'null'}`,
  ]
}

/** As `odradek consume` takes it. Throws UsageError. */
function consuming(values: Flags): string[] {
  const { topic, 'bootstrap-server': server, offset } = values
  if (topic === undefined) throw new UsageError('Missing required argument "[topic]"')
  if (server === undefined) throw new UsageError('Missing required argument "[bootstrap-server]"')
  if (offset !== undefined && values.partition === undefined)
    throw new UsageError('The partition is required when offset is specified.')
  const file = values['command-config'] ?? values['consumer.config']
  const same = ['group', 'partition', 'offset', 'max-messages', 'timeout-ms', 'isolation-level'] as const
  const given = [...(values['consumer-property'] ?? []), ...(values['command-property'] ?? [])]
  return [
    ...['--bootstrap-server', server],
    ...(values['from-beginning'] === true ? ['--from-beginning'] : []),
    ...same.flatMap((name) => (values[name] === undefined ? [] : [`--${name}=${values[name]}`])),
    ...(file === undefined ? [] : ['--command-config', file]),
    ...given.map((pair) => `--property=${pair}`),
    ...formatting(propertiesOf([...(values.property ?? []), ...(values['formatter-property'] ?? [])], known)),
    ...['--', topic],
  ]
}

export const run = (args: readonly string[], context: ProcessContext): Promise<number> =>
  runVerb({
    name: 'kafka-console-consumer',
    usage,
    parse: () => parseFlags(args),
    run: (values) => consume(consuming(values), context, 'kafka-console-consumer'),
  })
