/**
 * What a `.proto` file says, with all that is needed to write it again: comments and spaces are gone, and what is of one kind stands
 * together in the order in which it came. `at` is where a thing begins in the text.
 */

/** A part of an option's name: `(acme.limit).most` has two, the first of them in parentheses. */
export interface OptionNamePart {
  readonly name: string
  readonly isExtension: boolean
}

export interface StringValue {
  readonly kind: 'string'
  /** Where `isBinary`, one character for each byte, as the bytes are no UTF-8. */
  readonly text: string
  readonly isBinary: boolean
}

/** As it is written: a number, or a word like `true`, `inf`, or the name of a constant. */
interface PlainValue {
  readonly kind: 'number' | 'word'
  readonly text: string
}

export interface ListValue {
  readonly kind: 'list'
  readonly values: readonly OptionValue[]
}

export interface MapValue {
  readonly kind: 'map'
  /** A name that came more than once has a list of all its values; that of an extension is in brackets. */
  readonly entries: ReadonlyMap<string, OptionValue>
}

export type OptionValue = StringValue | PlainValue | ListValue | MapValue

export interface Option {
  readonly name: readonly OptionNamePart[]
  readonly value: OptionValue
}

export type Label = 'optional' | 'required' | 'repeated'

/** The type of a field: the name of a scalar or of another type as it is written, or a map. */
export type FieldType =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'map'; readonly key: string; readonly value: string }

export interface Field {
  readonly at: number
  readonly label: Label | undefined
  readonly type: FieldType
  readonly name: string
  readonly number: number
  readonly options: readonly Option[]
}

/** A field and its message at once, which only proto2 has. */
export interface Group {
  readonly at: number
  readonly label: Label | undefined
  readonly number: number
  readonly options: readonly Option[]
  readonly message: Message
}

export interface Oneof {
  readonly at: number
  readonly name: string
  readonly options: readonly Option[]
  readonly fields: readonly Field[]
  readonly groups: readonly Group[]
}

export interface NumberRange {
  readonly kind: 'range'
  readonly first: number
  /** Inclusive. */
  readonly last: number
}

export interface OneNumber {
  readonly kind: 'number'
  readonly number: number
}

export interface ReservedName {
  readonly kind: 'name'
  readonly name: string
}

export interface Reserved {
  readonly at: number
  readonly values: readonly (OneNumber | NumberRange | ReservedName)[]
}

export interface Extensions {
  readonly at: number
  readonly values: readonly (OneNumber | NumberRange)[]
  readonly options: readonly Option[]
}

export interface Extend {
  readonly at: number
  /** The name of the message that gets the fields. */
  readonly extendee: string
  readonly fields: readonly Field[]
  readonly groups: readonly Group[]
}

export interface Message {
  readonly at: number
  readonly name: string
  readonly options: readonly Option[]
  readonly reserved: readonly Reserved[]
  readonly fields: readonly Field[]
  readonly oneofs: readonly Oneof[]
  readonly groups: readonly Group[]
  readonly extensions: readonly Extensions[]
  readonly extends: readonly Extend[]
  readonly messages: readonly Message[]
  readonly enums: readonly Enum[]
}

export interface EnumConstant {
  readonly at: number
  readonly name: string
  readonly number: number
  readonly options: readonly Option[]
}

export interface Enum {
  readonly at: number
  readonly name: string
  readonly options: readonly Option[]
  readonly reserved: readonly Reserved[]
  readonly constants: readonly EnumConstant[]
}

export interface Rpc {
  readonly at: number
  readonly name: string
  readonly request: string
  readonly isRequestStreamed: boolean
  readonly response: string
  readonly isResponseStreamed: boolean
  readonly options: readonly Option[]
}

export interface Service {
  readonly at: number
  readonly name: string
  readonly options: readonly Option[]
  readonly rpcs: readonly Rpc[]
}

export interface Import {
  readonly at: number
  readonly path: string
  readonly kind: 'plain' | 'public' | 'weak'
}

export interface ProtoFile {
  /** For telling where something is wrong; empty where it came in binary. */
  readonly text: string
  /** undefined: it does not say, which is proto2. */
  readonly syntax: 'proto2' | 'proto3' | undefined
  readonly edition: string | undefined
  readonly packageName: string | undefined
  readonly imports: readonly Import[]
  readonly options: readonly Option[]
  readonly messages: readonly Message[]
  readonly enums: readonly Enum[]
  readonly extends: readonly Extend[]
  readonly services: readonly Service[]
}

/** Field numbers go so far; what is declared `to max` ends here. */
export const MAX_FIELD_NUMBER = 536_870_911
export const MAX_ENUM_NUMBER = 2_147_483_647
export const MIN_ENUM_NUMBER = -2_147_483_648

const SCALARS: ReadonlySet<string> = new Set([
  'double',
  'float',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
  'bool',
  'string',
  'bytes',
])

export function isScalar(type: string): boolean {
  return SCALARS.has(type)
}

/** Of what keys of maps may be. */
export const isMapKey = (type: string): boolean => isScalar(type) && !['double', 'float', 'bytes'].includes(type)

/** Whether the options say `name = true`; options of extensions are not asked. */
export function isSet(options: readonly Option[], name: string): boolean {
  return options.some(
    (option) =>
      option.name.length === 1 &&
      option.name[0]?.name === name &&
      !option.name[0].isExtension &&
      option.value.kind === 'word' &&
      option.value.text === 'true',
  )
}
