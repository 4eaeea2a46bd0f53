import { compareLimits, type LimitName } from './compare-values.ts'
import { allowedBeside, compareAdded, compareRemoved, compareUnnamed, isAnything, isOpen } from './content-model.ts'
import type { Findings } from './findings.ts'
import type { Pairs } from './pairs.ts'
import type { ArrayShape, Shape } from './shape.ts'

const limits: readonly LimitName[] = [
  ['maxItems', 'MAX_ITEMS'],
  ['minItems', 'MIN_ITEMS'],
  ['maxContains', 'MAX_CONTAINS'],
  ['minContains', 'MIN_CONTAINS'],
]

/** Arrays: of one kind of items, and those that name the first, the second and so on. */
export const compareArrays = (findings: Findings, pairs: Pairs, original: ArrayShape, update: ArrayShape): void => {
  findings.addAll(pairs.compare(original.all, update.all), 'items')
  compareTuples(findings, pairs, original, update)
  compareUnnamed(findings, pairs, 'ITEMS', original, update)
  compareLimits(findings, limits, original.limits, update.limits)
  if (original.isUnique !== update.isUnique) {
    findings.add(`UNIQUE_ITEMS_${original.isUnique ? 'REMOVED' : 'ADDED'}`, 'uniqueItems')
  }
}

const compareTuples = (findings: Findings, pairs: Pairs, original: ArrayShape, update: ArrayShape): void => {
  for (let index = 0; index < Math.max(original.tuple.length, update.tuple.length); index++) {
    const path = `items/${index}`
    const before = original.tuple[index]
    const after = update.tuple[index]
    if (before === undefined) {
      if (after !== undefined) itemAdded(findings, pairs, path, original, after)
    } else if (after !== undefined) findings.addAll(pairs.compare(before, after), path)
    else if (isOpen(update)) findings.add('ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL', path)
    else compareRemoved(findings, pairs, ['ITEM', path], before, allowedBeside(update))
  }
}

const itemAdded = (findings: Findings, pairs: Pairs, path: string, original: ArrayShape, item: Shape): void => {
  if (isOpen(original)) {
    findings.add(`ITEM_${isAnything(item) ? 'WITH_EMPTY_SCHEMA_' : ''}ADDED_TO_OPEN_CONTENT_MODEL`, path)
    return
  }
  const allowed = allowedBeside(original)
  if (allowed === undefined) findings.add('ITEM_ADDED_TO_CLOSED_CONTENT_MODEL', path)
  else compareAdded(findings, pairs, ['ITEM', path], allowed, item)
}
