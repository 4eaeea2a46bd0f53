/** Enums, and the numbers and names that an enum or a message keeps free. */
import {
  type Enum,
  type EnumConstant,
  MAX_ENUM_NUMBER,
  MIN_ENUM_NUMBER,
  type NumberRange,
  type OneNumber,
  type Option,
  type Reserved,
  type ReservedName,
} from './model.ts'
import { readFieldOptions, readOptionStatement } from './option-parser.ts'
import type { TokenReader } from './token-reader.ts'

/** Behind the word `enum`. */
export function readEnum(reader: TokenReader, at: number): Enum {
  const name = reader.word('the name of an enum')
  const options: Option[] = []
  const reserved: Reserved[] = []
  const constants: EnumConstant[] = []
  reader.expect('{')
  while (!reader.take('}')) {
    const elementAt = reader.at
    if (reader.take(';')) continue
    if (reader.take('option')) options.push(readOptionStatement(reader))
    else if (reader.take('reserved')) {
      reserved.push(readReserved(reader, elementAt, MIN_ENUM_NUMBER, MAX_ENUM_NUMBER))
    } else constants.push(readConstant(reader, elementAt))
  }
  return { at, name, options, reserved, constants }
}

function readConstant(reader: TokenReader, at: number): EnumConstant {
  const name = reader.word('the name of a constant')
  reader.expect('=')
  const number = reader.integer('the number of a constant', MIN_ENUM_NUMBER, MAX_ENUM_NUMBER)
  const options = readFieldOptions(reader)
  reader.expect(';')
  return { at, name, number, options }
}

/** Behind the word `reserved`. */
export function readReserved(reader: TokenReader, at: number, min: number, max: number): Reserved {
  const values: (OneNumber | NumberRange | ReservedName)[] = []
  do values.push(readReservedValue(reader, min, max))
  while (reader.take(','))
  reader.expect(';')
  return { at, values }
}

function readReservedValue(reader: TokenReader, min: number, max: number): OneNumber | NumberRange | ReservedName {
  if (reader.isAtString) return { kind: 'name', name: reader.string('a name').text }
  // As editions write it.
  if (reader.isAtWord) return { kind: 'name', name: reader.word('a name') }
  const first = reader.integer('a reserved number', min, max)
  if (!reader.take('to')) return { kind: 'number', number: first }
  if (reader.take('max')) return { kind: 'range', first, last: max }
  return { kind: 'range', first, last: reader.integer('a reserved number', first, max) }
}
