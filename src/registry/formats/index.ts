/** The formats that are served, in the order in which they are told. */
import { avro } from '../avro/avro-format.ts'
import type { SchemaFormat } from './format.ts'

export const formats: readonly SchemaFormat[] = [avro]
