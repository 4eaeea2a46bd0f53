/** A schema of XML that has been read: what the registry sees of it, and the model behind. */
import type { Incompatibility, ParsedSchema, SchemaSource } from '../formats/format.ts'
import { canonicalText, normalizedSchemaText } from './canonical.ts'
import { incompatibilitiesBetween } from './compatibility.ts'
import type { SchemaModel } from './components.ts'
import { readSchema } from './schema-reader.ts'
import { readXml } from './xml-tree.ts'

export class XmlSchema implements ParsedSchema {
  readonly type = 'XML'
  readonly canonical: string
  readonly normalized: string
  readonly name: string | undefined
  readonly model: SchemaModel

  /** Throws InvalidSchemaError. */
  constructor(source: SchemaSource) {
    this.model = readSchema(source)
    const root = readXml(source.text)
    this.canonical = canonicalText(root)
    this.normalized = normalizedSchemaText(root)
    this.name = this.model.firstElement
  }

  readonly incompatibilities = (writer: ParsedSchema): readonly Incompatibility[] => {
    if (!(writer instanceof XmlSchema)) {
      const description = `the writer's schema is of the format ${writer.type}, not XML`
      return [{ type: 'FORMAT_CHANGED', description, additionalInfo: '' }]
    }
    return incompatibilitiesBetween(this.model, writer.model)
  }
}
