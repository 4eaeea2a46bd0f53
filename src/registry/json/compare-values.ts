/** Strings, numbers, and lists of values. */
import { compareDecimals, isMultiple } from './decimal.ts'
import type { Findings } from './findings.ts'
import type { Limits, NumberShape, StringShape, ValuesShape } from './shape.ts'

export const isSubset = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean =>
  [...some].every((value) => all.has(value))

/** A keyword, and its name in the kinds of differences. */
export type LimitName = readonly [keyword: string, name: string]

export const compareLimits = (findings: Findings, names: readonly LimitName[], before: Limits, after: Limits): void => {
  for (const [keyword, name] of names) {
    const old = before.get(keyword)
    const now = after.get(keyword)
    if (old === undefined || now === undefined) {
      if (old !== now) findings.add(`${name}_${old === undefined ? 'ADDED' : 'REMOVED'}`, keyword)
      continue
    }
    const order = compareDecimals(old, now)
    if (order !== 0) findings.add(`${name}_${order < 0 ? 'INCREASED' : 'DECREASED'}`, keyword)
  }
}

const stringLimits: readonly LimitName[] = [
  ['maxLength', 'MAX_LENGTH'],
  ['minLength', 'MIN_LENGTH'],
]

export const compareStrings = (findings: Findings, original: StringShape, update: StringShape): void => {
  compareLimits(findings, stringLimits, original.limits, update.limits)
  if (original.pattern === update.pattern) return
  if (original.pattern === undefined) findings.add('PATTERN_ADDED', 'pattern')
  else findings.add(update.pattern === undefined ? 'PATTERN_REMOVED' : 'PATTERN_CHANGED', 'pattern')
}

const numberLimits: readonly LimitName[] = [
  ['maximum', 'MAXIMUM'],
  ['minimum', 'MINIMUM'],
  ['exclusiveMaximum', 'EXCLUSIVE_MAXIMUM'],
  ['exclusiveMinimum', 'EXCLUSIVE_MINIMUM'],
]

export const compareNumbers = (findings: Findings, original: NumberShape, update: NumberShape): void => {
  compareLimits(findings, numberLimits, original.limits, update.limits)
  const step = stepChange(original.limits, update.limits)
  if (step !== undefined) findings.add(`MULTIPLE_OF_${step}`, 'multipleOf')
  if (original.isInteger !== update.isInteger) findings.add(original.isInteger ? 'TYPE_EXTENDED' : 'TYPE_NARROWED')
}

const stepChange = (before: Limits, after: Limits): string | undefined => {
  const old = before.get('multipleOf')
  const now = after.get('multipleOf')
  if (old === undefined) return now === undefined ? undefined : 'ADDED'
  if (now === undefined) return 'REMOVED'
  if (compareDecimals(old, now) === 0) return undefined
  if (isMultiple(now, old)) return 'EXPANDED'
  return isMultiple(old, now) ? 'REDUCED' : 'CHANGED'
}

/** A constant is a list of one, of which the kinds of differences make no difference: it has changed. */
export const compareValues = (findings: Findings, original: ValuesShape, update: ValuesShape): void => {
  const loses = !isSubset(original.values, update.values)
  const gains = !isSubset(update.values, original.values)
  if (!loses && !gains) return
  if (original.kind === 'const' || (loses && gains)) findings.add('ENUM_ARRAY_CHANGED', original.kind)
  else findings.add(loses ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_EXTENDED', original.kind)
}
