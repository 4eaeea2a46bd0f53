/** allOf, anyOf and oneOf: with each other, and with a schema that is none of them. */
import { Findings } from './findings.ts'
import { maximumMatching } from './matching.ts'
import type { Pairs } from './pairs.ts'
import type { CombinedShape, Shape, SolidShape } from './shape.ts'

/**
 * A schema beside one that combines several: it is enough that one of them fits (that an alternative was added, or a demand taken
 * away). Undefined where none does, or where it is not so.
 */
export const compareWithCombined = (pairs: Pairs, original: SolidShape, update: SolidShape): Findings | undefined => {
  if (original.kind !== 'combined' && update.kind === 'combined') {
    const candidates = update.parts.map(({ shape }) => [original, shape] as const)
    return firstFit(pairs, candidates, update.criterion === 'allOf' ? undefined : 'SUM_TYPE_EXTENDED')
  }
  if (original.kind === 'combined' && update.kind !== 'combined') {
    const candidates = original.parts.map(({ shape }) => [shape, update] as const)
    return firstFit(pairs, candidates, original.criterion === 'allOf' ? 'PRODUCT_TYPE_NARROWED' : undefined)
  }
  return undefined
}

/** One alone is as if it stood by itself. */
const firstFit = (
  pairs: Pairs,
  candidates: readonly (readonly [Shape, Shape])[],
  amongSeveral: string | undefined,
): Findings | undefined => {
  const isOne = candidates.length === 1
  if (!isOne && amongSeveral === undefined) return undefined
  for (const [before, after] of candidates) {
    const inner = pairs.fit(before, after)
    if (inner === undefined) continue
    const findings = new Findings()
    findings.addAll(inner)
    if (!isOne && amongSeveral !== undefined) findings.add(amongSeveral)
    return findings
  }
  return undefined
}

export const compareCombined = (
  findings: Findings,
  pairs: Pairs,
  original: CombinedShape,
  update: CombinedShape,
): void => {
  if (original.criterion !== update.criterion) {
    if (!isWider(original, update)) {
      findings.add('COMBINED_TYPE_CHANGED')
      return
    }
    findings.add('COMBINED_TYPE_EXTENDED')
  }
  const [before, after] = [original.parts.length, update.parts.length]
  if (before < after) findings.add(update.criterion === 'allOf' ? 'PRODUCT_TYPE_EXTENDED' : 'SUM_TYPE_EXTENDED')
  else if (before > after) findings.add(original.criterion === 'allOf' ? 'PRODUCT_TYPE_NARROWED' : 'SUM_TYPE_NARROWED')
  compareParts(findings, pairs, original, update)
}

/** The other criterion accepts all that this one did. */
const isWider = (original: CombinedShape, update: CombinedShape): boolean => {
  const wasOne = original.parts.length === 1
  const isOne = update.parts.length === 1
  return (
    update.criterion === 'anyOf' ||
    (wasOne && isOne) ||
    (wasOne && update.criterion === 'oneOf') ||
    (isOne && original.criterion === 'allOf')
  )
}

/** Each of the fewer has to have its own counterpart among the more. */
const compareParts = (findings: Findings, pairs: Pairs, original: CombinedShape, update: CombinedShape): void => {
  const fits: Map<number, Findings>[] = original.parts.map(({ shape: before }) => {
    const fitting = new Map<number, Findings>()
    for (const [index, { shape: after }] of update.parts.entries()) {
      if (pairs.isSpent) break
      const inner = pairs.fit(before, after)
      if (inner !== undefined) fitting.set(index, inner)
    }
    return fitting
  })
  const matching = maximumMatching(fits.map((fitting) => [...fitting.keys()]))
  for (const [index, counterpart] of matching) {
    const inner = fits[index]?.get(counterpart)
    if (inner !== undefined) findings.addAll(inner, `${original.criterion}/${index}`)
  }
  if (matching.size < Math.min(original.parts.length, update.parts.length)) {
    findings.add('COMBINED_TYPE_SUBSCHEMAS_CHANGED')
  }
}
