/** Has the texts of schemas read and compared, with all that they refer to; what was found is remembered for a while. */
import { JobTimeoutError, WorkersBusyError } from '../base/index.ts'
import { digestOf } from './fingerprint.ts'
import { InvalidSchemaError, type ResolvedReference } from './formats/format.ts'
import { RegistryError } from './registry-error.ts'
import { Remembered } from './remembered.ts'
import {
  type Comparison,
  costOf,
  type ReadSchema,
  SchemaWorkers,
  type SchemaWorkersOptions,
  type TypedSource,
} from './schema-work.ts'
import type { CompatibilityLevel } from './settings.ts'
import type { RegistryState } from './store/registry-state.ts'
import type { SchemaContent, SchemaReference, StoredSchema } from './stored-schema.ts'
import { besideSubject, contextOf } from './subject-name.ts'

/** What others refer to is read with each of them: so many may be meant by one schema, directly or not. */
const referencesMax = 1000
/** UTF-16 units, of the texts that are remembered, */
const rememberedLengthMax = 4_000_000
/** and of all that one schema refers to, */
const referredLengthMax = 4_000_000
/** and of those before it that it is compared with at a time: they are copied for the thread. */
const comparedLengthMax = 1_000_000
/** UTF-16 units, of a text: what Kafka takes as a record, and room for the rest of it. */
const schemaLengthMax = 1_000_000

type Parts = Pick<SchemaContent, 'schemaType' | 'schema' | 'references'>

export class SchemaParser {
  readonly types: readonly string[]
  readonly #state: RegistryState
  readonly #workers: SchemaWorkers
  readonly #remembered = new Remembered<ReadSchema>(rememberedLengthMax)
  /** How often it was forgotten what versions are. */
  #forgotten = 0

  constructor(state: RegistryState, options: SchemaWorkersOptions) {
    this.types = options.formats.map(({ type }) => type)
    this.#state = state
    this.#workers = new SchemaWorkers(options)
  }

  /** What `subject` is given, or has: its references lie in its context. Rejects with RegistryError where it is no schema. */
  async read(subject: string, { schemaType, schema, references }: Parts): Promise<ReadSchema> {
    const key = digestOf(JSON.stringify([contextOf(subject), schemaType, references, schema]))
    const known = this.#remembered.get(key)
    if (known !== undefined) return known
    const source = this.#source(subject, { schemaType, schema, references })
    const forgotten = this.#forgotten
    const read = await this.#asked(schemaType, () => this.#workers.run('schema-read', source))
    // What it refers to may be something else by now.
    if (forgotten === this.#forgotten) this.#remembered.set(key, read, read.canonical.length + read.normalized.length)
    return read
  }

  /** With its text in another form (`format=`); as it is where there is no such form. Rejects with RegistryError where it cannot be read. */
  async inForm<T extends Parts & { readonly subject: string }>(schema: T, form: string | undefined): Promise<T> {
    if (form === undefined || form === '') return schema
    const source = this.#source(schema.subject, schema)
    const text = await this.#asked(schema.schemaType, () => this.#workers.run('schema-form', { source, form }))
    return text === undefined ? schema : { ...schema, schema: text }
  }

  /**
   * What hinders it from following these versions, which are in order, as `compatibilityErrors` tells it. Rejects with RegistryError where
   * one of those that count cannot be read.
   */
  async errors(
    level: CompatibilityLevel,
    { subject, schema, earlier }: { subject: string; schema: Parts; earlier: readonly StoredSchema[] },
  ): Promise<readonly string[]> {
    if (level === 'NONE') return []
    const source = this.#source(subject, schema)
    const compared = level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1)
    for (const part of partsOf(compared, (it) => this.#source(subject, it))) {
      const comparison = { level, source, earlier: part }
      const errors = await this.#asked(schema.schemaType, () => this.#workers.run('schema-compare', comparison))
      if (errors.length > 0) return errors
    }
    return []
  }

  /** Of versions that others refer to some are gone for good, and may be written anew, or have become others. */
  forget(): void {
    this.#forgotten++
    this.#remembered.clear()
  }

  async #asked<T>(schemaType: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (cause) {
      if (cause instanceof InvalidSchemaError) {
        throw new RegistryError('invalidSchema', `Invalid schema of type ${schemaType}, details: ${cause.message}`, {
          cause,
        })
      }
      if (cause instanceof WorkersBusyError) {
        throw new RegistryError('timedOut', `Too many schemas wait to be read: ${cause.message}`, { cause })
      }
      if (cause instanceof JobTimeoutError) {
        throw new RegistryError('timedOut', `To read or to compare the schema takes too long: ${cause.message}`, {
          cause,
        })
      }
      throw cause
    }
  }

  #source(subject: string, { schemaType, schema, references }: Parts): TypedSource {
    if (!this.types.includes(schemaType)) {
      throw new RegistryError('invalidSchema', `Invalid schema type ${schemaType}`)
    }
    if (schema.length > schemaLengthMax) {
      throw new RegistryError(
        'schemaTooLarge',
        `The schema has ${schema.length} characters, at most ${schemaLengthMax} are allowed`,
      )
    }
    checkReferences(references)
    const resolved: ResolvedReference[] = []
    this.#resolve(subject, references, { resolved, begun: new Set(), length: 0, schemaType })
    return { schemaType, text: schema, references: resolved }
  }

  /** Those that others refer to come before these. Of two with one name the first is meant. */
  #resolve(subject: string, references: readonly SchemaReference[], found: Found): void {
    for (const reference of references) {
      const { name, version } = reference
      if (found.begun.has(name)) continue
      found.begun.add(name)
      if (found.begun.size > referencesMax) throw tooManyReferences()
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

/** Of a request, before anything is done with each of them. Throws RegistryError. */
export function checkReferences({ length }: readonly SchemaReference[]): void {
  if (length > referencesMax) throw tooManyReferences()
}

const tooManyReferences = (): RegistryError =>
  new RegistryError('invalidSchema', `A schema may refer to ${referencesMax} others, directly or not`)

interface Found {
  readonly resolved: ResolvedReference[]
  readonly begun: Set<string>
  length: number
  readonly schemaType: string
}

/** The last ones first, each in their order. */
function* partsOf(versions: readonly StoredSchema[], sourceOf: (version: StoredSchema) => TypedSource) {
  let part: Comparison['earlier'][number][] = []
  let length = 0
  for (const it of versions.toReversed()) {
    const source = sourceOf(it)
    if (part.length > 0 && length + costOf(source) > comparedLengthMax) {
      yield part
      part = []
      length = 0
    }
    part.unshift({ version: it.version, source })
    length += costOf(source)
  }
  if (part.length > 0) yield part
}
