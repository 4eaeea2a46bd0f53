/** What the registry keeps of a schema. */

export interface SchemaReference {
  /** As the schema calls it. */
  readonly name: string
  readonly subject: string
  readonly version: number
}

export interface SchemaMetadata {
  readonly tags?: Readonly<Record<string, readonly string[]>>
  readonly properties?: Readonly<Record<string, string>>
  readonly sensitive?: readonly string[]
}

export interface Rule {
  readonly name?: string
  readonly doc?: string
  readonly kind?: string
  readonly mode?: string
  readonly type?: string
  readonly tags?: readonly string[]
  readonly params?: Readonly<Record<string, string>>
  readonly expr?: string
  readonly onSuccess?: string
  readonly onFailure?: string
  readonly disabled?: boolean
}

export interface RuleSet {
  readonly migrationRules?: readonly Rule[]
  readonly domainRules?: readonly Rule[]
  readonly encodingRules?: readonly Rule[]
  readonly enableAt?: string
}

/** What makes two schemas the same one. */
export interface SchemaContent {
  /** One of the formats that we know; what others have written may be of others. */
  readonly schemaType: string
  readonly schema: string
  readonly references: readonly SchemaReference[]
  readonly metadata: SchemaMetadata | undefined
  readonly ruleSet: RuleSet | undefined
}

export interface StoredSchema extends SchemaContent {
  /** With its context. */
  readonly subject: string
  readonly version: number
  /** One for all subjects of a context that have this content. */
  readonly id: number
  /** Of the content, in whatever registry. */
  readonly guid: string
  /** It is not given out unless it is asked for; who has its id can still read with it. */
  readonly deleted: boolean
  /** When it was written. */
  readonly timestampMs: number
}
