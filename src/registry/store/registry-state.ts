/** What the records of `_schemas` come to, one after the other. Changed by `replay` alone. */
import { getOrInsert } from '../../base/index.ts'
import { type CompatibilityLevel, type Config, defaultLevel, defaultMode, type Mode } from '../settings.ts'
import type { SchemaReference, StoredSchema } from '../stored-schema.ts'
import { besideSubject, contextOf, defaultContext, globalContext, parseSubject, subjectText } from '../subject-name.ts'
import type { RegistryRecord } from './registry-record.ts'

/** Which of them are asked for. */
export type Deleted = 'without' | 'with' | 'only'

const isAsked = (deleted: boolean, asked: Deleted): boolean => asked === 'with' || deleted === (asked === 'only')

const placeOf = (subject: string, version: number): string => `${version} ${subject}`

/** Of one context. */
class Ids {
  /** Every version that has it. */
  readonly users = new Map<number, Set<StoredSchema>>()
  /** The highest that was read, whatever became of it since. */
  highest = 0
}

export class RegistryState {
  /** Where none was set. */
  readonly level: CompatibilityLevel
  /** By version, in the order of these. */
  readonly #subjects = new Map<string, Map<number, StoredSchema>>()
  readonly #ids = new Map<string, Ids>()
  readonly #guids = new Map<string, Set<StoredSchema>>()
  /** Who refers to a version. */
  readonly #referrers = new Map<string, Set<StoredSchema>>()
  readonly #configs = new Map<string, Config>()
  readonly #modes = new Map<string, Mode>()
  readonly #contexts = new Set<string>()
  #changes = 0

  constructor(level: CompatibilityLevel = defaultLevel) {
    this.level = level
  }

  /** How often it has changed. */
  get changes(): number {
    return this.#changes
  }

  /** Returns what is wrong with it, where it is not taken. */
  replay(record: RegistryRecord): string | undefined {
    if (record.kind !== 'noop') this.#changes++
    switch (record.kind) {
      case 'schema':
        return record.value === undefined ? this.#remove(record.subject, record.version) : this.#put(record.value)
      case 'config':
        return set(this.#configs, record.subject ?? '', record.value)
      case 'mode':
        return set(this.#modes, record.subject ?? '', record.value)
      case 'delete-subject':
        for (const schema of this.versions(record.subject)) {
          if (schema.version <= record.version && !schema.deleted) this.#put({ ...schema, deleted: true })
        }
        return undefined
      case 'clear-subject':
        for (const { subject, version } of this.below(record.subject, 'only')) this.#remove(subject, version)
        return undefined
      case 'context':
        if (record.isGone) this.#contexts.delete(record.context)
        else this.#contexts.add(record.context)
        return undefined
      case 'noop':
        return undefined
    }
  }

  #put(schema: StoredSchema): string | undefined {
    const { subject, version, id, guid } = schema
    const ids = getOrInsert(this.#ids, contextOf(subject), () => new Ids())
    // What is replaced is nobody's any more: behind a compaction it would not have been there.
    const replaced = this.version(subject, version)
    const other = [...(ids.users.get(id) ?? [])].find((it) => it !== replaced)
    if (other !== undefined && other.schema !== schema.schema)
      return `id ${id} is that of version ${other.version} of '${other.subject}', which is another schema`
    if (replaced !== undefined) this.#unlink(replaced)
    const versions = getOrInsert(this.#subjects, subject, () => new Map<number, StoredSchema>())
    const isInOrder = replaced !== undefined || version > (this.#lastVersion(versions) ?? 0)
    versions.set(version, schema)
    if (!isInOrder) {
      const sorted = [...versions].sort(([a], [b]) => a - b)
      this.#subjects.set(subject, new Map(sorted))
    }
    getOrInsert(ids.users, id, () => new Set<StoredSchema>()).add(schema)
    ids.highest = Math.max(ids.highest, id)
    getOrInsert(this.#guids, guid, () => new Set<StoredSchema>()).add(schema)
    for (const place of this.#referredBy(schema))
      getOrInsert(this.#referrers, place, () => new Set<StoredSchema>()).add(schema)
    return undefined
  }

  #lastVersion(versions: ReadonlyMap<number, StoredSchema>): number | undefined {
    let last: number | undefined
    for (const version of versions.keys()) last = version
    return last
  }

  #remove(subject: string, version: number): undefined {
    const versions = this.#subjects.get(subject)
    const schema = versions?.get(version)
    if (versions === undefined || schema === undefined) return undefined
    versions.delete(version)
    if (versions.size === 0) this.#subjects.delete(subject)
    this.#unlink(schema)
    return undefined
  }

  /** It is not found by its id, its GUID, or what it refers to any more. */
  #unlink(schema: StoredSchema): void {
    const users = this.#ids.get(contextOf(schema.subject))?.users
    if (users !== undefined) drop(users, schema.id, schema)
    drop(this.#guids, schema.guid, schema)
    for (const place of this.#referredBy(schema)) drop(this.#referrers, place, schema)
  }

  #referredBy({ subject, references }: StoredSchema): string[] {
    return references.map((reference) => placeOf(besideSubject(subject, reference.subject), reference.version))
  }

  /** All versions of one, ascending. */
  versions(subject: string, deleted: Deleted = 'with'): StoredSchema[] {
    return [...(this.#subjects.get(subject)?.values() ?? [])].filter((schema) => isAsked(schema.deleted, deleted))
  }

  version(subject: string, version: number): StoredSchema | undefined {
    return this.#subjects.get(subject)?.get(version)
  }

  latest(subject: string): StoredSchema | undefined {
    let latest: StoredSchema | undefined
    for (const schema of this.#subjects.get(subject)?.values() ?? []) if (!schema.deleted) latest = schema
    return latest
  }

  /** Of one subject, or, where it is but a context, of all in that. */
  *below(subject: string, deleted: Deleted): Iterable<StoredSchema> {
    const { context, subject: name } = parseSubject(subject)
    const isOf = (it: string): boolean => (name === '' ? contextOf(it) === context : it === subject)
    for (const it of [...this.#subjects.keys()].filter(isOf)) yield* this.versions(it, deleted)
  }

  hasAny(subject: string, deleted: Deleted): boolean {
    for (const _ of this.below(subject, deleted)) return true
    return false
  }

  /** Those that have versions of that kind, by name. */
  subjects(deleted: Deleted): string[] {
    const has = (versions: ReadonlyMap<number, StoredSchema>): boolean => {
      const all = [...versions.values()]
      if (deleted === 'only') return all.every((schema) => schema.deleted)
      return deleted === 'with' || all.some((schema) => !schema.deleted)
    }
    return [...this.#subjects]
      .filter(([, versions]) => has(versions))
      .map(([subject]) => subject)
      .sort()
  }

  /** Every version of its context that has this id, by subject and version. */
  withId(context: string, id: number): StoredSchema[] {
    return inOrder(this.#ids.get(context)?.users.get(id))
  }

  withGuid(guid: string): StoredSchema[] {
    return inOrder(this.#guids.get(guid))
  }

  /** Of a context; 0: none. */
  highestId(context: string): number {
    return this.#ids.get(context)?.highest ?? 0
  }

  referrers({ subject, version }: Pick<SchemaReference, 'subject' | 'version'>, deleted: Deleted): StoredSchema[] {
    const all = [...(this.#referrers.get(placeOf(subject, version)) ?? [])]
    return all.filter((schema) => isAsked(schema.deleted, deleted))
  }

  /** All that there are, by name; the default one is always there. */
  get contexts(): string[] {
    return [...new Set([defaultContext, ...this.#contexts])].sort()
  }

  hasContext(context: string): boolean {
    return context === defaultContext || this.#contexts.has(context)
  }

  /** What was set for this, and nothing else. */
  config(subject: string | undefined): Config | undefined {
    return this.#configs.get(subject ?? '')
  }

  mode(subject: string | undefined): Mode | undefined {
    return this.#modes.get(subject ?? '')
  }

  /** What holds for it: what was set for the subject, for its context, for all. */
  configInScope(subject: string | undefined): Config {
    const own = subject === undefined ? undefined : this.config(subject)
    const wider = scopes(subject)
      .map((scope) => this.config(scope))
      .find((it) => it !== undefined)
    return { compatibilityLevel: this.level, ...wider, ...own }
  }

  modeInScope(subject: string | undefined): Mode {
    const all = [subject, ...scopes(subject)].map((scope) => this.mode(scope))
    return all.find((it) => it !== undefined) ?? defaultMode
  }
}

/** Where it is looked up that is not set for a subject itself. */
function scopes(subject: string | undefined): (string | undefined)[] {
  const context = subject === undefined ? defaultContext : contextOf(subject)
  const own = context === defaultContext ? undefined : subjectText({ context, subject: '' })
  return [own, subjectText({ context: globalContext, subject: '' })]
}

/** The same for who has read the records in another order, or those alone that a compaction has left. */
function inOrder(schemas: ReadonlySet<StoredSchema> = new Set()): StoredSchema[] {
  const before = (a: StoredSchema, b: StoredSchema): boolean =>
    a.subject === b.subject ? a.version < b.version : a.subject < b.subject
  return [...schemas].sort((a, b) => (before(a, b) ? -1 : 1))
}

function set<T>(all: Map<string, T>, name: string, value: T | undefined): undefined {
  if (value === undefined) all.delete(name)
  else all.set(name, value)
}

function drop<K>(all: Map<K, Set<StoredSchema>>, key: K, schema: StoredSchema): void {
  const users = all.get(key)
  users?.delete(schema)
  if (users?.size === 0) all.delete(key)
}
