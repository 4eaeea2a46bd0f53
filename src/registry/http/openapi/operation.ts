/** One thing that the REST interface does, as it is described: `document.ts` makes OpenAPI of all of them. */
import type { RegistryErrorName } from '../../registry-error.ts'

/** JSON Schema of 2020-12. */
export type Described = Readonly<Record<string, unknown>>

export interface QueryParameter {
  readonly name: string
  readonly description: string
  readonly schema: Described
}

export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** With `{names}`, each of which `parameters.ts` knows. */
  readonly path: string
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly query?: readonly QueryParameter[]
  /** What is sent; undefined: nothing. */
  readonly body?: Described
  readonly reply: Reply
  /** But for those that every operation, or every write, may answer. */
  readonly errors?: readonly RegistryErrorName[]
  /** It is the leader's. */
  readonly isWrite?: boolean
}

interface Reply {
  readonly description: string
  /** Undefined: there is none. */
  readonly schema?: Described
  /** Default: that of the interface. */
  readonly mediaType?: string
}

export const ref = (name: string): Described => ({ $ref: `#/components/schemas/${name}` })
export const listOf = (items: Described): Described => ({ type: 'array', items })
export const number: Described = { type: 'integer', format: 'int32' }
export const string: Described = { type: 'string' }

const flag = (name: string, description: string): QueryParameter => ({
  ...{ name, description, schema: { type: 'boolean', default: false } },
})

export const deleted = flag('deleted', 'With those that were deleted softly.')
export const deletedOnly = flag('deletedOnly', 'Only those that were deleted softly.')
export const permanent = flag('permanent', 'For good. What is to be deleted so was deleted softly before.')
export const normalize = flag(
  'normalize',
  'What means the same is taken for the same: the schema is brought into a normal form.',
)
export const defaultToGlobal = flag(
  'defaultToGlobal',
  'Where nothing was set for it, what is set for its context, or for all.',
)
export const force = flag('force', 'Also where there are subjects already.')
export const verbose = flag('verbose', 'Say what does not fit.')
export const latestOnly = flag('latestOnly', 'Of each subject the newest version.')
export const fetchMaxId = flag('fetchMaxId', 'Say the highest id that was given, too.')

const text = (name: string, description: string): QueryParameter => ({ name, description, schema: string })

export const format = text('format', 'The form in which the schema is given: `serialized`, for Protobuf.')
export const subjectPrefix: QueryParameter = {
  ...text(
    'subjectPrefix',
    'Subjects that begin with it; with `:*:` of every context, else of the default one or of that in it.',
  ),
  schema: { type: 'string', default: ':*:' },
}
export const contextPrefix = text('contextPrefix', 'Contexts that begin with it.')
export const ofSubject = text(
  'subject',
  'Whose context the id is of. Where its default context has none, the others are searched.',
)

const texts = (name: string, description: string): QueryParameter => ({ name, description, schema: listOf(string) })

export const metadataKey = texts('key', 'A property of the metadata; may be repeated.')
export const metadataValue = texts('value', 'Of the property in the same place.')

export const paging: readonly QueryParameter[] = [
  { name: 'offset', description: 'So many are left out first.', schema: { type: 'integer', default: 0 } },
  {
    name: 'limit',
    description: 'At most so many; a negative number is no limit.',
    schema: { type: 'integer', default: -1 },
  },
]
