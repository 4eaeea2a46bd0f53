import { compareArrays } from './compare-arrays.ts'
import { compareCombined, compareWithCombined } from './compare-combined.ts'
import { compareObjects } from './compare-objects.ts'
import { compareNumbers, compareStrings, compareValues } from './compare-values.ts'
import { Findings } from './findings.ts'
import type { Pairs } from './pairs.ts'
import type { NotShape, SolidShape } from './shape.ts'

/** Two schemas of whatever kind: what is told by the two kinds, by the notes, and by the constraints of that kind. */
export const compareShapes = (pairs: Pairs, original: SolidShape, update: SolidShape): Findings => {
  const asOne = compareWithCombined(pairs, original, update)
  if (asOne !== undefined) return asOne
  const findings = new Findings()
  if (original.kind !== update.kind) {
    const isForBytes = [original, update].every(({ notes }) => notes.connectType === 'bytes')
    // Kafka Connect has written decimals in two ways.
    if (original.kind !== 'nothing' && update.kind !== 'anything' && !isForBytes) findings.add('TYPE_CHANGED')
    return findings
  }
  compareNotes(findings, original, update)
  compareKind(findings, pairs, original, update)
  return findings
}

const compareNotes = (findings: Findings, { notes: before }: SolidShape, { notes: after }: SolidShape): void => {
  if (before.id !== after.id) findings.add('ID_CHANGED')
  if (before.title !== after.title) findings.add('TITLE_CHANGED')
  if (before.description !== after.description) findings.add('DESCRIPTION_CHANGED')
  if (before.default !== after.default) findings.add('DEFAULT_CHANGED')
}

/** Of one kind, which the compiler does not know of two values; a kind without constraints has nothing to compare. */
const compareKind = (findings: Findings, pairs: Pairs, original: SolidShape, update: SolidShape): void => {
  if (original.kind === 'string' && update.kind === 'string') compareStrings(findings, original, update)
  else if (original.kind === 'number' && update.kind === 'number') compareNumbers(findings, original, update)
  else if (original.kind === 'const' && update.kind === 'const') compareValues(findings, original, update)
  else if (original.kind === 'enum' && update.kind === 'enum') compareValues(findings, original, update)
  else if (original.kind === 'combined' && update.kind === 'combined') {
    compareCombined(findings, pairs, original, update)
  } else if (original.kind === 'not' && update.kind === 'not') compareNots(findings, pairs, original, update)
  else if (original.kind === 'object' && update.kind === 'object') compareObjects(findings, pairs, original, update)
  else if (original.kind === 'array' && update.kind === 'array') compareArrays(findings, pairs, original, update)
}

/** The other way round: what refuses less accepts more. */
const compareNots = (findings: Findings, pairs: Pairs, original: NotShape, update: NotShape): void => {
  const isLess = pairs.fit(update.refused, original.refused) !== undefined
  findings.add(isLess ? 'NOT_TYPE_NARROWED' : 'NOT_TYPE_EXTENDED', 'not')
}
