/** Makes schemas of what is kept of them: with all that they refer to, each only once for as long as it is remembered. */

import { digestOf } from './fingerprint.ts'
import { InvalidSchemaError, type ParsedSchema, type ResolvedReference, type SchemaFormat } from './formats/format.ts'
import { RegistryError } from './registry-error.ts'
import type { RegistryState } from './store/registry-state.ts'
import type { SchemaContent, SchemaReference } from './stored-schema.ts'
import { besideSubject, contextOf } from './subject-name.ts'

/** What others refer to is read with each of them: so many may be meant by one schema, directly or not. */
const referencesMax = 1000
/** UTF-16 units, of the texts of schemas that are remembered, */
const rememberedLengthMax = 16_000_000
/** and of all that one schema refers to. */
const referredLengthMax = 4_000_000
/** UTF-16 units, of a text: what Kafka takes as a record, and room for the rest of it. */
const schemaLengthMax = 1_000_000

type Parts = Pick<SchemaContent, 'schemaType' | 'schema' | 'references'>

export class SchemaParser {
  readonly #state: RegistryState
  readonly #formats: ReadonlyMap<string, SchemaFormat>
  /** Those used last come last. */
  readonly #remembered = new Map<string, { readonly parsed: ParsedSchema; readonly length: number }>()
  #rememberedLength = 0

  constructor(state: RegistryState, formats: readonly SchemaFormat[]) {
    this.#state = state
    this.#formats = new Map(formats.map((format) => [format.type, format]))
  }

  get types(): readonly string[] {
    return [...this.#formats.keys()]
  }

  /** What `subject` is given, or has: its references lie in its context. Throws RegistryError where it is no schema. */
  parse(subject: string, { schemaType, schema, references }: Parts): ParsedSchema {
    const key = digestOf(JSON.stringify([contextOf(subject), schemaType, references, schema]))
    const known = this.#remembered.get(key)
    const parsed = known?.parsed ?? this.#parsed(subject, { schemaType, schema, references })
    this.#remembered.delete(key)
    this.#remembered.set(key, { parsed, length: schema.length })
    if (known === undefined) this.#rememberedLength += schema.length
    for (const [oldest, { length }] of this.#remembered) {
      if (this.#rememberedLength <= rememberedLengthMax) break
      this.#remembered.delete(oldest)
      this.#rememberedLength -= length
    }
    return parsed
  }

  /** With its text in another form (`format=`); as it is where there is no such form. Throws RegistryError where it cannot be read. */
  inForm<T extends Parts & { readonly subject: string }>(schema: T, form: string | undefined): T {
    const text = form === undefined || form === '' ? undefined : this.parse(schema.subject, schema).inForm?.(form)
    return text === undefined ? schema : { ...schema, schema: text }
  }

  /** Versions that are gone for good may be written anew, as others. */
  forget(): void {
    this.#remembered.clear()
    this.#rememberedLength = 0
  }

  #parsed(subject: string, { schemaType, schema, references }: Parts): ParsedSchema {
    const format = this.#formats.get(schemaType)
    if (format === undefined) throw new RegistryError('invalidSchema', `Invalid schema type ${schemaType}`)
    if (schema.length > schemaLengthMax) {
      throw new RegistryError(
        'schemaTooLarge',
        `The schema has ${schema.length} characters, at most ${schemaLengthMax} are allowed`,
      )
    }
    const resolved: ResolvedReference[] = []
    this.#resolve(subject, references, { resolved, begun: new Set(), length: 0, schemaType })
    try {
      return format.parse({ text: schema, references: resolved })
    } catch (error) {
      if (!(error instanceof InvalidSchemaError)) throw error
      throw new RegistryError('invalidSchema', `Invalid schema of type ${schemaType}, details: ${error.message}`, {
        cause: error,
      })
    }
  }

  /** Those that others refer to come before these. Of two with one name the first is meant. */
  #resolve(subject: string, references: readonly SchemaReference[], found: Found): void {
    for (const reference of references) {
      const { name, version } = reference
      if (found.begun.has(name)) continue
      found.begun.add(name)
      if (found.begun.size > referencesMax)
        throw new RegistryError('invalidSchema', `A schema may refer to ${referencesMax} others, directly or not`)
      const target = besideSubject(subject, reference.subject)
      const schema = version === -1 ? this.#state.latest(target) : this.#state.version(target, version)
      if (schema === undefined)
        throw new RegistryError(
          'invalidSchema',
          `Invalid schema: no schema reference found for subject "${target}" and version ${version}`,
        )
      if (schema.schemaType !== found.schemaType)
        throw new RegistryError(
          'invalidSchema',
          `Invalid schema: '${name}' is of type ${schema.schemaType}, and not ${found.schemaType}`,
        )
      found.length += schema.schema.length
      if (found.length > referredLengthMax)
        throw new RegistryError(
          'invalidSchema',
          `What a schema refers to has more than ${referredLengthMax} characters`,
        )
      this.#resolve(target, schema.references, found)
      found.resolved.push({ name, text: schema.schema })
    }
  }
}

interface Found {
  readonly resolved: ResolvedReference[]
  readonly begun: Set<string>
  length: number
  readonly schemaType: string
}
