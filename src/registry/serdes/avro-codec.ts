/** Avro payloads, by `avsc`. What a writer wrote is read as the reader's schema has it, by Avro's rules. */
import avsc from 'avsc'
import { countedTypes, ItemBudget } from './avro-bounds.ts'
import { type AvroCode, avroCode } from './avro-code.ts'
import { type Longs, numberType } from './avro-numbers.ts'
import { type Defaults, schemaOf } from './avro-text.ts'
import { unionType } from './avro-unions.ts'
import { type Codec, type Decode, type Encoder, isSameSchema, type WholeSchema } from './codec.ts'

export interface AvroOptions {
  /**
   * What a `long` is: a number (default), and an error where that would not be exact, beyond 2^53; or a bigint, always.
   */
  readonly longs?: Longs
}

/** By which a named type is known; those of the schemas that are referred to are there before. */
interface Naming {
  readonly registry: Record<string, avsc.Type>
  readonly typeHook: (schema: avsc.Schema, options: object) => avsc.Type | undefined
}

export function avroCodec<T>({ longs = 'number' }: AvroOptions = {}): Codec<T> {
  const budget = new ItemBudget()
  const counted = countedTypes(budget)
  const typeHook: Naming['typeHook'] = (schema, options) =>
    Array.isArray(schema) ? unionType(schema, options) : (numberType(nameOf(schema), longs) ?? counted(schema, options))
  const ownDefaults = longs === 'bigint' ? 'exact' : 'rounded'
  const typeOf = ({ schema, resolved }: WholeSchema, defaults: Defaults): avsc.Type => {
    const naming: Naming = { registry: {}, typeHook }
    const parsed = (text: string): avsc.Type => avsc.Type.forSchema(schemaOf(text, defaults), naming)
    for (const { text } of resolved) parsed(text)
    return parsed(schema)
  }
  const decoded = (payload: Buffer, type: avsc.Type, resolver?: Parameters<avsc.Type['fromBuffer']>[1]): T => {
    budget.reset(payload)
    return type.fromBuffer(payload, resolver)
  }
  /** What is read as it was written. */
  const decoderOf = (type: avsc.Type): Decode<T> => {
    const code = avroCode(type)
    return (payload, from = 0) => {
      try {
        // Of the type that the caller states, as of `avsc` too.
        if (code !== undefined) return code.decode(payload, from) as T
      } catch {
        // What it does not take `avsc` takes, or tells what is wrong with it.
      }
      return decoded(payload.subarray(from), type)
    }
  }
  return {
    schemaType: 'AVRO',
    encoder(whole): Encoder<T> {
      const type = typeOf(whole, ownDefaults)
      const code = avroCode(type)
      return { name: type.name, encode: (value, head) => encoded(type, { code, value, head }) }
    },
    decoder(writer, reader) {
      const written = typeOf(writer, 'none')
      if (reader === undefined || isSameSchema(reader, writer)) return decoderOf(written)
      const read = typeOf(reader, ownDefaults)
      // Written otherwise, and meaning the same.
      if (read.equals(written)) return decoderOf(read)
      const resolver = read.createResolver(written)
      return (payload, from = 0) => decoded(payload.subarray(from), read, resolver)
    },
  }
}

const nothing = Buffer.alloc(0)

/** One with a logical type has the name of what it stands on. */
const nameOf = (schema: avsc.Schema): unknown => (typeof schema === 'object' && 'type' in schema ? schema.type : schema)

interface Encoded {
  readonly code: AvroCode | undefined
  readonly value: unknown
  readonly head: Uint8Array | undefined
}

/** What does not fit is looked at again, to tell where. */
function encoded(type: avsc.Type, { code, value, head = nothing }: Encoded): Buffer {
  try {
    if (code !== undefined) return code.encode(value, head)
  } catch {
    // What it does not take `avsc` takes, or tells what is wrong with it.
  }
  try {
    return Buffer.concat([head, type.toBuffer(value)])
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
