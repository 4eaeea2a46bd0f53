/**
 * What a schema comes to: of one kind each, as the validator behind Confluent's registry sees it, since its rules of compatibility
 * speak of those kinds. What says several things (a type and an `enum`) is an `allOf` of them.
 */
import type { Decimal } from './decimal.ts'

/** What is said beside the keywords that constrain. */
export interface Notes {
  readonly id: string | undefined
  readonly title: string | undefined
  readonly description: string | undefined
  /** As text, the same for equal values; undefined: there is none. */
  readonly default: string | undefined
  /** What Kafka Connect has written the schema for. */
  readonly connectType: string | undefined
}

/** Whose kind alone says all: `{}` or `true`, `false`, and the types without keywords. */
interface PlainShape {
  readonly kind: 'anything' | 'nothing' | 'boolean' | 'null' | 'conditional'
  readonly notes: Notes
}

export interface StringShape {
  readonly kind: 'string'
  readonly notes: Notes
  readonly limits: Limits
  readonly pattern: string | undefined
}

export interface NumberShape {
  readonly kind: 'number'
  readonly notes: Notes
  readonly limits: Limits
  readonly isInteger: boolean
}

/** A number for each keyword that limits something. */
export type Limits = ReadonlyMap<string, Decimal>

/** A value that is allowed is text, the same for equal values. */
export interface ValuesShape {
  readonly kind: 'enum' | 'const'
  readonly notes: Notes
  readonly values: ReadonlySet<string>
}

export type Criterion = 'allOf' | 'anyOf' | 'oneOf'

export interface CombinedShape {
  readonly kind: 'combined'
  readonly notes: Notes
  readonly criterion: Criterion
  readonly parts: readonly Part[]
}

/** One of several. */
export interface Part {
  readonly shape: Shape
  /** The same for parts of one schema that say the same. */
  readonly sameness: string
}

export interface NotShape {
  readonly kind: 'not'
  readonly notes: Notes
  readonly refused: Shape
}

/** What may stand beside what is named: anything, nothing, or what a schema allows. */
export interface Rest {
  readonly isPermitted: boolean
  /** Undefined where all or nothing is allowed. */
  readonly shape: Shape | undefined
}

export interface ObjectShape {
  readonly kind: 'object'
  readonly notes: Notes
  readonly limits: Limits
  readonly properties: ReadonlyMap<string, Shape>
  readonly required: ReadonlySet<string>
  readonly patterns: readonly (readonly [pattern: string, shape: Shape])[]
  readonly additional: Rest
  readonly unevaluated: Shape | undefined
  readonly requiredWith: ReadonlyMap<string, ReadonlySet<string>>
  readonly schemaWith: ReadonlyMap<string, Shape>
}

export interface ArrayShape {
  readonly kind: 'array'
  readonly notes: Notes
  readonly limits: Limits
  readonly isUnique: boolean
  /** Of every item; undefined where there is none such. */
  readonly all: Shape | undefined
  /** Of the first, the second, and so on. */
  readonly tuple: readonly Shape[]
  readonly additional: Rest
  readonly unevaluated: Shape | undefined
}

/** Leads elsewhere; set once all is read, so that a schema may lead to itself. */
export class ReferenceShape {
  readonly kind = 'reference'
  readonly notes: Notes
  #target: Shape | undefined

  constructor(notes: Notes) {
    this.notes = notes
  }

  get target(): Shape | undefined {
    return this.#target
  }

  lead(target: Shape): void {
    this.#target = target
  }
}

/** All but those that lead elsewhere. */
export type SolidShape =
  | PlainShape
  | StringShape
  | NumberShape
  | ValuesShape
  | CombinedShape
  | NotShape
  | ObjectShape
  | ArrayShape

export type Shape = SolidShape | ReferenceShape
