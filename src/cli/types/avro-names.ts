/** Which name of an Avro schema means which type: as `AvroValue` has it, which tells the type of a value from the literal of its schema. */
import { isArray, isObject, type Json, type JsonObject, part } from './json-literal.ts'

export interface Definition {
  readonly schema: JsonObject
  readonly fullName: string
  /** The namespace in which it stands. */
  readonly space: string
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type Primitive = (typeof primitives)[number]

export const primitiveOf = (json: Json | undefined): Primitive | undefined => primitives.find((it) => it === json)

/** A name with a dot is whole; a dot before it stands for no namespace. */
export const fullName = (name: string, space: string): string =>
  name.startsWith('.') ? name.slice(1) : name.includes('.') || space === '' ? name : `${space}.${name}`

export function fullNameOf(schema: JsonObject, space: string): string {
  const name = part(schema, 'name')
  const given = part(schema, 'namespace')
  return fullName(typeof name === 'string' ? name : '', typeof given === 'string' ? given : space)
}

/** The namespace of what a record has in it. */
export function spaceWithin(schema: JsonObject, space: string): string {
  const given = part(schema, 'namespace')
  if (typeof given === 'string') return given
  const name = part(schema, 'name')
  return typeof name === 'string' && name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : space
}

export interface Field {
  readonly name: string
  readonly type: Json
  readonly doc: string | undefined
}

/** Undefined where it is no record. */
export function fieldsOf(schema: Json): readonly Field[] | undefined {
  const type = part(schema, 'type')
  const fields = part(schema, 'fields')
  if ((type !== 'record' && type !== 'error') || !isArray(fields)) return undefined
  return fields.flatMap((field) => {
    const name = part(field, 'name')
    const doc = part(field, 'doc')
    if (typeof name !== 'string') return []
    return [{ name, type: part(field, 'type') ?? null, doc: typeof doc === 'string' ? doc : undefined }]
  })
}

/** All types with a name that the schema defines, wherever. */
export function* definitionsIn(schema: Json, space: string): Generator<Definition> {
  if (isArray(schema)) for (const branch of schema) yield* definitionsIn(branch, space)
  if (!isObject(schema)) return
  const type = part(schema, 'type')
  if (type === 'array') yield* definitionsIn(part(schema, 'items') ?? null, space)
  else if (type === 'map') yield* definitionsIn(part(schema, 'values') ?? null, space)
  const fields = fieldsOf(schema)
  if (fields === undefined && type !== 'enum' && type !== 'fixed') return
  if (typeof part(schema, 'name') === 'string') yield { schema, fullName: fullNameOf(schema, space), space }
  for (const field of fields ?? []) yield* definitionsIn(field.type, spaceWithin(schema, space))
}
