/** Messages and what stands in them: fields, groups, oneofs, ranges, and the fields that other messages get. */
import { readEnum, readReserved } from './enum-parser.ts'
import {
  type Enum,
  type Extend,
  type Extensions,
  type Field,
  type FieldType,
  type Group,
  isMapKey,
  type Label,
  MAX_FIELD_NUMBER,
  type Message,
  type NumberRange,
  type OneNumber,
  type Oneof,
  type Option,
  type Reserved,
} from './model.ts'
import { readFieldOptions, readOptionStatement } from './option-parser.ts'
import type { TokenReader } from './token-reader.ts'

/** Messages within messages go no deeper: protoc takes fewer. */
const MAX_DEPTH = 100

/** What of the file decides how a field is written. */
export interface Dialect {
  readonly name: 'proto2' | 'proto3' | 'edition'
}

interface MessageParts {
  readonly options: Option[]
  readonly reserved: Reserved[]
  readonly fields: Field[]
  readonly oneofs: Oneof[]
  readonly groups: Group[]
  readonly extensions: Extensions[]
  readonly extends: Extend[]
  readonly messages: Message[]
  readonly enums: Enum[]
}

/** Where fields and groups are put. */
type FieldsAndGroups = Pick<MessageParts, 'fields' | 'groups'>

/** Behind the word `message`. */
export function readMessage(reader: TokenReader, dialect: Dialect, at: number, depth: number): Message {
  const name = reader.word('the name of a message')
  return { at, name, ...readBody(reader, dialect, depth) }
}

function readBody(reader: TokenReader, dialect: Dialect, depth: number): MessageParts {
  if (depth > MAX_DEPTH) throw reader.invalid(`messages go deeper than ${MAX_DEPTH} within each other`)
  const parts: MessageParts = {
    options: [],
    reserved: [],
    fields: [],
    oneofs: [],
    groups: [],
    extensions: [],
    extends: [],
    messages: [],
    enums: [],
  }
  reader.expect('{')
  while (!reader.take('}')) readElement(reader, dialect, depth, parts)
  return parts
}

function readElement(reader: TokenReader, dialect: Dialect, depth: number, parts: MessageParts): void {
  const at = reader.at
  if (reader.take(';')) return
  if (reader.take('message')) parts.messages.push(readMessage(reader, dialect, at, depth + 1))
  else if (reader.take('enum')) parts.enums.push(readEnum(reader, at))
  else if (reader.take('option')) parts.options.push(readOptionStatement(reader))
  else if (reader.take('oneof')) parts.oneofs.push(readOneof(reader, dialect, at, depth))
  else if (reader.take('reserved')) parts.reserved.push(readReserved(reader, at, 1, MAX_FIELD_NUMBER))
  else if (reader.take('extensions')) parts.extensions.push(readExtensions(reader, at))
  else if (reader.take('extend')) parts.extends.push(readExtend(reader, dialect, at, depth))
  else readFieldOrGroup(reader, dialect, depth, parts, false)
}

/** Behind the word `extend`. */
export function readExtend(reader: TokenReader, dialect: Dialect, at: number, depth: number): Extend {
  const extendee = reader.typeName('the name of a message')
  const into: FieldsAndGroups = { fields: [], groups: [] }
  reader.expect('{')
  while (!reader.take('}')) {
    if (!reader.take(';')) readFieldOrGroup(reader, dialect, depth, into, false)
  }
  return { at, extendee, ...into }
}

function readOneof(reader: TokenReader, dialect: Dialect, at: number, depth: number): Oneof {
  const name = reader.word('the name of a oneof')
  const into: FieldsAndGroups = { fields: [], groups: [] }
  const options: Option[] = []
  reader.expect('{')
  while (!reader.take('}')) {
    if (reader.take(';')) continue
    if (reader.take('option')) options.push(readOptionStatement(reader))
    else readFieldOrGroup(reader, dialect, depth, into, true)
  }
  return { at, name, options, ...into }
}

function readFieldOrGroup(
  reader: TokenReader,
  dialect: Dialect,
  depth: number,
  into: FieldsAndGroups,
  isInOneof: boolean,
): void {
  const at = reader.at
  const label = readLabel(reader, dialect, isInOneof)
  if (reader.take('group')) {
    into.groups.push(readGroup(reader, dialect, at, label, depth))
    return
  }
  const type = readFieldType(reader)
  if (type.kind === 'map') {
    if (label !== undefined) throw reader.invalid('a map has no label', at)
    if (isInOneof) throw reader.invalid('a map cannot be in a oneof', at)
  } else if (label === undefined && dialect.name === 'proto2' && !isInOneof) {
    throw reader.invalid("a field needs 'optional', 'required' or 'repeated' before it", at)
  }
  const name = reader.word('the name of a field')
  reader.expect('=')
  const number = reader.integer('the number of a field', 1, MAX_FIELD_NUMBER)
  const options = defaultsLast(readFieldOptions(reader))
  reader.expect(';')
  into.fields.push({ at, label, type, name, number, options })
}

function readLabel(reader: TokenReader, dialect: Dialect, isInOneof: boolean): Label | undefined {
  const at = reader.at
  const label = reader.take('optional')
    ? 'optional'
    : reader.take('required')
      ? 'required'
      : reader.take('repeated')
        ? 'repeated'
        : undefined
  if (label !== undefined && isInOneof) throw reader.invalid('a field of a oneof has no label', at)
  if (label === 'required' && dialect.name === 'proto3') throw reader.invalid("proto3 has no 'required'", at)
  if (label !== undefined && label !== 'repeated' && dialect.name === 'edition') {
    throw reader.invalid(`editions have no '${label}': it is the feature field_presence`, at)
  }
  return label
}

function readFieldType(reader: TokenReader): FieldType {
  const name = reader.typeName('the type of a field')
  if (name !== 'map' || !reader.take('<')) return { kind: 'name', name }
  const at = reader.at
  const key = reader.word('the type of the keys')
  if (!isMapKey(key)) throw reader.invalid(`the keys of a map cannot be of the type ${key}`, at)
  reader.expect(',')
  const value = reader.typeName('the type of the values')
  reader.expect('>')
  return { kind: 'map', key, value }
}

function readGroup(reader: TokenReader, dialect: Dialect, at: number, label: Label | undefined, depth: number): Group {
  const nameAt = reader.at
  const name = reader.word('the name of a group')
  if (!/^[A-Z]/.test(name)) throw reader.invalid('the name of a group begins with a capital letter', nameAt)
  reader.expect('=')
  const number = reader.integer('the number of a group', 1, MAX_FIELD_NUMBER)
  const options = readFieldOptions(reader)
  return { at, label, number, options, message: { at, name, ...readBody(reader, dialect, depth + 1) } }
}

/** What a field is worth where it is missing, and its name in JSON, stand behind its other options. */
function defaultsLast(options: readonly Option[]): readonly Option[] {
  const isOf = (option: Option, name: string) =>
    option.name.length === 1 && option.name[0]?.name === name && !option.name[0].isExtension
  const defaults = options.filter((option) => isOf(option, 'default'))
  const jsonNames = options.filter((option) => isOf(option, 'json_name'))
  if (defaults.length + jsonNames.length === 0) return options
  const others = options.filter((option) => !isOf(option, 'default') && !isOf(option, 'json_name'))
  // Of several, the last one counts.
  return [...others, ...defaults.slice(-1), ...jsonNames.slice(-1)]
}

function readExtensions(reader: TokenReader, at: number): Extensions {
  const values: (OneNumber | NumberRange)[] = []
  do values.push(readRange(reader))
  while (reader.take(','))
  const options = readFieldOptions(reader)
  reader.expect(';')
  return { at, values, options }
}

function readRange(reader: TokenReader): OneNumber | NumberRange {
  const first = reader.integer('the number of a field', 1, MAX_FIELD_NUMBER)
  if (!reader.take('to')) return { kind: 'number', number: first }
  if (reader.take('max')) return { kind: 'range', first, last: MAX_FIELD_NUMBER }
  return { kind: 'range', first, last: reader.integer('the number of a field', first, MAX_FIELD_NUMBER) }
}
