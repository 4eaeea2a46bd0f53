/** What a format has to do for a serde: payloads of values, and values of payloads. */
import type { SchemaReference } from '../stored-schema.ts'

/** A schema with all that it refers to, directly or not; what another one refers to comes before it. */
export interface WholeSchema {
  readonly schema: string
  readonly references: readonly SchemaReference[]
  readonly resolved: readonly { readonly name: string; readonly text: string }[]
}

/** What it refers to counts as well: the same text over another version of it is another schema. */
export function isSameSchema(one: WholeSchema, other: WholeSchema): boolean {
  const textsOf = ({ schema, resolved }: WholeSchema): string[] => [
    schema,
    ...resolved.flatMap((it) => [it.name, it.text]),
  ]
  const texts = textsOf(other)
  return one.schema === other.schema && textsOf(one).join('\0') === texts.join('\0')
}

export interface Encoder<T> {
  /** Of the record or message, in full; undefined where it has none. */
  readonly name: string | undefined
  /** Where in its schema the message is: bytes that go with the id of the schema, wherever that is. Undefined: there is but one place. */
  readonly place?: Uint8Array
  /** Bytes that begin with `head`: by default nothing. Throws for a value that the schema has no place for. */
  readonly encode: (value: T, head?: Uint8Array) => Uint8Array
}

/** Of the bytes from `from`, by default from the first. Throws for what is no such payload. */
export type Decode<T> = (payload: Buffer, from?: number) => T

export interface Codec<T> {
  readonly schemaType: string
  /** Behind the id of the schema comes the place in it; the payload that a decoder gets begins with it. */
  readonly hasPlaces?: true
  /**
   * Throws where the schema is none. `name`, of a record or message, is that of the encoder of our own schema, where `schema` is what the
   * registry has in its place.
   */
  readonly encoder: (schema: WholeSchema, name?: string) => Encoder<T>
  /** Of what `writer` wrote, as `reader` has it; undefined: as it was written. Throws where the two do not go together. */
  readonly decoder: (writer: WholeSchema, reader: WholeSchema | undefined) => Decode<T>
}
