/** Avro payloads, by `avsc`. What a writer wrote is read as the reader's schema has it, by Avro's rules. */
import avsc from 'avsc'
import { countedTypes, ItemBudget } from './avro-bounds.ts'
import type { Codec, Encoder, WholeSchema } from './codec.ts'

export interface AvroOptions {
  /**
   * What a `long` is: a number (default), and an error where that would not be exact, beyond 2^53; or a bigint, always.
   */
  readonly longs?: 'number' | 'bigint'
}

/** By which a named type is known; those of the schemas that are referred to are there before. */
interface Naming {
  readonly registry: Record<string, avsc.Type>
  readonly typeHook: (schema: avsc.Schema, options: unknown) => avsc.Type | undefined
}

/** Of a schema, in characters: code is made of it. */
const textMax = 1_000_000

const bigints = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer(value: bigint) {
    const buffer = Buffer.allocUnsafe(8)
    buffer.writeBigInt64LE(value)
    return buffer
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: (value: bigint) => Number(value),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

export function avroCodec<T>({ longs = 'number' }: AvroOptions = {}): Codec<T> {
  const budget = new ItemBudget()
  const counted = countedTypes(budget)
  const typeHook: Naming['typeHook'] = (schema, options) =>
    longs === 'bigint' && isLong(schema) ? bigints : counted(schema, options)
  const typeOf = ({ schema, resolved }: WholeSchema): avsc.Type => {
    const naming: Naming = { registry: {}, typeHook }
    for (const { text } of resolved) parsed(text, naming)
    return parsed(schema, naming)
  }
  const decoded = (payload: Buffer, type: avsc.Type, resolver?: Parameters<avsc.Type['fromBuffer']>[1]): T => {
    budget.reset(payload)
    return type.fromBuffer(payload, resolver)
  }
  return {
    schemaType: 'AVRO',
    encoder(whole): Encoder<T> {
      const type = typeOf(whole)
      return { name: type.name, encode: (value) => encoded(type, value) }
    },
    decoder(writer, reader) {
      const written = typeOf(writer)
      if (reader === undefined || reader.schema === writer.schema) return (payload) => decoded(payload, written)
      const read = typeOf(reader)
      const resolver = read.createResolver(written)
      return (payload) => decoded(payload, read, resolver)
    },
  }
}

/** One with a logical type is one too. */
const isLong = (schema: avsc.Schema): boolean => {
  const type: unknown = typeof schema === 'object' && 'type' in schema ? schema.type : schema
  return type === 'long'
}

function parsed(text: string, naming: Naming): avsc.Type {
  if (text.length > textMax) throw new TypeError(`a schema has at most ${textMax} characters`)
  let schema: avsc.Schema
  try {
    schema = JSON.parse(text)
  } catch {
    // The bare name of a primitive is a schema as well.
    schema = text
  }
  return avsc.Type.forSchema(schema, naming)
}

/** What does not fit is looked at again, to tell where. */
function encoded(type: avsc.Type, value: unknown): Buffer {
  try {
    return type.toBuffer(value)
  } catch (error) {
    type.isValid(value, { errorHook: (path, bad, at) => misfit(path, bad, at) })
    throw error
  }
}

function misfit(path: readonly string[], value: unknown, type: avsc.Type): never {
  const shown = typeof value === 'object' ? (value === null ? 'null' : 'an object') : `${typeof value} ${String(value)}`
  const where = path.length === 0 ? 'the value' : path.join('.')
  throw new TypeError(`${where}: ${shown} does not fit ${type.name ?? type.typeName}`)
}
