/** Options: `option java_package = "a";`, `[(acme.limit).most = 3, deprecated = true]`. */
import type { Option, OptionNamePart, OptionValue } from './model.ts'
import type { TokenReader } from './token-reader.ts'

/** Values within values go no deeper, and names have no more parts. */
const MAX_DEPTH = 100

/** `[a = 1, b = 2]`, where there is one. */
export function readFieldOptions(reader: TokenReader): readonly Option[] {
  const options: Option[] = []
  if (!reader.take('[')) return options
  do options.push(readOption(reader))
  while (reader.take(','))
  reader.expect(']')
  return options
}

/** Behind the word `option`, to the semicolon. */
export function readOptionStatement(reader: TokenReader): Option {
  const option = readOption(reader)
  reader.expect(';')
  return option
}

function readOption(reader: TokenReader): Option {
  const name = [readNamePart(reader)]
  while (reader.take('.')) {
    if (name.length > MAX_DEPTH) throw reader.invalid(`the name of an option has more than ${MAX_DEPTH} parts`)
    name.push(readNamePart(reader))
  }
  reader.expect('=')
  return { name, value: readValue(reader, 0) }
}

function readNamePart(reader: TokenReader): OptionNamePart {
  if (!reader.take('(')) return { name: reader.word('the name of an option'), isExtension: false }
  const name = reader.typeName('the name of an option')
  reader.expect(')')
  return { name, isExtension: true }
}

function readValue(reader: TokenReader, depth: number): OptionValue {
  if (depth > MAX_DEPTH) throw reader.invalid(`the value of an option goes deeper than ${MAX_DEPTH}`)
  if (reader.isAtString) return reader.string('a string')
  if (reader.take('{')) return readMap(reader, '}', depth)
  if (reader.take('<')) return readMap(reader, '>', depth)
  if (reader.take('[')) return readList(reader, depth)
  const sign = reader.take('-') ? '-' : ''
  if (reader.isAtNumber) return { kind: 'number', text: sign + reader.number() }
  const word = reader.word('the value of an option')
  return { kind: sign === '' ? 'word' : 'number', text: sign + word }
}

function readList(reader: TokenReader, depth: number): OptionValue {
  const values: OptionValue[] = []
  while (!reader.take(']')) {
    values.push(readValue(reader, depth + 1))
    if (!reader.isAt(']')) reader.expect(',')
  }
  return { kind: 'list', values }
}

/** The text format of a message: behind the opening brace, to the closing one. */
function readMap(reader: TokenReader, end: string, depth: number): OptionValue {
  const values = new Map<string, OptionValue[]>()
  while (!reader.take(end)) {
    const key = readKey(reader)
    // What is in braces or brackets needs no colon before it.
    if (!reader.take(':') && !reader.isAt('{') && !reader.isAt('<') && !reader.isAt('[')) throw reader.unexpected("':'")
    const value = readValue(reader, depth + 1)
    const before = values.get(key)
    if (before === undefined) values.set(key, [value])
    else before.push(value)
    if (!reader.take(',')) reader.take(';')
  }
  return { kind: 'map', entries: new Map([...values].map(([key, all]) => [key, together(all)])) }
}

/** A field that comes more than once, or with lists of values, has one list of all. */
function together(values: readonly OptionValue[]): OptionValue {
  const [only] = values
  if (values.length === 1 && only !== undefined) return only
  return { kind: 'list', values: values.flatMap((value) => (value.kind === 'list' ? value.values : [value])) }
}

/** The name of a field, or that of an extension or of a type's address in brackets. */
function readKey(reader: TokenReader): string {
  if (!reader.take('[')) return reader.word('the name of a field')
  let name = reader.typeName('the name of an extension')
  while (reader.take('/')) name += `/${reader.fullName('the name of a type')}`
  reader.expect(']')
  return `[${name}]`
}
