/** The REST interface of a schema registry, ours, Confluent's or another's, call by call. What is told is checked here. */
import type { SchemaReference } from '../../registry/index.ts'
import { type RegistryPlace, trustAuthorities } from './registry-flags.ts'
import { RegistryCallError, RegistryHttp, type RegistryLimits } from './registry-http.ts'

/** What makes a schema the one that it is. */
export interface SchemaContent {
  /** `AVRO`, `JSON`, `PROTOBUF`, or another one that the registry knows. */
  readonly schemaType: string
  readonly schema: string
  readonly references: readonly SchemaReference[]
  /** These two are passed on as they are. */
  readonly metadata?: object | undefined
  readonly ruleSet?: object | undefined
}

export interface SchemaById extends SchemaContent {
  /** Undefined: the registry is older than these. */
  readonly guid: string | undefined
}

export interface SubjectVersion extends SchemaById {
  readonly subject: string
  readonly version: number
  readonly id: number
  /** Milliseconds since 1970; undefined: the registry does not say. */
  readonly writtenMs: number | undefined
  /** Softly; undefined: the registry does not say. */
  readonly deleted: boolean | undefined
}

export type VersionName = number | 'latest'

export interface Registered {
  readonly id: number
  /** Undefined: the registry does not say. */
  readonly version: number | undefined
  readonly guid: string | undefined
}

/** Those by which something is not there. */
export const code = {
  subjectNotFound: 40401,
  versionNotFound: 40402,
  schemaNotFound: 40403,
  subjectSoftDeleted: 40404,
  versionSoftDeleted: 40406,
  configNotSet: 40408,
  modeNotSet: 40409,
} as const

/** `work`'s result, or undefined where the registry answers with one of these codes. Rejects as `work` does otherwise. */
export async function unless<T>(codes: readonly number[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RegistryCallError && error.errorCode !== undefined && codes.includes(error.errorCode))
      return undefined
    throw error
  }
}

/** Of schemas that are listed: few enough for one answer, though each may be long. */
const pageSize = 500
/** A registry that always has another page is none. */
const listedMax = 1_000_000

/** Asks nobody yet. Whoever has it disposes of it. Rejects with DiskError, UsageError. */
export async function registryCalls(place: RegistryPlace, limits: RegistryLimits = {}): Promise<RegistryCalls> {
  await trustAuthorities(place)
  return new RegistryCalls(new RegistryHttp({ endpoints: place.endpoints, ...limits }))
}

/** What one registry is asked, and told. All reject with RegistryCallError. */
export class RegistryCalls implements Disposable {
  readonly #http: RegistryHttp

  constructor(http: RegistryHttp) {
    this.#http = http
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]()
  }

  /** In which all lies that has none in its name, as `:.name:`; empty: the default one. */
  get context(): string {
    return this.#http.context
  }

  /** Sorted. Their names begin with `prefix`. */
  async subjects(prefix: string): Promise<string[]> {
    const query = prefix === '' ? '' : `?${new URLSearchParams({ subjectPrefix: prefix })}`
    const told = list(await this.#http.ask('GET', `/subjects${query}`)).map((it) => text(it, 'subject'))
    // A registry that is older than the prefix tells them all.
    return told.filter((it) => it.startsWith(prefix)).sort()
  }

  /** All subjects whose names begin with `prefix`, or their versions, by subject and version. */
  async schemas({
    prefix = '',
    deleted = false,
    latestOnly = false,
  }: {
    readonly prefix?: string | undefined
    readonly deleted?: boolean
    readonly latestOnly?: boolean
  }): Promise<SubjectVersion[]> {
    // What has no context in its name is looked for in all, or in that of the URL.
    const isInOne = prefix.startsWith(':.') || this.context !== ''
    const subjectPrefix = isInOne ? prefix : `:*:${prefix}`
    const query = new URLSearchParams({ subjectPrefix, latestOnly: `${latestOnly}`, deleted: `${deleted}` })
    const found = new Map<string, SubjectVersion>()
    for (let offset = 0; offset < listedMax; ) {
      const page = list(await this.#http.ask('GET', `/schemas?${query}&offset=${offset}&limit=${pageSize}`))
      const before = found.size
      for (const it of page.map(subjectVersion)) found.set(`${it.version} ${it.subject}`, it)
      // Some give less at a time than they are asked for, others all at once, and the same again for the next page.
      if (page.length > pageSize || found.size === before) break
      offset += page.length
    }
    const bare = (subject: string): string => subject.replace(/^:[^:]*:/, '')
    return [...found.values()]
      .filter(({ subject }) => (prefix.startsWith(':.') ? subject : bare(subject)).startsWith(prefix))
      .sort((a, b) => (a.subject === b.subject ? a.version - b.version : a.subject < b.subject ? -1 : 1))
  }

  /** Ascending. */
  async versions(subject: string, { deleted = false } = {}): Promise<number[]> {
    const told = list(await this.#http.ask('GET', `${subjectPath(subject)}/versions?deleted=${deleted}`))
    return told.map((it) => number(it, 'version')).sort((a, b) => a - b)
  }

  async version(subject: string, version: VersionName, { deleted = false } = {}): Promise<SubjectVersion> {
    return subjectVersion(await this.#http.ask('GET', `${versionPath(subject, version)}?deleted=${deleted}`))
  }

  async byId(id: number): Promise<SchemaById> {
    return schemaById(await this.#http.ask('GET', `/schemas/ids/${id}`))
  }

  async byGuid(guid: string): Promise<SchemaById> {
    return schemaById(await this.#http.ask('GET', `/schemas/guids/${encodeURIComponent(guid)}`))
  }

  /** Which subjects have it as which version. */
  async usersOf(id: number): Promise<{ readonly subject: string; readonly version: number }[]> {
    return list(await this.#http.ask('GET', `/schemas/ids/${id}/versions`)).map((it) => {
      const fields = object(it)
      return { subject: text(fields['subject'], 'subject'), version: number(fields['version'], 'version') }
    })
  }

  async idsOf(guid: string): Promise<number[]> {
    const told = list(await this.#http.ask('GET', `/schemas/guids/${encodeURIComponent(guid)}/ids`))
    return told.map((it) => number(object(it)['id'], 'id'))
  }

  /** `id` and `version` are those of another registry: in the mode IMPORT alone. */
  async register(
    subject: string,
    content: SchemaContent,
    { normalize = false, id, version }: { normalize?: boolean; id?: number; version?: number } = {},
  ): Promise<Registered> {
    const body = { ...bodyOf(content), id, version }
    const told = object(await this.#http.ask('POST', `${subjectPath(subject)}/versions?normalize=${normalize}`, body))
    return { id: number(told['id'], 'id'), version: maybeNumber(told['version']), guid: maybeText(told['guid']) }
  }

  /** The version of the subject that has this schema. */
  async lookUp(subject: string, content: SchemaContent, { normalize = false } = {}): Promise<SubjectVersion> {
    const path = `${subjectPath(subject)}?normalize=${normalize}`
    return subjectVersion(await this.#http.ask('POST', path, bodyOf(content)))
  }

  /** What hinders it: with one version, or, where none is named, with those that registering compares it with. Undefined: nothing does. */
  async incompatibilities(
    subject: string,
    content: SchemaContent,
    { against, normalize = false }: { readonly against?: VersionName | undefined; readonly normalize?: boolean } = {},
  ): Promise<readonly string[] | undefined> {
    const place = against === undefined ? '' : `/${against}`
    const path = `/compatibility${subjectPath(subject)}/versions${place}?verbose=true&normalize=${normalize}`
    const told = object(await this.#http.ask('POST', path, bodyOf(content)))
    const { is_compatible: isCompatible, messages } = told
    if (typeof isCompatible !== 'boolean') throw strange('says nothing of compatibility')
    if (isCompatible) return undefined
    return Array.isArray(messages) ? messages.map(String) : []
  }

  async deleteSubject(subject: string, { permanent = false } = {}): Promise<number[]> {
    const told = list(await this.#http.ask('DELETE', `${subjectPath(subject)}?permanent=${permanent}`))
    return told.map((it) => number(it, 'version'))
  }

  async deleteVersion(subject: string, version: number, { permanent = false } = {}): Promise<void> {
    await this.#http.ask('DELETE', `${versionPath(subject, version)}?permanent=${permanent}`)
  }

  /** Of a subject, or a context, or, undefined, of all: what is set for it itself, undefined where nothing is. */
  config(subject: string | undefined): Promise<Config | undefined> {
    return unless([code.configNotSet, code.subjectNotFound], () => this.#config(subject, ''))
  }

  /** Also what it has from others. */
  configInForce(subject: string | undefined): Promise<Config> {
    return this.#config(subject, '?defaultToGlobal=true')
  }

  async #config(subject: string | undefined, query: string): Promise<Config> {
    return object(await this.#http.ask('GET', scopePath('/config', subject) + query))
  }

  /** In the fields of `config`. */
  async changeConfig(subject: string | undefined, { compatibilityLevel, ...others }: Config): Promise<void> {
    // So it is called where it is set, and `compatibilityLevel` where it is read.
    await this.#http.ask('PUT', scopePath('/config', subject), { ...others, compatibility: compatibilityLevel })
  }

  /** Resolves to false where there was nothing. */
  async deleteConfig(subject: string | undefined): Promise<boolean> {
    const codes = subject === undefined ? [] : [code.configNotSet, code.subjectNotFound]
    const done = await unless(codes, async () => {
      await this.#http.ask('DELETE', scopePath('/config', subject))
      return true
    })
    return done ?? false
  }

  mode(subject: string | undefined): Promise<string | undefined> {
    return unless([code.modeNotSet, code.subjectNotFound], () => this.#mode(subject, ''))
  }

  modeInForce(subject: string | undefined): Promise<string> {
    return this.#mode(subject, '?defaultToGlobal=true')
  }

  async #mode(subject: string | undefined, query: string): Promise<string> {
    return text(object(await this.#http.ask('GET', scopePath('/mode', subject) + query))['mode'], 'mode')
  }

  async changeMode(subject: string | undefined, mode: string, { force = false } = {}): Promise<void> {
    await this.#http.ask('PUT', `${scopePath('/mode', subject)}?force=${force}`, { mode })
  }

  /** Resolves to false where there was nothing. */
  async deleteMode(subject: string | undefined): Promise<boolean> {
    const codes = subject === undefined ? [] : [code.modeNotSet, code.subjectNotFound]
    const done = await unless(codes, async () => {
      await this.#http.ask('DELETE', scopePath('/mode', subject))
      return true
    })
    return done ?? false
  }
}

/** What is set, by name. `compatibilityLevel` is the one that all registries have. */
export type Config = Readonly<Record<string, unknown>>

const encoded = (name: string): string => encodeURIComponent(name.toWellFormed())
const subjectPath = (subject: string): string => `/subjects/${encoded(subject)}`
const versionPath = (subject: string, version: VersionName): string => `${subjectPath(subject)}/versions/${version}`
const scopePath = (root: string, subject: string | undefined): string =>
  subject === undefined ? root : `${root}/${encoded(subject)}`

/** Nothing in it that was not given: there are registries that refuse what they do not know. */
const bodyOf = ({ schemaType, schema, references, metadata, ruleSet }: SchemaContent): object => ({
  ...{ schemaType, schema, metadata, ruleSet },
  references: references.length > 0 ? references : undefined,
})

type Fields = Readonly<Record<string, unknown>>

const strange = (what: string): RegistryCallError =>
  new RegistryCallError(`the registry's answer ${what}: is it a schema registry?`, undefined)

const isFields = (told: unknown): told is Fields => typeof told === 'object' && told !== null && !Array.isArray(told)

function object(told: unknown): Fields {
  if (isFields(told)) return told
  throw strange('is no object')
}

function list(told: unknown): readonly unknown[] {
  if (Array.isArray(told)) return told
  throw strange('is no list')
}

function text(told: unknown, what: string): string {
  if (typeof told === 'string') return told
  throw strange(`has no ${what}`)
}

function number(told: unknown, what: string): number {
  if (typeof told === 'number' && Number.isSafeInteger(told)) return told
  throw strange(`has no ${what}`)
}

const maybeText = (told: unknown): string | undefined => (typeof told === 'string' ? told : undefined)
const maybeNumber = (told: unknown): number | undefined => (typeof told === 'number' ? told : undefined)
const maybeObject = (told: unknown): object | undefined => (isFields(told) ? told : undefined)

function schemaById(told: unknown): SchemaById {
  const fields = object(told)
  return {
    schemaType: maybeText(fields['schemaType']) ?? 'AVRO',
    schema: text(fields['schema'], 'schema'),
    references: list(fields['references'] ?? []).map((it): SchemaReference => {
      const { name, subject, version } = object(it)
      const given = { name: text(name, 'name'), subject: text(subject, 'subject') }
      return { ...given, version: number(version, 'version') }
    }),
    metadata: maybeObject(fields['metadata']),
    ruleSet: maybeObject(fields['ruleSet']),
    guid: maybeText(fields['guid']),
  }
}

function subjectVersion(told: unknown): SubjectVersion {
  const { subject, version, id, ts, deleted } = object(told)
  return {
    subject: text(subject, 'subject'),
    version: number(version, 'version'),
    id: number(id, 'id'),
    ...schemaById(told),
    writtenMs: maybeNumber(ts),
    deleted: typeof deleted === 'boolean' ? deleted : undefined,
  }
}
