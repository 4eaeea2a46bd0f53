/** What a comparison of two schemas found, with the place of each in the reader's schema, and how it is told. */
import type { Incompatibility } from '../formats/format.ts'

/** How much is told. */
const toldMax = 1000
const charactersMax = 500_000

type Kind =
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'TYPE_MISMATCH'
  | 'MISSING_UNION_BRANCH'

/** A place in the reader's schema, from the inside out. */
export interface Place {
  readonly outer: Place | undefined
  readonly token: string
}

export const root: Place = { outer: undefined, token: '' }

export function within(outer: Place, ...tokens: readonly string[]): Place {
  return tokens.reduce<Place>((place, token) => ({ outer: place, token }), outer)
}

/** As a JSON pointer. */
export function pointer(place: Place): string {
  const tokens: string[] = []
  for (let at = place; at.outer !== undefined; at = at.outer) tokens.push(at.token)
  return `/${tokens.reverse().join('/')}`
}

export interface Finding {
  readonly kind: Kind
  readonly place: Place
  readonly detail: string
}

/** What is wrong with a pair, and with the pairs within it: a tree, since a pair that is met again is told again. Empty: nothing. */
export type Findings = readonly (Finding | Findings)[]

export const nothing: Findings = []

export function joined(parts: readonly Findings[]): Findings {
  const found = parts.filter((part) => part.length > 0)
  return found.length === 1 ? (found[0] ?? nothing) : found
}

export function told(findings: Findings): readonly Incompatibility[] {
  const all: Incompatibility[] = []
  let characters = 0
  const left: (Finding | Findings)[] = [findings]
  while (all.length < toldMax && characters < charactersMax) {
    const next = left.pop()
    if (next === undefined) break
    if (isFinding(next)) {
      const incompatibility = incompatibilityOf(next)
      characters += incompatibility.description.length + incompatibility.additionalInfo.length
      all.push(incompatibility)
    } else for (const part of next.toReversed()) left.push(part)
  }
  return all
}

function isFinding(it: Finding | Findings): it is Finding {
  return 'kind' in it
}

function incompatibilityOf({ kind, place, detail }: Finding): Incompatibility {
  return { type: kind, description: describe(kind, pointer(place), detail), additionalInfo: detail }
}

function describe(kind: Kind, path: string, detail: string): string {
  const at = `(path '${path}')`
  switch (kind) {
    case 'NAME_MISMATCH':
      return `the name of a type ${at} in the reader schema is neither the writer schema's nor has that for an alias: ${detail}`
    case 'FIXED_SIZE_MISMATCH':
      return `the size of a fixed type ${at} in the reader schema is not the writer schema's: ${detail}`
    case 'MISSING_ENUM_SYMBOLS':
      return `an enum ${at} in the reader schema lacks symbols of the writer schema, and has no default: ${detail}`
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return `field '${detail}' ${at} of the reader schema has no default, and the writer schema does not have it`
    case 'TYPE_MISMATCH':
      return `a type ${at} in the reader schema cannot read the writer schema's: ${detail}`
    case 'MISSING_UNION_BRANCH':
      return `a union ${at} in the reader schema has no branch for a type of the writer schema: ${detail}`
  }
}
