/** What requests ask for, taken out of paths, queries and bodies. All that does not fit is refused in the codes of the interface. */
import type { ConfigChange } from '../configuration.ts'
import {
  FieldError,
  integer,
  isObject,
  type JsonObject,
  metadata,
  object,
  optional,
  references,
  ruleSet,
  text,
} from '../json-fields.ts'
import { RegistryError } from '../registry-error.ts'
import { isLevel, isMode, type Mode } from '../settings.ts'
import { config } from '../store/registry-record.ts'
import type { Deleted } from '../store/registry-state.ts'
import type { RuleSet, SchemaContent } from '../stored-schema.ts'
import { normalSubject, parseSubject } from '../subject-name.ts'

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** Of a parameter that is given several times, the first. */
export function queryText(query: Query, name: string): string | undefined {
  const given = query[name]
  return typeof given === 'string' || given === undefined ? given : given[0]
}

export const queryTexts = (query: Query, name: string): readonly string[] => [query[name] ?? []].flat()

export const queryFlag = (query: Query, name: string): boolean => queryText(query, name)?.toLowerCase() === 'true'

/** Throws RegistryError. */
function queryInteger(query: Query, name: string): number | undefined {
  const given = queryText(query, name)
  if (given === undefined || given === '') return undefined
  if (/^-?\d{1,10}$/.test(given)) return Number(given)
  throw new RegistryError('invalidRequest', `${name}: '${given}' is no number`)
}

export function deletedOf(query: Query): Deleted {
  if (queryFlag(query, 'deletedOnly')) return 'only'
  return queryFlag(query, 'deleted') ? 'with' : 'without'
}

/** `offset` and `limit`; a negative limit is none. Throws RegistryError. */
export function paged<T>(all: readonly T[], query: Query): readonly T[] {
  const offset = Math.max(0, queryInteger(query, 'offset') ?? 0)
  const limit = queryInteger(query, 'limit') ?? -1
  return all.slice(offset, limit < 0 ? undefined : offset + limit)
}

export const subjectOf = (params: { readonly subject: string }): string => normalSubject(params.subject)

/** Undefined: of all, which is what the default context stands for. */
export function scopeOf(subject: string | undefined): string | undefined {
  const name = subject === undefined ? '' : normalSubject(subject)
  return name === '' ? undefined : name
}

/** Throws RegistryError. */
export function versionOf(given: string): number | 'latest' {
  const trimmed = given.trim()
  if (trimmed === 'latest' || trimmed === '-1') return 'latest'
  const version = /^\+?\d{1,10}$/.test(trimmed) ? Number(trimmed) : 0
  if (version > 0 && version < 2 ** 31) return version
  const text = `The specified version '${given}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`
  throw new RegistryError('invalidVersion', text)
}

/** Throws RegistryError, as for a path that nobody serves. */
export function idOf(given: string): number {
  if (/^\d{1,10}$/.test(given) && Number(given) < 2 ** 31) return Number(given)
  throw new RegistryError('schemaNotFound', `Schema ${given} not found`)
}

/** Throws RegistryError with FieldError's words. */
function asked<T>(read: () => T, code: 'invalidRequest' | 'invalidSchema' = 'invalidRequest'): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FieldError) throw new RegistryError(code, error.message, { cause: error })
    throw error
  }
}

export interface SchemaRequest {
  readonly content: SchemaContent
  readonly version: number | undefined
  readonly id: number | undefined
}

/** Throws RegistryError. */
export function schemaRequest(body: unknown): SchemaRequest {
  return asked(() => {
    const fields = object(body, 'the request')
    const version = optional(fields, 'version', integer)
    const id = optional(fields, 'id', integer)
    const rules = optional(fields, 'ruleSet', ruleSet)
    if (rules !== undefined) checkRules(rules)
    return {
      version: version === undefined || version <= 0 ? undefined : version,
      id: id === undefined || id < 0 ? undefined : id,
      content: {
        schemaType: optional(fields, 'schemaType', text) ?? 'AVRO',
        schema: optional(fields, 'schema', text) ?? '',
        references: optional(fields, 'references', references) ?? [],
        metadata: optional(fields, 'metadata', metadata),
        ruleSet: rules,
      },
    }
  })
}

const ruleNameMax = 64

/** Throws RegistryError. */
function checkRules({ migrationRules = [], domainRules = [], encodingRules = [] }: RuleSet): void {
  for (const rules of [migrationRules, domainRules, encodingRules]) {
    const names = new Set<string>()
    for (const { name = '', type } of rules) {
      if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) || name.length > ruleNameMax)
        throw new RegistryError(
          'invalidRuleSet',
          `A rule is called '${name}': letters, digits, - and _ are allowed, at most ${ruleNameMax}`,
        )
      if (type === undefined) throw new RegistryError('invalidRuleSet', `Rule '${name}' has no type`)
      if (names.has(name)) throw new RegistryError('invalidRuleSet', `There are two rules '${name}'`)
      names.add(name)
    }
  }
}

const levelText =
  'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive'

/** Fields that are null are taken back. Throws RegistryError. */
export function configRequest(body: unknown): ConfigChange {
  return asked(() => {
    const fields = object(body, 'the request')
    // So it is called where it is set, and `compatibilityLevel` where it is read.
    const { compatibility, ...others } = fields
    const given = compatibility === undefined ? others.compatibilityLevel : compatibility
    const level = typeof given === 'string' ? given.toUpperCase() : given
    if (level !== undefined && level !== null && !isLevel(level))
      throw new RegistryError('invalidCompatibility', levelText)
    const all: JsonObject = { ...others, ...(level !== undefined && { compatibilityLevel: level }) }
    const set = config(all)
    for (const rules of [set.defaultRuleSet, set.overrideRuleSet]) if (rules !== undefined) checkRules(rules)
    const taken = Object.entries(all).filter(([, value]) => value === null)
    return { ...set, ...Object.fromEntries(taken) }
  })
}

/** Null takes it back. Throws RegistryError. */
export function modeRequest(body: unknown): Mode | null {
  const given = isObject(body) ? body.mode : undefined
  const mode = typeof given === 'string' ? given.toUpperCase() : given
  if (mode === null || isMode(mode)) return mode
  throw new RegistryError('invalidMode', 'Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.')
}

/** Whether a subject begins with it; what has a context in it begins with that. `:*:` is every context. */
export function startsWith(subject: string, prefix: string): boolean {
  if (prefix.startsWith(':*:')) return parseSubject(subject).subject.startsWith(prefix.slice(':*:'.length))
  const wanted = parseSubject(prefix)
  const given = parseSubject(subject)
  return given.context === wanted.context && given.subject.startsWith(wanted.subject)
}
