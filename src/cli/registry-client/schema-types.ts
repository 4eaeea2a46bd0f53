/** Types of schemas, and the endings of their files. */
import { extname } from 'node:path'

/** The first ending of a type is the one that an export writes. */
export const typeEndings = [
  ['.avsc', 'AVRO'],
  ['.avro', 'AVRO'],
  ['.json', 'JSON'],
  ['.jsonschema', 'JSON'],
  ['.proto', 'PROTOBUF'],
  ['.xsd', 'XML'],
] as const

export type SchemaType = (typeof typeEndings)[number][1]

/** Undefined where the ending does not tell it. */
export function typeByEnding(path: string): SchemaType | undefined {
  const ending = extname(path).toLowerCase()
  return typeEndings.find(([it]) => it === ending)?.[1]
}
