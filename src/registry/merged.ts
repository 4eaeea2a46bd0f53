/** Metadata and rules that a schema gets beside its own: what is set as the default comes before, and what overrides comes behind. */
import { compact } from './json-fields.ts'
import type { Rule, RuleSet, SchemaMetadata } from './stored-schema.ts'

export function mergedMetadata(
  first: SchemaMetadata | undefined,
  second: SchemaMetadata | undefined,
): SchemaMetadata | undefined {
  if (first === undefined || second === undefined) return second ?? first
  const tags = union(first.tags, second.tags, (a, b) => [...new Set([...a, ...b])])
  const properties = union(first.properties, second.properties, (_, b) => b)
  const sensitive = first.sensitive ?? second.sensitive
  return compact({
    tags,
    properties,
    sensitive: sensitive && [...new Set([...sensitive, ...(second.sensitive ?? [])])],
  })
}

export function mergedRuleSet(first: RuleSet | undefined, second: RuleSet | undefined): RuleSet | undefined {
  if (first === undefined || second === undefined) return second ?? first
  return compact({
    migrationRules: mergedRules(first.migrationRules, second.migrationRules),
    domainRules: mergedRules(first.domainRules, second.domainRules),
    encodingRules: mergedRules(first.encodingRules, second.encodingRules),
    enableAt: second.enableAt ?? first.enableAt,
  })
}

/** Of two with one name the second holds, in its place. */
function mergedRules(
  first: readonly Rule[] | undefined,
  second: readonly Rule[] | undefined,
): readonly Rule[] | undefined {
  if (first === undefined || second === undefined) return second ?? first
  const names = new Set(second.map(({ name }) => name))
  return [...first.filter(({ name }) => !names.has(name)), ...second]
}

type Texts<T> = Readonly<Record<string, T>>

function union<T>(
  first: Texts<T> | undefined,
  second: Texts<T> | undefined,
  both: (a: T, b: T) => T,
): Texts<T> | undefined {
  if (first === undefined || second === undefined) return second ?? first
  // Names come from outside: `constructor` and `__proto__` are names like others.
  const all = new Map(Object.entries(first))
  for (const [key, value] of Object.entries(second)) {
    const there = all.get(key)
    all.set(key, there === undefined ? value : both(there, value))
  }
  return Object.fromEntries(all)
}
