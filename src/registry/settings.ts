/** What can be set for a subject, for a context, and for all: which schemas may follow one another, and who may write at all. */
import type { RuleSet, SchemaMetadata } from './stored-schema.ts'

const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const
export type CompatibilityLevel = (typeof compatibilityLevels)[number]

const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const
export type Mode = (typeof modes)[number]

export const defaultLevel: CompatibilityLevel = 'BACKWARD'
export const defaultMode: Mode = 'READWRITE'

/** Each of it may be set alone; what is not set is that of the context, or of all. */
export interface Config {
  readonly alias?: string
  readonly normalize?: boolean
  readonly validateFields?: boolean
  readonly validateRules?: boolean
  readonly compatibilityLevel?: CompatibilityLevel
  /** The property of the metadata by which schemas are told apart: those of another value are not compared. */
  readonly compatibilityGroup?: string
  readonly defaultMetadata?: SchemaMetadata
  readonly overrideMetadata?: SchemaMetadata
  readonly defaultRuleSet?: RuleSet
  readonly overrideRuleSet?: RuleSet
}

export const isLevel = (text: unknown): text is CompatibilityLevel =>
  compatibilityLevels.some((level) => level === text)
export const isMode = (text: unknown): text is Mode => modes.some((mode) => mode === text)
export const isImport = (mode: Mode): boolean => mode === 'IMPORT' || mode === 'FORWARD'
export const isReadOnly = (mode: Mode): boolean => mode === 'READONLY' || mode === 'READONLY_OVERRIDE'
