/** Google's types that are messages as any other, as models. */
import type { EnumModel, FieldModel, MessageModel, Scalar, Shape } from './protobuf-model.ts'

const scalar = (name: Scalar): Shape => ({ kind: 'scalar', scalar: name })

function field(name: string, number: number, shape: Shape, label: FieldModel['label'] = 'implicit'): FieldModel {
  return { name, number, shape, label, before: '', options: [] }
}

function message(name: string, ...fields: FieldModel[]): MessageModel {
  return { kind: 'message', name, fullName: `google.protobuf.${name}`, fields, enums: [], messages: [] }
}

const nullValue: EnumModel = {
  ...{ kind: 'enum', name: 'NullValue', fullName: 'google.protobuf.NullValue' },
  ...{ values: [['NULL_VALUE', 0]], isOpen: true },
}
const value = message('Value')
const listValue = message('ListValue', field('values', 1, value, 'repeated'))
const struct = message('Struct', { ...field('fields', 1, value, 'map'), key: 'string' })
for (const [name, number, shape] of [
  ['null_value', 1, nullValue],
  ['number_value', 2, scalar('double')],
  ['string_value', 3, scalar('string')],
  ['bool_value', 4, scalar('bool')],
  ['struct_value', 5, struct],
  ['list_value', 6, listValue],
] as const)
  value.fields.push({ ...field(name, number, shape, 'present'), oneof: 'kind' })

const wrapped: readonly (readonly [name: string, of: Scalar])[] = [
  ['DoubleValue', 'double'],
  ['FloatValue', 'float'],
  ['Int64Value', 'int64'],
  ['UInt64Value', 'uint64'],
  ['Int32Value', 'int32'],
  ['UInt32Value', 'uint32'],
  ['BoolValue', 'bool'],
  ['StringValue', 'string'],
  ['BytesValue', 'bytes'],
]

export const wellKnown: readonly MessageModel[] = [
  message('Timestamp', field('seconds', 1, scalar('int64')), field('nanos', 2, scalar('int32'))),
  message('Duration', field('seconds', 1, scalar('int64')), field('nanos', 2, scalar('int32'))),
  message('Any', field('type_url', 1, scalar('string')), field('value', 2, scalar('bytes'))),
  message('FieldMask', field('paths', 1, scalar('string'), 'repeated')),
  message('Empty'),
  ...[struct, value, listValue],
  ...wrapped.map(([name, of]) => message(name, field('value', 1, scalar(of)))),
]

const files = ['any', 'duration', 'empty', 'field_mask', 'struct', 'timestamp', 'wrappers']
export const wellKnownImports: readonly string[] = files.map((name) => `google/protobuf/${name}.proto`)
