/** Which version of a subject is a schema that is given. */
import { guidOf } from './fingerprint.ts'
import { RegistryError } from './registry-error.ts'
import type { SchemaParser } from './schema-parser.ts'
import type { SchemaContent, SchemaReference, StoredSchema } from './stored-schema.ts'

/** In the metadata of who wants it there: the number of the version itself. */
export const versionProperty = 'confluent:version'

export interface Wanted {
  /** As it would be stored, and the GUID of that. */
  readonly content: SchemaContent
  readonly guid: string
  /** As it came. */
  readonly given: SchemaContent
}

export class VersionFinder {
  readonly #parser: SchemaParser
  readonly #ownGuids = new WeakMap<StoredSchema, string>()
  readonly #versionless = new WeakMap<StoredSchema, string>()

  constructor(parser: SchemaParser) {
    this.#parser = parser
  }

  /** The newest of these that it is. */
  async find(versions: readonly StoredSchema[], wanted: Wanted): Promise<StoredSchema | undefined> {
    const versionless = guidOf(withoutVersion(wanted.content))
    const there = versions.findLast((it) => this.#isSame(it, wanted, versionless))
    if (there !== undefined) return there
    for (const it of versions.toReversed()) {
      if (isOfSameParts(it, wanted.content) && (await this.#ownGuid(it)) === wanted.guid) return it
    }
    return undefined
  }

  /** Whether it is this content; but for the number of its version, which who gives none does not mean. */
  #isSame(schema: StoredSchema, { content, guid, given }: Wanted, versionless: string): boolean {
    if (schema.guid === guid) return true
    const number = schema.metadata?.properties?.[versionProperty]
    if (number === undefined || given.metadata?.properties?.[versionProperty] !== undefined) return false
    return schema.schema === content.schema && this.#versionlessGuid(schema) === versionless
  }

  #versionlessGuid(schema: StoredSchema): string {
    const known = this.#versionless.get(schema)
    if (known !== undefined) return known
    const guid = guidOf(withoutVersion(schema))
    this.#versionless.set(schema, guid)
    return guid
  }

  /** As if this registry had written it: others have written the same with its fields in another order, or with other spaces. */
  async #ownGuid(schema: StoredSchema): Promise<string> {
    const known = this.#ownGuids.get(schema)
    if (known !== undefined) return known
    const guid = guidOf({ ...schema, schema: await this.#ownText(schema) })
    this.#ownGuids.set(schema, guid)
    return guid
  }

  async #ownText(schema: StoredSchema): Promise<string> {
    try {
      return (await this.#parser.read(schema.subject, schema)).canonical
    } catch (error) {
      // What another one took for a schema may be none to us.
      if (error instanceof RegistryError) return schema.schema
      throw error
    }
  }
}

const isOfSameParts = (schema: StoredSchema, { schemaType, references }: SchemaContent): boolean =>
  schema.schemaType === schemaType &&
  schema.references.length === references.length &&
  schema.references.every((it, i) => isSameReference(it, references[i]))

const isSameReference = (one: SchemaReference, other: SchemaReference | undefined): boolean =>
  one.name === other?.name && one.subject === other.subject && one.version === other.version

/** Nothing is left of metadata that say nothing else. */
function withoutVersion({ metadata, ...content }: SchemaContent): SchemaContent {
  const properties = Object.entries(metadata?.properties ?? {}).filter(([name]) => name !== versionProperty)
  const { properties: _, ...others } = metadata ?? {}
  const left = properties.length > 0 ? { ...others, properties: Object.fromEntries(properties) } : others
  return { ...content, metadata: Object.keys(left).length > 0 ? left : undefined }
}
