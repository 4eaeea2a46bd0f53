/** Decides on a schema that is to be registered, finds one that is, and tells whether one could be. It changes nothing. */
import type { Decision } from './decision.ts'
import { guidOf } from './fingerprint.ts'
import { mergedMetadata, mergedRuleSet } from './merged.ts'
import { RegistryError } from './registry-error.ts'
import { checkReferences, type SchemaParser } from './schema-parser.ts'
import { type Config, isImport, isReadOnly } from './settings.ts'
import type { RegistryRecord } from './store/registry-record.ts'
import type { RegistryState } from './store/registry-state.ts'
import type { SchemaContent, StoredSchema } from './stored-schema.ts'
import { besideSubject, contextOf, defaultContext } from './subject-name.ts'
import { VersionFinder, versionProperty } from './version-finder.ts'

export interface RegisterRequest {
  readonly subject: string
  /** An empty text: that of the version before, with other metadata or rules. */
  readonly content: SchemaContent
  /** Undefined: the next one. */
  readonly version: number | undefined
  /** To be taken over from another registry: in the mode IMPORT alone. */
  readonly id: number | undefined
  readonly normalize: boolean
}

interface Wanted {
  readonly content: SchemaContent
  readonly guid: string
  readonly there: StoredSchema | undefined
}

export class Registration {
  readonly #state: RegistryState
  readonly #parser: SchemaParser
  readonly #finder: VersionFinder

  constructor(state: RegistryState, parser: SchemaParser) {
    this.#state = state
    this.#parser = parser
    this.#finder = new VersionFinder(parser)
  }

  /** The version that registering would find, where it would write nothing. Rejects with RegistryError. */
  async there(request: RegisterRequest): Promise<StoredSchema | undefined> {
    const refused = this.#refusedByMode(request)
    return refused === undefined ? (await this.#wanted(request)).there : this.#thereAlready(request, refused)
  }

  /** As it would be stored, and where it is already; what is given a version is looked for nowhere. */
  async #wanted(request: RegisterRequest): Promise<Wanted> {
    const { subject, version, id } = request
    const config = this.#state.configInScope(subject)
    const all = this.#state.versions(subject)
    const isImported = isImport(this.#state.modeInScope(subject))
    const given = isImported ? request.content : this.#populated(request, config, nextOf(all))
    // What comes from another registry stays as it is there.
    const normalize = !isImported && (request.normalize || config.normalize === true)
    const content = await this.#prepare(subject, given, normalize)
    const guid = guidOf(content)
    const mayBe = version === undefined ? all.filter((it) => !it.deleted && isOf(it, id)) : []
    return { content, guid, there: await this.#finder.find(mayBe, { content, guid, given: request.content }) }
  }

  /** Rejects with RegistryError. What it decides holds only where the state has not changed until then. */
  async register(request: RegisterRequest, nowMs: number): Promise<Decision<StoredSchema>> {
    const { subject, version } = request
    const refused = this.#refusedByMode(request)
    if (refused !== undefined) return { records: [], reply: await this.#thereAlready(request, refused) }
    const state = this.#state
    const { content, guid, there } = await this.#wanted(request)
    if (there !== undefined) return { records: [], reply: there }
    const all = state.versions(subject)
    const next = nextOf(all)
    const context = contextOf(subject)
    if (!isImport(state.modeInScope(subject))) {
      const errors = await this.#errors(subject, content, all)
      if (errors.length > 0) {
        const text = `Schema being registered is incompatible with an earlier schema for subject "${subject}", details: [${errors.join(', ')}]`
        throw new RegistryError('incompatible', text)
      }
      if (version !== undefined && version !== next)
        throw new RegistryError('invalidSchema', 'Version is not one more than previous version')
    }
    const ids = state.withGuid(guid).filter((it) => contextOf(it.subject) === context)
    const known = ids.length === 0 ? undefined : Math.min(...ids.map((it) => it.id))
    const id = request.id ?? known ?? state.highestId(context) + 1
    checkNumbers(id, version ?? next)
    this.#checkId(context, id, guid)
    const schema = { ...content, subject, version: version ?? next, id, guid, deleted: false, timestampMs: nowMs }
    return { records: this.#records(schema, all), reply: schema }
  }

  #refusedByMode({ subject, id }: RegisterRequest): RegistryError | undefined {
    const mode = this.#state.modeInScope(subject)
    if (id === undefined ? mode === 'READWRITE' : isImport(mode)) return undefined
    const why = isReadOnly(mode) ? 'in read-only' : `not in ${id === undefined ? 'read-write' : 'import'}`
    return new RegistryError('notPermitted', `Subject ${subject} in context ${contextOf(subject)} is ${why} mode`)
  }

  /** Who registers what is there changes nothing: whatever the mode is, it is told. Throws `refused`. */
  async #thereAlready(request: RegisterRequest, refused: RegistryError): Promise<StoredSchema> {
    const { subject, content, version, id, normalize } = request
    if (version !== undefined || content.schema.trim() === '') throw refused
    const there = await this.lookUp(subject, content, { normalize, deleted: false })
    if (there === undefined || !isOf(there, id)) throw refused
    return there
  }

  /** What was not given is taken over from the version before, and from what is set for the subject. */
  #populated({ subject, content, version }: RegisterRequest, config: Config, next: number): SchemaContent {
    const before = this.#state.latest(subject)
    const { defaultMetadata, overrideMetadata, defaultRuleSet, overrideRuleSet } = config
    const ruleSet = content.ruleSet ?? before?.ruleSet
    let metadata = mergedMetadata(
      mergedMetadata(defaultMetadata, content.metadata ?? before?.metadata),
      overrideMetadata,
    )
    if (version !== undefined || metadata?.properties?.[versionProperty] !== undefined) {
      metadata = mergedMetadata(metadata, { properties: { [versionProperty]: String(next) } })
    }
    const isEmpty = content.schema.trim() === ''
    if (isEmpty && before === undefined) throw new RegistryError('invalidSchema', 'Empty schema')
    const { schemaType, schema, references } = isEmpty && before !== undefined ? before : content
    return {
      ...{ schemaType, schema, references, metadata },
      ruleSet: mergedRuleSet(mergedRuleSet(defaultRuleSet, ruleSet), overrideRuleSet),
    }
  }

  /** As it would be stored. */
  async #prepare(subject: string, given: SchemaContent, normalize: boolean): Promise<SchemaContent> {
    checkReferences(given.references)
    const references = given.references.map((reference) => this.#atVersion(subject, reference))
    const content = { ...given, references }
    const { canonical, normalized } = await this.#parser.read(subject, content)
    return { ...content, schema: normalize ? normalized : canonical }
  }

  /** A reference to the latest version is one to the version that this is now. */
  #atVersion(subject: string, reference: SchemaContent['references'][number]): SchemaContent['references'][number] {
    if (reference.version !== -1) return reference
    const latest = this.#state.latest(besideSubject(subject, reference.subject))
    return { ...reference, version: latest?.version ?? -1 }
  }

  /** Those of one id are one schema. */
  #checkId(context: string, id: number, guid: string): void {
    const other = this.#state.withId(context, id).find((it) => it.guid !== guid)
    if (other === undefined) return
    throw new RegistryError(
      'notPermitted',
      `Overwrite new schema with id ${id} in context ${context} is not permitted.`,
    )
  }

  #records(schema: StoredSchema, all: readonly StoredSchema[]): RegistryRecord[] {
    const { subject, version, id } = schema
    const context = contextOf(subject)
    const isNewContext = context !== defaultContext && !this.#state.hasContext(context)
    // A version that comes back leaves no older self behind, unless somebody refers to that.
    const selves = all.filter((it) => it.deleted && it.id === id && it.version < version)
    const replaced = selves.filter((it) => this.#state.referrers(it, 'with').length === 0)
    // Nothing is taken away before the new one is kept: of several records the later ones may be lost.
    return [
      ...(isNewContext ? [{ kind: 'context', context, isGone: false } as const] : []),
      { kind: 'schema', subject, version, value: schema },
      ...replaced.map((it) => ({ kind: 'schema', subject, version: it.version, value: undefined }) as const),
    ]
  }

  /** The version of a subject that is this schema. Rejects with RegistryError where it is none. */
  async lookUp(
    subject: string,
    content: SchemaContent,
    { normalize, deleted }: LookUp,
  ): Promise<StoredSchema | undefined> {
    const config = this.#state.configInScope(subject)
    const find = async (wanted: SchemaContent): Promise<StoredSchema | undefined> => {
      const prepared = await this.#prepare(subject, wanted, normalize || config.normalize === true)
      const guid = guidOf(prepared)
      const all = this.#state.versions(subject, deleted ? 'with' : 'without')
      return this.#finder.find(all, { content: prepared, guid, given: content })
    }
    const there = await find(content)
    if (there !== undefined || this.#state.latest(subject) === undefined) return there
    const request = { subject, content, version: undefined, id: undefined, normalize }
    return find(this.#populated(request, config, 0))
  }

  /** What hinders it from following these versions, as texts. Rejects with RegistryError where it is no schema. */
  async compatibility(
    subject: string,
    content: SchemaContent,
    { earlier, normalize }: { readonly earlier: readonly StoredSchema[]; readonly normalize: boolean },
  ): Promise<readonly string[]> {
    if (content.schema.trim() === '') throw new RegistryError('invalidSchema', 'Empty schema')
    const config = this.#state.configInScope(subject)
    const prepared = await this.#prepare(subject, content, normalize || config.normalize === true)
    return this.#errors(subject, prepared, earlier)
  }

  async #errors(subject: string, content: SchemaContent, earlier: readonly StoredSchema[]): Promise<readonly string[]> {
    const {
      compatibilityLevel: level = this.#state.level,
      compatibilityGroup,
      validateFields,
    } = this.#state.configInScope(subject)
    const groupOf = ({ metadata }: SchemaContent): string | undefined =>
      compatibilityGroup === undefined ? undefined : metadata?.properties?.[compatibilityGroup]
    const group = groupOf(content)
    const compared = earlier.filter((it) => !it.deleted && groupOf(it) === group)
    const errors = await this.#parser.errors(level, { subject, schema: content, earlier: compared })
    if (errors.length === 0) return []
    return [...errors, `{validateFields: '${validateFields === true}', compatibility: '${level}'}`]
  }
}

export interface LookUp {
  readonly normalize: boolean
  readonly deleted: boolean
}

const numberMax = 2 ** 31 - 1

const nextOf = (versions: readonly StoredSchema[]): number => (versions.at(-1)?.version ?? 0) + 1

/** Throws RegistryError. */
function checkNumbers(id: number, version: number): void {
  if (id <= numberMax && version <= numberMax) return
  throw new RegistryError('notPermitted', `There is no number behind ${numberMax} for ids and versions`)
}

const isOf = ({ id }: StoredSchema, wanted: number | undefined): boolean => wanted === undefined || wanted === id
