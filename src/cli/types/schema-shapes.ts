/** What values of a schema are, whatever its format. */
import { AvroTypes, type Longs } from './avro-types.ts'
import { JsonTypes } from './json-types.ts'
import { ProtoTypes } from './proto-types.ts'
import type { Documents, SchemaDocument } from './schema-document.ts'
import { type Declared, type Shape, text, unknown } from './shape.ts'
import { TypesError } from './types-error.ts'

export interface ShapeOptions {
  readonly longs: Longs
  /** Fields of Protobuf are called as in the file. */
  readonly keepCase: boolean
}

export interface SchemaShapes {
  /** Of a value. */
  readonly value: Shape
  /** What is declared as well, though it may be no part of that. */
  readonly more: readonly Declared[]
}

export class SchemaReader {
  readonly #avro: AvroTypes
  readonly #json: JsonTypes
  readonly #proto: ProtoTypes

  constructor(documents: Documents, options: ShapeOptions) {
    this.#avro = new AvroTypes(documents, options.longs)
    this.#json = new JsonTypes(documents)
    this.#proto = new ProtoTypes(documents, options)
  }

  /** Throws TypesError. */
  shapes(document: SchemaDocument): SchemaShapes {
    try {
      return this.#shapes(document)
    } catch (error) {
      if (!(error instanceof TypesError)) throw error
      throw new TypesError(`${document.subject}, version ${document.version}: ${error.message}`)
    }
  }

  #shapes(document: SchemaDocument): SchemaShapes {
    switch (document.schemaType) {
      case 'AVRO':
        return { value: this.#avro.shapeOf(document), more: [] }
      case 'JSON':
        return { value: this.#json.shapeOf(document), more: [] }
      case 'PROTOBUF': {
        const { first, all } = this.#proto.shapesOf(document)
        return { value: first, more: all }
      }
      case 'XML':
        return { value: text('string'), more: [] }
      default:
        return { value: unknown, more: [] }
    }
  }
}
