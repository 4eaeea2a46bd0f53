import { compareLimits, isSubset, type LimitName } from './compare-values.ts'
import { allowedBeside, compareAdded, compareRemoved, compareUnnamed, isAnything, isOpen } from './content-model.ts'
import type { Findings } from './findings.ts'
import type { Pairs } from './pairs.ts'
import type { ObjectShape, Shape } from './shape.ts'

const limits: readonly LimitName[] = [
  ['maxProperties', 'MAX_PROPERTIES'],
  ['minProperties', 'MIN_PROPERTIES'],
]

export const compareObjects = (findings: Findings, pairs: Pairs, original: ObjectShape, update: ObjectShape): void => {
  compareRequired(findings, original, update)
  if (pairs.isProbing && !findings.isCompatible) return
  compareProperties(findings, pairs, original, update)
  compareRequiredWith(findings, original, update)
  compareSchemaWith(findings, pairs, original, update)
  compareUnnamed(findings, pairs, 'PROPERTIES', original, update)
  compareLimits(findings, limits, original.limits, update.limits)
}

const hasDefault = (shape: Shape): boolean => shape.notes.default !== undefined

/** Of the properties that both name. */
const compareRequired = (findings: Findings, original: ObjectShape, update: ObjectShape): void => {
  for (const name of original.properties.keys()) {
    const property = update.properties.get(name)
    const was = original.required.has(name)
    const is = update.required.has(name)
    if (property === undefined || was === is) continue
    if (was) findings.add('REQUIRED_ATTRIBUTE_REMOVED', `required/${name}`)
    else findings.add(`REQUIRED_ATTRIBUTE_${hasDefault(property) ? 'WITH_DEFAULT_' : ''}ADDED`, `required/${name}`)
  }
}

const compareProperties = (findings: Findings, pairs: Pairs, original: ObjectShape, update: ObjectShape): void => {
  for (const name of new Set([...original.properties.keys(), ...update.properties.keys()])) {
    if (pairs.isProbing && !findings.isCompatible) return
    const path = `properties/${name}`
    const before = original.properties.get(name)
    const after = update.properties.get(name)
    if (before === undefined) {
      if (after !== undefined) propertyAdded(findings, pairs, name, { original, update, property: after })
    } else if (after !== undefined) findings.addAll(pairs.compare(before, after), path)
    else if (isOpenObject(update)) findings.add('PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL', path)
    else propertyRemoved(findings, pairs, name, update, before)
  }
}

/** Patterns speak of some of the properties that have no name. */
const isOpenObject = (shape: ObjectShape): boolean => shape.patterns.length === 0 && isOpen(shape)

/** The first pattern that finds something in the name decides, and then what is allowed beside the named ones. */
const allowedFor = (pairs: Pairs, shape: ObjectShape, name: string): Shape | 'unknown' | undefined => {
  for (const [pattern, allowed] of shape.patterns) {
    const isFound = pairs.finds(pattern, name)
    if (isFound === undefined) return 'unknown'
    if (isFound) return allowed
  }
  return allowedBeside(shape)
}

const propertyRemoved = (findings: Findings, pairs: Pairs, name: string, update: ObjectShape, before: Shape): void => {
  const path = `properties/${name}`
  const allowed = allowedFor(pairs, update, name)
  // Whether it is covered cannot be told, so it must not pass.
  if (allowed === 'unknown') findings.add('PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path)
  else compareRemoved(findings, pairs, ['PROPERTY', path], before, allowed)
}

interface Added {
  readonly original: ObjectShape
  readonly update: ObjectShape
  readonly property: Shape
}

const propertyAdded = (findings: Findings, pairs: Pairs, name: string, added: Added): void => {
  const { original, update, property } = added
  const path = `properties/${name}`
  const withDefault = hasDefault(property) ? 'WITH_DEFAULT_' : ''
  const kind = update.required.has(name) ? `REQUIRED_PROPERTY_${withDefault}ADDED` : 'OPTIONAL_PROPERTY_ADDED'
  if (isOpenObject(original)) {
    const isEmpty = isAnything(property)
    findings.add(`${isEmpty ? 'PROPERTY_WITH_EMPTY_SCHEMA_ADDED' : kind}_TO_OPEN_CONTENT_MODEL`, path)
    return
  }
  const allowed = allowedFor(pairs, original, name)
  if (allowed === 'unknown') findings.add('PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', path)
  else if (allowed !== undefined) compareAdded(findings, pairs, ['PROPERTY', path], allowed, property)
  findings.add(`${kind}_TO_UNOPEN_CONTENT_MODEL`, path)
}

const namesOf = (before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): ReadonlySet<string> =>
  new Set([...before.keys(), ...after.keys()])

const compareRequiredWith = (findings: Findings, original: ObjectShape, update: ObjectShape): void => {
  for (const name of namesOf(original.requiredWith, update.requiredWith)) {
    const before = original.requiredWith.get(name)
    const after = update.requiredWith.get(name)
    const change = after === undefined ? 'REMOVED' : before === undefined ? 'ADDED' : changeOf(before, after)
    if (change !== undefined) findings.add(`DEPENDENCY_ARRAY_${change}`, `dependencies/${name}`)
  }
}

const changeOf = (before: ReadonlySet<string>, after: ReadonlySet<string>): string | undefined => {
  const keeps = isSubset(before, after)
  const isNoMore = isSubset(after, before)
  if (keeps) return isNoMore ? undefined : 'EXTENDED'
  return isNoMore ? 'NARROWED' : 'CHANGED'
}

const compareSchemaWith = (findings: Findings, pairs: Pairs, original: ObjectShape, update: ObjectShape): void => {
  for (const name of namesOf(original.schemaWith, update.schemaWith)) {
    const path = `dependencies/${name}`
    const before = original.schemaWith.get(name)
    const after = update.schemaWith.get(name)
    if (after === undefined) findings.add('DEPENDENCY_SCHEMA_REMOVED', path)
    else if (before === undefined) findings.add('DEPENDENCY_SCHEMA_ADDED', path)
    else findings.addAll(pairs.compare(before, after), path)
  }
}
