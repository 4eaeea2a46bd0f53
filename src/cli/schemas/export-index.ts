/** What an export is: a file for each version of a subject, and `index.json`, which says which is which. */
import { DiskError } from '../../base/index.ts'
import type { Config, SchemaContent } from '../registry-client/registry-calls.ts'
import { typeEndings } from '../registry-client/schema-types.ts'

export const indexName = 'index.json'
const format = 'odradek-schemas'
const formatVersion = 1

export interface ExportedSchema extends Omit<SchemaContent, 'schema'> {
  /** In the directory of the index. */
  readonly file: string
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly guid?: string | undefined
  /** Softly: who has its id can still read with it. */
  readonly deleted: boolean
}

/** What is set for a subject, or a context; null: for all. */
export interface ExportedSetting<T> {
  readonly subject: string | null
  readonly value: T
}

export interface ExportIndex {
  readonly schemas: readonly ExportedSchema[]
  readonly configs: readonly ExportedSetting<Config>[]
  readonly modes: readonly ExportedSetting<string>[]
}

export const indexText = (index: ExportIndex): string =>
  `${JSON.stringify({ format, formatVersion, ...index }, undefined, 2)}\n`

const nameLengthMax = 120

/** File names for subjects, whatever characters these have: no two of them are the same, also where small and capital letters are. */
export class FileNames {
  readonly #taken = new Map<string, number>()
  readonly #names = new Map<string, string>()

  of({ subject, version, schemaType }: { subject: string; version: number; schemaType: string }): string {
    const [ending = '.txt'] = typeEndings.find(([, it]) => it === schemaType) ?? []
    return `${this.#nameOf(subject)}@${version}${ending}`
  }

  #nameOf(subject: string): string {
    const known = this.#names.get(subject)
    if (known !== undefined) return known
    const safe = safeName(subject)
    const place = safe.toLowerCase()
    const count = (this.#taken.get(place) ?? 0) + 1
    this.#taken.set(place, count)
    // A tilde stands in no safe name: so this one is no other subject's either.
    const name = count === 1 ? safe : `${safe}~${count}`
    this.#names.set(subject, name)
    return name
  }
}

/** Letters, digits, dots, underscores and hyphens stay; it does not begin with a dot. */
function safeName(subject: string): string {
  const escaped = (character: string): string =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  return subject
    .replace(/[^A-Za-z0-9._-]/gu, escaped)
    .replace(/^\./, '%2E')
    .slice(0, nameLengthMax)
}

/** It cannot lead out of the directory. */
const isFileName = (name: string): boolean => /^[A-Za-z0-9%_-][A-Za-z0-9%._~@-]{0,250}$/.test(name)

/** `path` is for messages. Throws DiskError. */
export function readIndex(text: string, path: string): ExportIndex {
  const fail = (what: string): never => {
    throw new DiskError('EINVAL', path, `${path}: ${what}`)
  }
  let told: unknown
  try {
    told = JSON.parse(text)
  } catch (error) {
    return fail(`no JSON: ${error instanceof Error ? error.message : ''}`)
  }
  if (!isFields(told) || told['format'] !== format) return fail('it is no index of exported schemas')
  if (told['formatVersion'] !== formatVersion)
    return fail(`it has the form ${String(told['formatVersion'])}; ${formatVersion} is known here`)
  const { schemas, configs, modes } = told
  if (!isListOf(schemas, isExportedSchema)) return fail('an entry of schemas is not as it should be')
  if (!isListOf(configs, isConfigSetting)) return fail('an entry of configs is not as it should be')
  if (!isListOf(modes, isModeSetting)) return fail('an entry of modes is not as it should be')
  for (const { file } of schemas) if (!isFileName(file)) fail(`'${file}' is no name of a file beside it`)
  const places = new Set(schemas.map(({ subject, version }) => `${version} ${subject}`))
  if (places.size < schemas.length) fail('a version of a subject is there twice')
  return { schemas, configs, modes }
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (it: unknown): it is Fields => typeof it === 'object' && it !== null && !Array.isArray(it)
const isListOf = <T>(it: unknown, isOne: (one: unknown) => one is T): it is readonly T[] =>
  Array.isArray(it) && it.every(isOne)
const isNumber = (it: unknown, min: number): boolean =>
  typeof it === 'number' && Number.isInteger(it) && it >= min && it < 2 ** 31
const isName = (it: unknown): boolean => typeof it === 'string' && it !== ''
const isFieldsOrNone = (it: unknown): boolean => it === undefined || isFields(it)

const isReference = (it: unknown): boolean =>
  isFields(it) && typeof it['name'] === 'string' && isName(it['subject']) && isNumber(it['version'], 1)

const isExportedSchema = (it: unknown): it is ExportedSchema =>
  isFields(it) &&
  [it['file'], it['subject'], it['schemaType']].every(isName) &&
  isNumber(it['version'], 1) &&
  isNumber(it['id'], 0) &&
  (it['guid'] === undefined || isName(it['guid'])) &&
  typeof it['deleted'] === 'boolean' &&
  Array.isArray(it['references']) &&
  it['references'].every(isReference) &&
  isFieldsOrNone(it['metadata']) &&
  isFieldsOrNone(it['ruleSet'])

const isSetting = (it: unknown): it is Fields => isFields(it) && (it['subject'] === null || isName(it['subject']))
const isConfigSetting = (it: unknown): it is ExportedSetting<Config> => isSetting(it) && isFields(it['value'])
const isModeSetting = (it: unknown): it is ExportedSetting<string> => isSetting(it) && isName(it['value'])
