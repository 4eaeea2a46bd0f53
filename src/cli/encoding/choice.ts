/** What `--schema` of `odradek produce` says: a file, or a schema that the registry has. */
import { type SchemaType, typeByEnding } from '../registry-client/schema-types.ts'
import { placeOf } from '../registry-client/subject-place.ts'
import { UsageError } from '../usage-error.ts'

export type SchemaChoice =
  | { readonly kind: 'file'; readonly path: string; readonly schemaType: SchemaType }
  | { readonly kind: 'id'; readonly id: number }
  /** Without a subject: that of the topic. */
  | { readonly kind: 'latest'; readonly subject: string | undefined }
  | { readonly kind: 'version'; readonly subject: string; readonly version: number }

const types = new Map<string, SchemaType>([
  ['avro', 'AVRO'],
  ['json', 'JSON'],
  ['protobuf', 'PROTOBUF'],
  ['xml', 'XML'],
])

/** `flag` is `schema` or `key-schema`; `type` is what says the type of a file. Throws UsageError. */
export function schemaChoice(flag: string, text: string, type: string | undefined): SchemaChoice {
  const registered = registeredChoice(text)
  if (registered === undefined) return { kind: 'file', path: text, schemaType: typeOf(flag, text, type) }
  if (type !== undefined) throw new UsageError(`--${flag}-type is of a file, and '${text}' is in the registry`)
  return registered
}

/** Throws UsageError. */
function registeredChoice(text: string): SchemaChoice | undefined {
  const [, id] = /^id:(\d{1,10})$/.exec(text) ?? []
  if (id !== undefined) return { kind: 'id', id: Number(id) }
  if (text === 'latest') return { kind: 'latest', subject: undefined }
  const { subject, version } = placeOf(text)
  if (version === undefined) return undefined
  return version === 'latest' ? { kind: 'latest', subject } : { kind: 'version', subject, version }
}

function typeOf(flag: string, path: string, given: string | undefined): SchemaType {
  const type = given === undefined ? typeByEnding(path) : types.get(given.toLowerCase())
  if (type !== undefined) return type
  const all = [...types.keys()].join(', ')
  if (given !== undefined) throw new UsageError(`--${flag}-type is one of ${all}, not '${given}'`)
  throw new UsageError(
    `--${flag}: of '${path}' the ending does not tell the type, which --${flag}-type does (${all}); else it is id:N, latest or SUBJECT@VERSION`,
  )
}

export const namings = ['topic', 'record', 'topic-record'] as const
export type SubjectNaming = (typeof namings)[number]

/** Throws UsageError. */
export function subjectNaming(text: string): SubjectNaming {
  const found = namings.find((it) => it === text)
  if (found !== undefined) return found
  throw new UsageError(`--subject-name is one of ${namings.join(', ')}, not '${text}'`)
}
