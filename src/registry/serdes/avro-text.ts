/** Texts of schemas of Avro, as `avsc` takes them. */
import type avsc from 'avsc'

/** Of a schema, in characters: code is made of it. */
const textMax = 1_000_000

/** A reviver is told the text of a number as well, which the types of the language leave out. */
type Told = { readonly source?: string }[]

/** A default of a long may be beyond what a number can be. */
const exactDefaults = (key: string, value: unknown, ...[{ source = '' } = {}]: Told): unknown =>
  key === 'default' && Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value

/** What was written does not depend on them, and Java lets some stand that are no values of their types. */
const noDefaults = (key: string, value: unknown): unknown => (key === 'default' ? undefined : value)

const revivers = { exact: exactDefaults, none: noDefaults }

/** Of what else it says `avsc` tells whether it is a schema. */
const isSchema = (value: unknown): value is avsc.Schema =>
  typeof value === 'string' || (typeof value === 'object' && value !== null)

/** `exact`: integers beyond 2^53 are bigints. */
export type Defaults = 'exact' | 'rounded' | 'none'

export function schemaOf(text: string, defaults: Defaults): avsc.Schema {
  if (text.length > textMax) throw new TypeError(`a schema has at most ${textMax} characters`)
  let schema: unknown
  try {
    schema = defaults === 'rounded' ? JSON.parse(text) : JSON.parse(text, revivers[defaults])
  } catch {
    // The bare name of a primitive is a schema as well.
    return text
  }
  if (!isSchema(schema)) throw new TypeError('a schema of Avro is a text, a list or an object')
  return schema
}
