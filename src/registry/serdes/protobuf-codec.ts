/** Payloads of Protobuf, by protobufjs: plain objects, with the names of enum values as strings, and bytes as Buffers. */
import protobufjs from 'protobufjs'
import { getOrInsert } from '../../base/index.ts'
import { type Codec, type Encoder, isSameSchema, type WholeSchema } from './codec.ts'
import { indexBytes, readIndexes } from './message-indexes.ts'
import { fullName, ProtobufFile } from './protobuf-file.ts'
import { type Longs, plainValue } from './protobuf-reader.ts'
import { messageOf } from './protobuf-writer.ts'
import { WireFormatError } from './wire-format.ts'

const nothing = Buffer.alloc(0)

export interface ProtobufOptions {
  /**
   * Which message values are: its name, in full or without the package. Without it what is written is the first one of the file, and what
   * is read is what was written; with it what was written as another one is refused.
   */
  readonly message?: string
  /** Fields are called as in the file (`order_id`), and not in camel case (`orderId`, the default). */
  readonly keepCase?: boolean
  /** What an integer of 64 bits is: a number (default), and an error beyond 2^53; or a bigint, always. Both can be written. */
  readonly longs?: Longs
}

export function protobufCodec<T>({ message, keepCase = false, longs = 'number' }: ProtobufOptions = {}): Codec<T> {
  const fileOf = (whole: WholeSchema): ProtobufFile => new ProtobufFile(whole, { keepCase })
  return {
    schemaType: 'PROTOBUF',
    hasPlaces: true,
    encoder(whole, name): Encoder<T> {
      const { type, indexes } = fileOf(whole).named(name ?? message)
      return {
        name: fullName(type),
        place: indexBytes(indexes),
        encode: (value, head = nothing) =>
          type.encode(messageOf(type, value), protobufjs.Writer.create().raw(head)).finish(),
      }
    },
    decoder(writer, reader) {
      const written = fileOf(writer)
      const read = reader === undefined || isSameSchema(reader, writer) ? written : fileOf(reader)
      const only = message === undefined ? undefined : read.named(message).type
      const typeAt = (indexes: readonly number[]): protobufjs.Type => {
        const place = written.at(indexes)
        if (place === undefined) throw new WireFormatError(`the schema has no message at [${indexes.join(', ')}]`)
        const name = fullName(place.type)
        if (only !== undefined && fullName(only) !== name)
          throw new WireFormatError(`this is a message ${name}, and not ${fullName(only)}`)
        return only ?? (read === written ? place.type : read.named(name).type)
      }
      /** By their indexes: of those that are there. */
      const types = new Map<string, protobufjs.Type>()
      return (bytes, from = 0) => {
        const payload = bytes.subarray(from)
        const { indexes, size } = readIndexes(payload)
        const type = getOrInsert(types, indexes.join(), () => typeAt(indexes))
        // Of the type that the caller states; who reads by a schema has said so.
        return plainValue(type, type.decode(payload.subarray(size)), longs) as T
      }
    },
  }
}
