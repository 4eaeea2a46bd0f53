import type { Findings } from './findings.ts'
import type { Shape } from './shape.ts'

/** How the parts of two schemas are compared, by those who compare the wholes. */
export interface Pairs {
  readonly compare: (original: Shape | undefined, update: Shape | undefined) => Findings
  /** Only whether the two are compatible is asked: who has found that they are not need not go on. */
  readonly isProbing: boolean
  /** There was too much work already: whatever is asked now is not answered. */
  readonly isSpent: boolean
  /** Undefined where they are not compatible. */
  readonly fit: (original: Shape, update: Shape) => Findings | undefined
  /** Whether a regular expression finds something in a name; undefined where it cannot be told. */
  readonly finds: (pattern: string, name: string) => boolean | undefined
}
