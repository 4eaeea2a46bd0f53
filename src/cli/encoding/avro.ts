/**
 * Values of an Avro schema as JSON, and back: what the serdes have as Buffers and bigints is text and numbers there. It is Avro's own JSON
 * encoding, but for two things: a value of a union stands plainly where its kind of JSON tells the branch, and a decimal is a number.
 */
import { arrayShape, mapShape, RecordShape } from './avro-containers.ts'
import { bytesShape, decimalShape, enumShape, fixedShape } from './avro-named.ts'
import { primitives, type Shape } from './avro-shape.ts'
import { unionShape } from './avro-union.ts'
import { isList, isObject } from './json.ts'

/** `resolved` are those that it refers to, each behind what it needs itself. Throws where it is no schema. */
export function avroShape(
  text: string,
  resolved: readonly string[],
): { readonly shape: Shape; readonly name: string | undefined } {
  const shapes = new Shapes()
  for (const other of resolved) shapes.of(parsed(other), '')
  const schema = parsed(text)
  const shape = shapes.of(schema, '')
  return { shape, name: isObject(schema) && typeof schema['name'] === 'string' ? shape.name : undefined }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The bare name of a primitive is a schema as well.
    return text
  }
}

class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

const unnamed: ReadonlyMap<string, Shape> = new Map([...primitives, [bytesShape.name, bytesShape]])

class Shapes {
  readonly #named = new Map<string, Shape>()

  /** `space` is the namespace around it. */
  of(schema: unknown, space: string): Shape {
    if (typeof schema === 'string') return this.#byName(schema, space)
    if (isList(schema)) return unionShape(schema.map((branch) => this.of(branch, space)))
    if (!isObject(schema)) throw new SchemaError('a schema of Avro is a name, a list or an object')
    const { type } = schema
    if (type === 'array') return arrayShape(this.of(schema['items'], space))
    if (type === 'map') return mapShape(this.of(schema['values'], space))
    if (type === 'bytes') return decimalIn(schema, undefined) ?? bytesShape
    if (type === 'record' || type === 'error') return this.#record(schema, space)
    if (type !== 'enum' && type !== 'fixed') return this.of(type, space)
    const name = nameOf(schema, space)
    return this.#define(name, type === 'enum' ? enumShape(name, symbolsOf(schema)) : fixedOf(name, schema))
  }

  #byName(name: string, space: string): Shape {
    const found =
      unnamed.get(name) ?? this.#named.get(fullName(name, space)) ?? this.#named.get(name.replace(/^\./, ''))
    if (found === undefined) throw new SchemaError(`the schema has no type '${name}'`)
    return found
  }

  #record(schema: Readonly<Record<string, unknown>>, space: string): Shape {
    const name = nameOf(schema, space)
    const record = new RecordShape(name)
    this.#define(name, record)
    const { fields } = schema
    if (!isList(fields)) throw new SchemaError(`record ${name} has no list of fields`)
    const within = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : ''
    for (const field of fields) {
      if (!isObject(field) || typeof field['name'] !== 'string') throw new SchemaError(`a field of ${name} has no name`)
      const hasDefault = Object.hasOwn(field, 'default') && field['default'] !== undefined
      record.add({ name: field['name'], shape: this.of(field['type'], within), hasDefault })
    }
    return record
  }

  #define(name: string, shape: Shape): Shape {
    this.#named.set(name, shape)
    return shape
  }
}

function nameOf({ name, namespace }: Readonly<Record<string, unknown>>, space: string): string {
  if (typeof name !== 'string') throw new SchemaError('a type has no name')
  return fullName(name, typeof namespace === 'string' ? namespace : space)
}

/** A name with a dot is whole. */
const fullName = (name: string, space: string): string =>
  name.includes('.') ? name.replace(/^\./, '') : space === '' ? name : `${space}.${name}`

function symbolsOf({ symbols }: Readonly<Record<string, unknown>>): readonly string[] {
  if (isList(symbols) && symbols.every((it) => typeof it === 'string')) return symbols
  throw new SchemaError('an enum has no list of symbols')
}

function fixedOf(name: string, schema: Readonly<Record<string, unknown>>): Shape {
  const { size } = schema
  if (typeof size !== 'number') throw new SchemaError(`fixed ${name} has no size`)
  return decimalIn(schema, { name, size }) ?? fixedShape(name, size)
}

/** A logical type whose attributes are none does not count, as Avro has it. */
function decimalIn(
  { logicalType, precision, scale = 0 }: Readonly<Record<string, unknown>>,
  fixed: { readonly name: string; readonly size: number } | undefined,
): Shape | undefined {
  if (logicalType !== 'decimal' || !isCount(precision) || !isCount(scale)) return undefined
  return precision < 1 || scale > precision ? undefined : decimalShape({ precision, scale, fixed })
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
