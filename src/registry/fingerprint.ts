/**
 * The GUID of a content: the MD5 of its parts, written as a UUID, as Confluent's registry makes it. It tells equal contents from
 * others, and is the same in all registries.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Rule, SchemaContent } from './stored-schema.ts'

/** Of a text, to know it again by. */
export const digestOf = (text: string): string => createHash('sha1').update(text).digest('base64')

type Parts = Pick<SchemaContent, 'schema' | 'references' | 'metadata' | 'ruleSet'>

export function guidOf({ schema, references, metadata, ruleSet }: Parts): string {
  const hash = createHash('md5').update(schema)
  for (const { name, subject, version } of references) {
    const number = Buffer.alloc(4)
    number.writeInt32BE(version)
    hash.update(name).update(subject).update(number)
  }
  if (metadata !== undefined) {
    hash.update(present)
    for (const [tag, paths] of sorted(metadata.tags)) all(hash.update(tag), paths.toSorted())
    for (const [key, value] of sorted(metadata.properties)) hash.update(key).update(value)
    all(hash, metadata.sensitive?.toSorted() ?? [])
  }
  if (ruleSet !== undefined) {
    hash.update(present)
    const { migrationRules = [], domainRules = [], encodingRules = [], enableAt } = ruleSet
    for (const rule of [...migrationRules, ...domainRules, ...encodingRules]) addRule(hash, rule)
    if (enableAt !== undefined) hash.update(enableAt)
  }
  return hash.digest('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Tells nothing from what is not there. */
const present = Buffer.of(1)

const sorted = <T>(record: Readonly<Record<string, T>> = {}): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

function all(hash: Hash, texts: readonly string[]): void {
  for (const text of texts) hash.update(text)
}

function addRule(hash: Hash, rule: Rule): void {
  const { name, doc, kind, mode, type, tags, params, expr, onSuccess, onFailure, disabled } = rule
  for (const text of [name, doc, kind, mode, type]) if (text !== undefined) hash.update(text)
  all(hash, tags?.toSorted() ?? [])
  for (const [key, value] of sorted(params)) hash.update(key).update(value)
  for (const text of [expr, onSuccess, onFailure]) if (text !== undefined) hash.update(text)
  if (disabled === true) hash.update(present)
}
