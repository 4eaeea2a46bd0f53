/** The numbers by which descriptor.proto tells types, labels and editions. */
import type { Label } from './model.ts'

/** As FieldDescriptorProto.Type numbers them; a group is 10, messages and enums are named. */
export const TYPES: readonly (string | undefined)[] = [
  undefined,
  'double',
  'float',
  'int64',
  'uint64',
  'int32',
  'fixed64',
  'fixed32',
  'bool',
  'string',
  undefined,
  undefined,
  'bytes',
  'uint32',
  undefined,
  'sfixed32',
  'sfixed64',
  'sint32',
  'sint64',
]
export const GROUP = 10
export const MESSAGE = 11
export const ENUM = 14

export const LABELS: readonly (Label | undefined)[] = [undefined, 'optional', 'required', 'repeated']

export const EDITIONS: ReadonlyMap<number, string> = new Map([
  [1000, '2023'],
  [1001, '2024'],
])
