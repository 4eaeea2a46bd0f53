/** `odradek consume`: records of topics to the standard output. */
import { parseArgs } from 'node:util'
import { type ConsumedRecord, type Consumer, KafkaError, type TopicPartition } from '../client/index.ts'
import { type ClientSetup, clientFlags, clientFlagsText, clientSetup, reach } from './client/client-flags.ts'
import { Ending } from './client/ending.ts'
import { unescaped } from './client/escapes.ts'
import { Failures } from './client/failures.ts'
import { withNegatives } from './client/negative-numbers.ts'
import { partitionsOf } from './client/partitions.ts'
import { Reading } from './client/reading.ts'
import type { DecodedRecord } from './client/record-decoded.ts'
import { type DecodedWriter, formatWriter, plainWriter, textWriter } from './client/record-format.ts'
import { recordAsJson } from './client/record-json.ts'
import { assignFrom, type StartSpot, startSpot } from './client/start-spots.ts'
import type { RecordDecoding } from './encoding/decoding.ts'
import { decoding, decodingFlags, decodingFlagsText } from './encoding/decoding-flags.ts'
import { SchemaFailure } from './encoding/failure.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import type { ProcessContext } from './process-context.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek consume TOPIC... [flags]

Writes the values of records to the standard output, as they are, each with a new line behind it: from the end on, for as long as it is
not told to stop. Without --group it reads by itself, and nothing is committed; with one it is a member of that group, and what was
written is committed. It waits for whoever reads its output; where nobody does any more it ends, with exit code 141, as Ctrl-C
ends it with 130.

  --from-beginning         from the first record on; with --group, where nothing is committed
  --offset, -o SPOT        beginning, end, an offset, -N for so many before the end, or @TIME: the first record that is not
                           older, TIME in milliseconds since 1970 or as 2026-11-27T10:00:00Z
  --partition, -p N        this partition alone; may be repeated
  --group, -g NAME         as a member of this group
  --max-messages, -c N     ends after so many records
  --timeout-ms N           ends when nothing comes for so long
  --exit-at-end, -e        ends when all is read that was there when it began
  --format, -f TEXT        what is written of a record: %t topic, %p partition, %o offset, %T timestamp, %Y its type, %k key, %K its length,
                           %s value, %S its length, %R that in four bytes, %h headers as kcat has them, %H as Kafka's formatter
                           does (%H{;} with another separator), %C type and timestamp as that does, %% a percent sign; escapes:
                           \\n \\t \\r \\0 \\\\ \\xNN
  --json                   each record as an object on a line of its own: topic, partition, offset, timestamp, key, value,
                           headers; what is not UTF-8 is {"base64": "..."}
  --key-separator, -K TEXT the key as well, before the value, with this between them
  --delimiter, -D TEXT     behind each record; \\n unless told
  --null TEXT              stands for null; empty unless told
  --isolation-level NAME   read_committed or read_uncommitted, which it is unless told
${decodingFlagsText}${clientFlagsText}`

const flags = {
  ...clientFlags,
  ...decodingFlags,
  'from-beginning': { type: 'boolean' },
  offset: { type: 'string', short: 'o' },
  partition: { type: 'string', short: 'p', multiple: true },
  group: { type: 'string', short: 'g' },
  'max-messages': { type: 'string', short: 'c' },
  'timeout-ms': { type: 'string' },
  'exit-at-end': { type: 'boolean', short: 'e' },
  format: { type: 'string', short: 'f' },
  json: { type: 'boolean' },
  'key-separator': { type: 'string', short: 'K' },
  delimiter: { type: 'string', short: 'D' },
  null: { type: 'string' },
  'isolation-level': { type: 'string' },
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: withNegatives(args), options: flags, strict: true, allowPositionals: true })

type Flags = ReturnType<typeof parseFlags>['values']

interface Asked {
  readonly topics: readonly string[]
  readonly spot: StartSpot
  readonly partitions: readonly number[]
  readonly group: string | undefined
  readonly recordsMax: number | undefined
  readonly idleMsMax: number | undefined
  readonly endsAtEnd: boolean
  readonly writer: DecodedWriter
  readonly openDecoding: ReturnType<typeof decoding>
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError(`--${flag} is a number, not '${text}'`)
}

function writerOf(values: Flags): DecodedWriter {
  const { format, json, 'key-separator': separator, delimiter } = values
  const nullBytes = Buffer.from(values.null ?? '')
  if (format !== undefined && json !== undefined) throw new UsageError('--format or --json, not both')
  if ((format ?? json) !== undefined && (separator ?? delimiter) !== undefined) {
    throw new UsageError('--format and --json say by themselves what stands where')
  }
  if (json === true) {
    return (record, into, decoded) => void into.push(Buffer.from(`${recordAsJson(record, decoded)}\n`))
  }
  if (format !== undefined) return textWriter(formatWriter(format, nullBytes))
  const plain = plainWriter({
    delimiter: unescaped('delimiter', delimiter ?? '\\n'),
    keySeparator: separator === undefined ? undefined : unescaped('key-separator', separator),
    nullBytes,
  })
  return textWriter(plain)
}

/** Throws UsageError. */
function asked(topics: readonly string[], values: Flags): Asked {
  const { offset, 'from-beginning': isFromBeginning = false, group, partition = [] } = values
  if (topics.length === 0) throw new UsageError('at least one topic is to be named')
  if (offset !== undefined && isFromBeginning) throw new UsageError('--from-beginning or --offset, not both')
  if (group !== undefined && (offset ?? partition[0]) !== undefined) {
    throw new UsageError('--group: a member begins where its group is, in the partitions that it is given')
  }
  const [max, idleMsMax] = [values['max-messages'], values['timeout-ms']]
  return {
    topics: [...new Set(topics)],
    spot: startSpot(isFromBeginning ? 'beginning' : (offset ?? 'end')),
    partitions: partition.map((it) => numberOf('partition', it)),
    group,
    recordsMax: max === undefined ? undefined : numberOf('max-messages', max),
    idleMsMax: idleMsMax === undefined ? undefined : numberOf('timeout-ms', idleMsMax),
    endsAtEnd: values['exit-at-end'] ?? false,
    writer: writerOf(values),
    openDecoding: decoding(values),
  }
}

/** Kafka's names of what flags of this verb say. */
function givenBy(values: Flags): Map<string, string> {
  const given = new Map<string, string>()
  const { group, 'isolation-level': level } = values
  if (group !== undefined) given.set('group.id', group)
  if (level !== undefined) given.set('isolation.level', level)
  if (values['from-beginning'] === true) given.set('auto.offset.reset', 'earliest')
  return given
}

async function consume(wanted: Asked, setup: ClientSetup, context: NamedContext): Promise<number> {
  const { topics, group, recordsMax, idleMsMax, endsAtEnd, writer, openDecoding } = wanted
  const { kafka, properties } = setup
  const failures = new Failures(context.name)
  const decoding = await openDecoding?.()
  const ending = new Ending(context.name, context)
  const fail = (error: unknown): void => {
    failure ??= { error }
    consumer.close().catch(() => undefined)
  }
  let failure: { readonly error: unknown } | undefined
  const { groupId: _, ...options } = properties.consumer()
  const consumer: Consumer = kafka.consumer({
    // A name that is mistyped must not become a topic.
    allowAutoCreateTopics: false,
    ...options,
    ...(group !== undefined && {
      groupId: group,
      onAssigned: (partitions: readonly TopicPartition[]) => void reading.lookForEnds(partitions).catch(fail),
    }),
  })
  const reading: Reading = new Reading({
    ...{ consumer, ending, recordsMax, isExact: true, idleMsMax, endsAtEnd },
    async write(records) {
      const pieces: Uint8Array[] = []
      try {
        if (decoding === undefined) for (const record of records) writer(record, pieces)
        else for (const record of records) writer(record, pieces, await decoded(record, decoding, failures))
      } finally {
        // Also what stands before a record for which the registry does not answer.
        await ending.output.write(Buffer.concat(pieces))
      }
    },
  })
  try {
    if (group === undefined) {
      const partitions = await partitionsOf(setup, topics, wanted.partitions)
      await assignFrom(consumer, partitions, wanted.spot)
      await reading.lookForEnds(partitions)
    } else {
      await reach(setup)
      consumer.subscribe(topics)
    }
    await reading.run()
    if (failure !== undefined) throw failure.error
    await ending.output.flushed()
    const isCommitted = group !== undefined && (options.enableAutoCommit ?? true)
    // What was written is done, also though nothing was asked for behind it; after the end of the reader nobody knows what was read.
    if (isCommitted && !ending.output.isBroken && !reading.isClosed) await consumer.commit()
  } finally {
    await consumer.close()
    ending.release()
    failures.tell(reading.count)
  }
  return ending.codeOver(failures.count > 0 ? exitFailed : exitDone)
}

type Given = ConsumedRecord<Uint8Array | null, Uint8Array | null>

/** Rejects with SchemaFailure. */
async function decoded(record: Given, decoding: RecordDecoding, failures: Failures): Promise<DecodedRecord> {
  const made = await decoding.decoded(record)
  const { topic, partition, offset } = record
  if (made.error !== undefined) failures.add(`${topic} partition ${partition} offset ${offset}`, made.error)
  return made
}

interface NamedContext extends ProcessContext {
  /** Of the verb, as it was typed. */
  readonly name: string
}

export const run = (args: readonly string[], context: ProcessContext, name = 'consume'): Promise<number> =>
  runVerb({
    name,
    usage,
    parse() {
      const { values, positionals } = parseFlags(args)
      return { help: values.help, values, positionals }
    },
    run: async ({ values, positionals }) =>
      consume(asked(positionals, values), await clientSetup(values, givenBy(values)), { ...context, name }),
    mendable: [KafkaError, SchemaFailure],
  })
