/** XML Schema 1.0 as a format of the registry; Confluent's has none, so the rules are our own. */
import type { SchemaFormat } from '../formats/format.ts'
import { XmlSchema } from './xml-schema.ts'

export const xml: SchemaFormat = { type: 'XML', quickLengthMax: 0, parse: (source) => new XmlSchema(source) }
