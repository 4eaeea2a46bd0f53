/** Fields of JSON from outside, taken out by their types: of requests, and of records that others may have written. */
import type { Rule, RuleSet, SchemaMetadata, SchemaReference } from './stored-schema.ts'

/** What was wanted, and where; the caller makes an error of its own of it. */
export class FieldError extends Error {
  override readonly name = 'FieldError'
}

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Throws FieldError. */
export function object(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value
  throw new FieldError(`${what} is no object`)
}

type Read<T> = (value: unknown, what: string) => T

/** Undefined where it is missing, or null. Throws FieldError. */
export function optional<T>(from: JsonObject, name: string, read: Read<T>): T | undefined {
  const value = from[name]
  return value === undefined || value === null ? undefined : read(value, name)
}

export function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new FieldError(`${what} is no string`)
}

export function integer(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value
  throw new FieldError(`${what} is no integer of 32 bits`)
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value === 'boolean') return value
  throw new FieldError(`${what} is neither true nor false`)
}

const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, what) => {
    if (!Array.isArray(value)) throw new FieldError(`${what} is no list`)
    return value.map((item, i) => read(item, `${what}[${i}]`))
  }

const record =
  <T>(read: Read<T>): Read<Readonly<Record<string, T>>> =>
  (value, what) =>
    Object.fromEntries(Object.entries(object(value, what)).map(([key, item]) => [key, read(item, `${what}.${key}`)]))

function reference(value: unknown, what: string): SchemaReference {
  const fields = object(value, what)
  return {
    name: text(fields.name, `${what}.name`),
    subject: text(fields.subject, `${what}.subject`),
    version: integer(fields.version, `${what}.version`),
  }
}

export const references = list(reference)

/** Without those that are undefined. */
export function compact<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}

export function metadata(value: unknown, what: string): SchemaMetadata {
  const fields = object(value, what)
  return compact({
    tags: optional(fields, 'tags', record(list(text))),
    properties: optional(fields, 'properties', record(text)),
    sensitive: optional(fields, 'sensitive', list(text)),
  })
}

function rule(value: unknown, what: string): Rule {
  const fields = object(value, what)
  const texts = ['name', 'doc', 'kind', 'mode', 'type', 'expr', 'onSuccess', 'onFailure'] as const
  return compact({
    ...Object.fromEntries(texts.map((name) => [name, optional(fields, name, text)])),
    tags: optional(fields, 'tags', list(text)),
    params: optional(fields, 'params', record(text)),
    disabled: optional(fields, 'disabled', flag),
  })
}

export function ruleSet(value: unknown, what: string): RuleSet {
  const fields = object(value, what)
  return compact({
    migrationRules: optional(fields, 'migrationRules', list(rule)),
    domainRules: optional(fields, 'domainRules', list(rule)),
    encodingRules: optional(fields, 'encodingRules', list(rule)),
    enableAt: optional(fields, 'enableAt', text),
  })
}
