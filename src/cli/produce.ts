/** `odradek produce`: records from the standard input, or a file, into a topic. */
import { once } from 'node:events'
import { createReadStream, type ReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  type HeaderValue,
  KafkaError,
  type Plain,
  type Producer,
  type ProducerRecord,
  settled,
} from '../client/index.ts'
import {
  type ClientSetup,
  clientFlags,
  clientFlagsText,
  clientSetup,
  reach,
  reachedAdmin,
} from './client/client-flags.ts'
import { delimited, PieceTooLongError } from './client/delimited.ts'
import { Ending } from './client/ending.ts'
import { unescaped } from './client/escapes.ts'
import { Failures } from './client/failures.ts'
import { encodedRecordOfJson, type PartEncoders, recordOfJson } from './client/record-json.ts'
import { encoding, encodingFlags, encodingFlagsText } from './encoding/encoding-flags.ts'
import { SchemaFailure } from './encoding/failure.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import type { ProcessContext } from './process-context.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek produce TOPIC [flags]

Sends each line of the standard input as a record. Bytes stay what they are. What fails is told on the standard error, and counted: then
the exit code is 1, and all else has been sent. Ctrl-C ends the input; what was read is sent.

  --file, -f FILE          read this file instead; '-' is the standard input
  --delimiter, -D TEXT     what ends a record; \\n unless told. Escapes: \\n \\t \\r \\0 \\\\ \\xNN
  --whole                  all of the input is one record
  --key, -k TEXT           the key of every record that has none of its own
  --key-separator, -K TEXT what stands between the key and the value; a line without it is a value without a key
  --header, -H NAME=VALUE  a header of every record; may be repeated
  --null TEXT              a value, or a key, that is this text is null
  --json                   each line is an object as \`odradek consume --json\` writes it: key, value, headers, timestamp
  --partition, -p N        where records go; by the key, or where least waits, unless told
  --codec, -z NAME         none, gzip, snappy, lz4 or zstd
  --acks N                 all, 1 or 0; all unless told
${encodingFlagsText}${clientFlagsText}`

const flags = {
  ...clientFlags,
  ...encodingFlags,
  file: { type: 'string', short: 'f' },
  delimiter: { type: 'string', short: 'D' },
  whole: { type: 'boolean' },
  key: { type: 'string', short: 'k' },
  'key-separator': { type: 'string', short: 'K' },
  header: { type: 'string', short: 'H', multiple: true },
  null: { type: 'string' },
  json: { type: 'boolean' },
  partition: { type: 'string', short: 'p' },
  codec: { type: 'string', short: 'z' },
  acks: { type: 'string' },
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })

type Flags = ReturnType<typeof parseFlags>['values']

/** More than any broker takes unless it is told to. */
const recordBytesMax = 256 * 1024 * 1024
/** Of records that are not acknowledged: beyond it nothing is read. */
const unacknowledgedBytesMax = 16 * 1024 * 1024
const unacknowledgedMax = 50_000

type Sent = ProducerRecord<Plain, Plain>

/** What a piece of the input is as a record. Throws, or rejects with, what is wrong with it. */
type Decode = (piece: Uint8Array) => Sent | Promise<Sent>

function headerOf(pair: string): readonly [string, HeaderValue] {
  const equals = pair.indexOf('=')
  if (equals <= 0) throw new UsageError(`--header takes NAME=VALUE, not '${pair}'`)
  return [pair.slice(0, equals), pair.slice(equals + 1)]
}

function partitionOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`--partition is a number, not '${text}'`)
}

/** Throws UsageError. */
function decoder(values: Flags, encoders?: PartEncoders): Decode {
  const headers = (values.header ?? []).map(headerOf)
  const where = values.partition === undefined ? {} : { partition: partitionOf(values.partition) }
  const separator =
    values['key-separator'] === undefined ? undefined : unescaped('key-separator', values['key-separator'])
  if (separator?.length === 0) throw new UsageError('--key-separator is empty')
  const nullBytes = values.null === undefined ? undefined : Buffer.from(values.null)
  const fixedKey = values.key ?? null
  const plain = (bytes: Uint8Array): Plain => (nullBytes?.equals(bytes) === true ? null : bytes)
  if (values.json === true) {
    if (separator !== undefined || nullBytes !== undefined || values.whole === true) {
      throw new UsageError('--json says by itself what is the key and what is null')
    }
    const whole = (record: Sent, key: Plain): Sent => ({
      ...{ ...record, ...where, key: record.key ?? key },
      headers: [...headers, ...listed(record)],
    })
    if (encoders === undefined) return (piece) => whole(recordOfJson(piece), fixedKey)
    return async (piece) => whole(await encodedRecordOfJson(piece, encoders), await encoded(fixedKey, encoders.key))
  }
  const split = (piece: Uint8Array): Sent => {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    const at = separator === undefined ? -1 : bytes.indexOf(separator)
    if (separator === undefined || at < 0) return { key: fixedKey, value: plain(bytes), headers, ...where }
    const value = plain(bytes.subarray(at + separator.length))
    return { key: plain(bytes.subarray(0, at)), value, headers, ...where }
  }
  if (encoders === undefined) return split
  return async (piece) => {
    const { key = null, value, ...rest } = split(piece)
    return { ...rest, key: await encoded(key, encoders.key), value: await encoded(value, encoders.value) }
  }
}

/** What is null stays so. */
const encoded = async (given: Plain, encoder: PartEncoders['key']): Promise<Plain> =>
  given === null || encoder === undefined ? given : await encoder.ofText(Buffer.from(given))

const listed = ({ headers = [] }: Sent): (readonly [string, HeaderValue])[] =>
  Array.isArray(headers) ? [...headers] : Object.entries(headers)

async function* whole(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk))
    size += chunk.length
    if (size > recordBytesMax) throw new PieceTooLongError(`a record of more than ${recordBytesMax} bytes`)
  }
  yield [Buffer.concat(chunks)]
}

function piecesOf(values: Flags, stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array[]> {
  if (values.whole === true) return whole(stream)
  const delimiter = unescaped('delimiter', values.delimiter ?? '\\n')
  if (delimiter.length === 0) throw new UsageError('--delimiter is empty: --whole takes all as one record')
  return delimited(stream, { delimiter, bytesMax: recordBytesMax })
}

/** Sends what comes, and waits where too much is not acknowledged. */
class Sending {
  readonly #producer: Producer
  readonly #topic: string
  readonly #failures: Failures
  #count = 0
  #unacknowledged = 0
  #unacknowledgedBytes = 0
  #room: (() => void) | undefined

  constructor(producer: Producer, topic: string, failures: Failures) {
    this.#producer = producer
    this.#topic = topic
    this.#failures = failures
  }

  get count(): number {
    return this.#count
  }

  get unacknowledged(): number {
    return this.#unacknowledged
  }

  async take(piece: Uint8Array, decode: Decode): Promise<void> {
    const what = `record ${++this.#count}`
    let record: Sent
    try {
      const decoded = decode(piece)
      record = decoded instanceof Promise ? await decoded : decoded
    } catch (error) {
      this.#failures.add(what, error)
      return
    }
    this.#unacknowledged++
    this.#unacknowledgedBytes += piece.length
    const over = (): void => {
      this.#unacknowledged--
      this.#unacknowledgedBytes -= piece.length
      if (this.#hasRoom) this.#room?.()
    }
    this.#producer.send(this.#topic, record).then(over, (error: unknown) => {
      this.#failures.add(what, error)
      over()
    })
    while (!this.#hasRoom) await new Promise<void>((resolve) => (this.#room = resolve))
  }

  get #hasRoom(): boolean {
    return this.#unacknowledged < unacknowledgedMax && this.#unacknowledgedBytes < unacknowledgedBytesMax
  }
}

interface Work {
  readonly setup: ClientSetup
  readonly topic: string
  readonly sending: Sending
  readonly decode: Decode
  readonly ending: Ending
}

/** Rejects with what is wrong with the file, before anything else is tried. */
async function opened(path: string): Promise<ReadStream> {
  const stream = createReadStream(path)
  await once(stream, 'open')
  return stream
}

/** Ends when the input does, or when it is over. */
async function send(values: Flags, { setup, topic, sending, decode, ending }: Work): Promise<void> {
  const { file = '-' } = values
  const stream = file === '-' ? process.stdin : await opened(file)
  const pieces = piecesOf(values, stream)
  ending.whenOver(() => stream.destroy())
  // The producer would wait for a partition that is not there, as for one that is being made.
  if (values.partition === undefined) await reach(setup)
  else await checkPartition(setup, topic, partitionOf(values.partition))
  try {
    for await (const many of pieces) {
      for (const piece of many) await sending.take(piece, decode)
    }
  } catch (error) {
    // The input was cut because it is over: an error of the stream, of no interest.
    if (!ending.isOver || !isOfStream(error)) throw error
  }
}

const isOfStream = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'

class InputError extends Error {
  override readonly name = 'InputError'
}

const asInputError = (error: unknown): unknown =>
  error instanceof Error && 'syscall' in error ? new InputError(inputText(error), { cause: error }) : error

const inputText = (error: Error): string =>
  'code' in error && error.code === 'ENOENT' && 'path' in error ? `no such file: ${error.path}` : error.message

const codecs: readonly string[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Kafka's names of what flags of this verb say. */
function givenBy({ codec, acks }: Flags): Map<string, string> {
  const given = new Map<string, string>()
  if (codec !== undefined && !codecs.includes(codec)) {
    throw new UsageError(`there is no codec '${codec}': it is one of ${codecs.join(', ')}`)
  }
  if (codec !== undefined) given.set('compression.type', codec)
  if (acks !== undefined) given.set('acks', acks)
  return given
}

/** A topic that is not there may be made; no partition is. */
const lookMsMax = 1000

/** Rejects with KafkaError. */
async function checkPartition(setup: ClientSetup, topic: string, partition: number): Promise<void> {
  await using admin = await reachedAdmin(setup)
  const found = (await settled(admin.describeTopics([topic], { timeoutMs: lookMsMax }))).get(topic)
  if (found === undefined || found instanceof KafkaError) return
  const { length } = found.partitions
  if (partition < length) return
  const text = `topic '${topic}' has no partition ${partition}: it has ${length}`
  throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', text)
}

async function produce(topic: string, values: Flags, context: NamedContext): Promise<number> {
  const plain = decoder(values)
  const open = encoding(values, topic)
  const failures = new Failures(context.name)
  const setup = await clientSetup(values, givenBy(values))
  const decode = open === undefined ? plain : decoder(values, await open())
  const { kafka, properties } = setup
  const producer = kafka.producer(properties.producer())
  const ending = new Ending(context.name, context)
  const sending = new Sending(producer, topic, failures)
  ending.leavesBehind(() => `${sending.unacknowledged} records that are not acknowledged`)
  try {
    await send(values, { setup, topic, sending, decode, ending })
  } catch (error) {
    throw asInputError(error)
  } finally {
    // What was read is sent, whatever became of the rest.
    await producer.close()
    ending.release()
    failures.tell(sending.count)
  }
  return ending.codeOver(failures.count > 0 ? exitFailed : exitDone)
}

function topicOf([topic, ...more]: readonly string[]): string {
  if (topic === undefined || more.length > 0) throw new UsageError('one topic is to be named')
  return topic
}

interface NamedContext extends ProcessContext {
  /** Of the verb, as it was typed. */
  readonly name: string
}

export const run = (args: readonly string[], context: ProcessContext, name = 'produce'): Promise<number> =>
  runVerb({
    name,
    usage,
    parse() {
      const { values, positionals } = parseFlags(args)
      return { help: values.help, values, positionals }
    },
    run: ({ values, positionals }) => produce(topicOf(positionals), values, { ...context, name }),
    mendable: [KafkaError, InputError, PieceTooLongError, SchemaFailure],
  })
