/** What a file of Protobuf that was made by chance holds, and its text. */

const integers = [
  ...(['int32', 'uint32', 'sint32', 'fixed32', 'sfixed32'] as const),
  ...(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'] as const),
]
export const scalars = [...integers, 'float', 'double', 'bool', 'string', 'bytes'] as const
export const mapKeys = [...integers, 'bool', 'string'] as const

export type Scalar = (typeof scalars)[number]
export type MapKey = (typeof mapKeys)[number]

export interface EnumModel {
  readonly kind: 'enum'
  readonly fullName: string
  readonly name: string
  readonly values: readonly (readonly [name: string, number: number])[]
  /** Numbers without a name may be in it. */
  readonly isOpen: boolean
}

export interface MessageModel {
  readonly kind: 'message'
  readonly fullName: string
  readonly name: string
  readonly fields: FieldModel[]
  readonly enums: readonly EnumModel[]
  readonly messages: readonly MessageModel[]
}

export type Shape = { readonly kind: 'scalar'; readonly scalar: Scalar } | EnumModel | MessageModel

export interface FieldModel {
  readonly name: string
  readonly number: number
  readonly shape: Shape
  /** One of no presence is not written where it is zero or empty. */
  readonly label: 'present' | 'implicit' | 'required' | 'repeated' | 'map'
  readonly key?: MapKey
  readonly oneof?: string
  /** Before the type, and behind the number. */
  readonly before: string
  readonly options: readonly string[]
  /** Its message is written in it. */
  readonly isGroup?: true
}

export interface FileModel {
  readonly name: string
  /** First lines, to the imports. */
  readonly head: string
  readonly enums: readonly EnumModel[]
  readonly messages: readonly MessageModel[]
}

const typeName = (shape: Shape): string => (shape.kind === 'scalar' ? shape.scalar : `.${shape.fullName}`)

export function fileText({ head, enums, messages }: FileModel): string {
  return [head, ...enums.map(enumText), ...messages.map(messageText)].join('\n')
}

function enumText({ name, values }: EnumModel): string {
  const isAliased = new Set(values.map(([, number]) => number)).size < values.length
  const lines = values.map(([value, number]) => `${value} = ${number};`)
  return `enum ${name} { ${isAliased ? 'option allow_alias = true; ' : ''}${lines.join(' ')} }`
}

function messageText({ name, ...body }: MessageModel): string {
  return `message ${name} {\n${bodyText(body)}\n}`
}

function bodyText({ fields, enums, messages }: Omit<MessageModel, 'name'>): string {
  const oneofs = Map.groupBy(
    fields.filter(({ oneof }) => oneof !== undefined),
    ({ oneof }) => oneof,
  )
  const own = [...enums.map(enumText), ...messages.map(messageText)]
  const held = [
    ...fields.filter(({ oneof }) => oneof === undefined).map(fieldText),
    ...[...oneofs].map(([name, members]) => `oneof ${name} {\n${members.map(fieldText).join('\n')}\n}`),
  ]
  // Maps and groups are messages of a descriptor, which may stand before others or behind them.
  return (fields.length % 2 === 0 ? [...own, ...held] : [...held, ...own]).join('\n')
}

function fieldText({ name, number, shape, key, before, options, isGroup }: FieldModel): string {
  if (isGroup && shape.kind === 'message') return `${before} group ${shape.name} = ${number} {\n${bodyText(shape)}\n}`
  const type = key === undefined ? typeName(shape) : `map<${key}, ${typeName(shape)}>`
  const listed = options.length === 0 ? '' : ` [${options.join(', ')}]`
  return `${before} ${type} ${name} = ${number}${listed};`
}
