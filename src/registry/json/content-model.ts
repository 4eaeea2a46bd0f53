/**
 * What a schema says of what it does not name, be it properties or items. Open: anything may be there. Closed: nothing may. Partially
 * open: what another schema allows.
 */
import type { Findings } from './findings.ts'
import type { Pairs } from './pairs.ts'
import { ReferenceShape, type Rest, type Shape } from './shape.ts'

/** 'PROPERTIES' or 'ITEMS', in the kinds of differences. */
export type Named = 'PROPERTIES' | 'ITEMS'

const kindOf = (shape: Shape | undefined): Shape['kind'] | undefined =>
  shape instanceof ReferenceShape ? shape.target?.kind : shape?.kind

export const isAnything = (shape: Shape | undefined): boolean => kindOf(shape) === 'anything'
const isNothing = (shape: Shape | undefined): boolean => kindOf(shape) === 'nothing'

export interface Unnamed {
  readonly additional: Rest
  readonly unevaluated: Shape | undefined
}

export const isOpen = ({ additional, unevaluated }: Unnamed): boolean =>
  additional.isPermitted && additional.shape === undefined && (unevaluated === undefined || isAnything(unevaluated))

/** What it allows where it is partially open. */
export const allowedBeside = ({ additional, unevaluated }: Unnamed): Shape | undefined => {
  if (additional.shape !== undefined) return additional.shape
  if (!additional.isPermitted || isAnything(unevaluated) || isNothing(unevaluated)) return undefined
  return unevaluated
}

export const compareUnnamed = (
  findings: Findings,
  pairs: Pairs,
  named: Named,
  original: Unnamed,
  update: Unnamed,
): void => {
  const path = named === 'ITEMS' ? 'Items' : 'Properties'
  compareAdditional(
    findings,
    pairs,
    [`ADDITIONAL_${named}`, `additional${path}`],
    original.additional,
    update.additional,
  )
  const isSame = original.unevaluated === undefined && update.unevaluated === undefined
  if (!isSame) {
    const change = unevaluatedChange(original.unevaluated, update.unevaluated)
    if (change !== undefined) findings.add(`UNEVALUATED_${named}_${change}`, `unevaluated${path}`)
    else findings.addAll(pairs.compare(original.unevaluated, update.unevaluated), `unevaluated${path}`)
  }
}

const compareAdditional = (
  findings: Findings,
  pairs: Pairs,
  [name, path]: readonly [name: string, path: string],
  before: Rest,
  after: Rest,
): void => {
  if (before.isPermitted !== after.isPermitted) findings.add(`${name}_${after.isPermitted ? 'ADDED' : 'REMOVED'}`, path)
  else if (before.shape === undefined && after.shape !== undefined) findings.add(`${name}_NARROWED`, path)
  else if (before.shape !== undefined && after.shape === undefined) findings.add(`${name}_EXTENDED`, path)
  else findings.addAll(pairs.compare(before.shape, after.shape), path)
}

/** Undefined where the two are schemas to be compared. */
const unevaluatedChange = (before: Shape | undefined, after: Shape | undefined): string | undefined => {
  if (isNothing(before) !== isNothing(after)) return isNothing(after) ? 'REMOVED' : 'ADDED'
  if (before === undefined) return 'NARROWED'
  if (after === undefined) return 'EXTENDED'
  if (isAnything(before) !== isAnything(after)) return isAnything(after) ? 'EXTENDED' : 'NARROWED'
  return undefined
}

/** Something that was named has no name any more, in an update that is not open. */
export const compareRemoved = (
  findings: Findings,
  pairs: Pairs,
  [name, path]: readonly [name: 'PROPERTY' | 'ITEM', path: string],
  original: Shape,
  allowed: Shape | undefined,
): void => {
  if (allowed === undefined) {
    const what = isNothing(original) ? `${name}_WITH_FALSE` : name
    findings.add(`${what}_REMOVED_FROM_CLOSED_CONTENT_MODEL`, path)
    return
  }
  const inner = pairs.compare(original, allowed)
  findings.addAll(inner, path)
  const isCovered = inner.isCompatible ? 'IS' : 'NOT'
  findings.add(`${name}_REMOVED_${isCovered}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL`, path)
}

/** Something has a name now that had none, where before what had none was partially open. */
export const compareAdded = (
  findings: Findings,
  pairs: Pairs,
  [name, path]: readonly [name: 'PROPERTY' | 'ITEM', path: string],
  allowed: Shape,
  update: Shape,
): void => {
  const inner = pairs.compare(allowed, update)
  findings.addAll(inner, path)
  const isCovered = inner.isCompatible ? 'IS' : 'NOT'
  findings.add(`${name}_ADDED_${isCovered}_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL`, path)
}
