/** The formats that are served, in the order in which they are told. */
import { avro } from '../avro/avro-format.ts'
import { json } from '../json/json-format.ts'
import { protobuf } from '../protobuf/protobuf-format.ts'
import { xml } from '../xml/xml-format.ts'
import type { SchemaFormat } from './format.ts'

export const formats: readonly SchemaFormat[] = [json, protobuf, avro, xml]
