/** Avro: schemas of Apache Avro 1.12, read, written and compared as Java's library does. */
import type { Incompatibility, ParsedSchema, SchemaFormat, SchemaSource } from '../formats/format.ts'
import { incompatibilitiesOf } from './avro-compatibility.ts'
import { parseAvro } from './avro-parser.ts'
import type { AvroType } from './avro-type.ts'
import { writeAvro } from './avro-writer.ts'

export const avro: SchemaFormat = {
  type: 'AVRO',
  quickLengthMax: 8_000,
  parse: (source) => new AvroSchema(source),
}

class AvroSchema implements ParsedSchema {
  readonly type = 'AVRO'
  readonly canonical: string
  readonly name: string | undefined
  readonly #root: AvroType
  readonly #referred: ReadonlySet<string>
  #normalized: string | undefined

  constructor(source: SchemaSource) {
    const { root, referred } = parseAvro(source)
    this.#root = root
    this.#referred = referred
    this.name = root.kind === 'record' ? root.name.full : undefined
    this.canonical = writeAvro(root, { known: referred, isNormal: false })
  }

  /** Not all ask for it. */
  get normalized(): string {
    this.#normalized ??= writeAvro(this.#root, { known: this.#referred, isNormal: true })
    return this.#normalized
  }

  incompatibilities(writer: ParsedSchema): readonly Incompatibility[] {
    if (writer instanceof AvroSchema) return incompatibilitiesOf(this.#root, writer.#root)
    const description = `the writer schema is one of ${writer.type}, and the reader schema one of ${this.type}`
    return [
      {
        type: 'TYPE_MISMATCH',
        description,
        additionalInfo: `reader type: AVRO not compatible with writer type: ${writer.type}`,
      },
    ]
  }
}
