/** The schema itself as a constant, and what has to be given to `registry` to have a serde of it. */
import { primitiveOf } from './avro-names.ts'
import { hasExactNumbers, isArray, isObject, type Json, literalText, readJson } from './json-literal.ts'
import { constantName } from './names.ts'
import type { SchemaDocument } from './schema-document.ts'
import type { ShapeOptions } from './schema-shapes.ts'
import { commentText, linesText } from './texts.ts'

/** Constants of the version of a subject whose type has this name. */
export function constantText(document: SchemaDocument, type: string, options: ShapeOptions): string {
  const { references } = document
  const name = constantName(type)
  const literal = literalOf(document)
  const start = `export const ${name}Schema = `
  const schema =
    literal === undefined
      ? linesText(document.text)
      : `${literalText(literal, '', start.length + ' as const'.length)} as const`
  const call = callText(document, { name, type, isTold: literal !== undefined && references.length === 0 }, options)
  const about = `The schema of ${placeText(document)}${call === undefined ? '' : `: \`${call}\``}.`
  const parts = [`${commentText(about, '')}${start}${schema}\n`]
  if (references.length > 0) {
    const listed = references.map((it) => ({ name: it.name, subject: it.subject, version: it.version }))
    const begin = `export const ${name}References = `
    parts.push(`${begin}${literalText(listed, '', begin.length + ' as const'.length)} as const\n`)
  }
  return parts.join('\n')
}

export const placeText = ({ subject, version, id }: SchemaDocument): string =>
  `subject ${subject}, version ${version}, id ${id}`

/** Undefined: its text stands for it, as for what is no JSON, and where numbers are not exact. */
function literalOf({ schemaType, text }: SchemaDocument): Json | undefined {
  if ((schemaType !== 'AVRO' && schemaType !== 'JSON') || !hasExactNumbers(text)) return undefined
  const json = readJson(text)
  const primitive = schemaType === 'AVRO' ? primitiveOf(json) : undefined
  // A bare name would be taken for the text of a schema.
  if (primitive !== undefined) return { type: primitive }
  return isObject(json) || isArray(json) || (schemaType === 'JSON' && typeof json === 'boolean') ? json : undefined
}

const calls: ReadonlyMap<string, string> = new Map([
  ['AVRO', 'avro'],
  ['JSON', 'json'],
  ['PROTOBUF', 'protobuf'],
  ['XML', 'xml'],
])

interface Called {
  readonly name: string
  readonly type: string
  /** The literal tells the type. */
  readonly isTold: boolean
}

function callText(
  { schemaType, references }: SchemaDocument,
  { name, type, isTold }: Called,
  { longs, keepCase }: ShapeOptions,
): string | undefined {
  const method = calls.get(schemaType)
  if (method === undefined) return undefined
  const hasLongs = method === 'avro' || method === 'protobuf'
  const options = [
    ...(references.length > 0 ? [`references: ${name}References`] : []),
    ...(hasLongs && longs === 'bigint' ? [`longs: 'bigint'`] : []),
    ...(method === 'protobuf' && keepCase ? ['keepCase: true'] : []),
  ]
  const behind = options.length === 0 ? '' : `, { ${options.join(', ')} }`
  return `registry.${method}${isTold || method === 'xml' ? '' : `<${type}>`}(${name}Schema${behind})`
}
