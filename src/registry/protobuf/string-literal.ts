/** Strings in a `.proto` file are bytes: their text in UTF-8, and what is escaped in numbers as it is. */
import { invalidAt } from './place.ts'

export interface Literal {
  readonly bytes: Uint8Array
  /** Behind the closing quote. */
  readonly end: number
}

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
  ["'", 39],
  ['"', 34],
  ['?', 63],
])

/** Up to the next thing that is no plain character. */
const PLAIN = /[^\\\n"']+/y
const OCTAL = /[0-7]{1,3}/y
const HEX = /[xX]([0-9a-fA-F]{1,2})/y
const UNICODE = /u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})/y

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** What is escaped at `at`, which is behind the backslash. */
function escaped(text: string, at: number): { readonly bytes: Uint8Array; readonly end: number } {
  const simple = SIMPLE.get(text[at] ?? '')
  if (simple !== undefined) return { bytes: Uint8Array.of(simple), end: at + 1 }
  const octal = match(OCTAL, text, at)
  if (octal !== null) {
    const code = Number.parseInt(octal[0], 8)
    if (code > 255) throw invalidAt(text, at, 'an octal escape ends at \\377')
    return { bytes: Uint8Array.of(code), end: at + octal[0].length }
  }
  const hex = match(HEX, text, at)
  if (hex !== null) return { bytes: Uint8Array.of(Number.parseInt(hex[1] ?? '', 16)), end: at + hex[0].length }
  const unicode = match(UNICODE, text, at)
  const code = unicode === null ? Number.NaN : Number.parseInt(unicode[1] ?? unicode[2] ?? '', 16)
  if (unicode === null || code > 0x10_ff_ff) throw invalidAt(text, at, 'an escape that a string cannot have')
  return { bytes: Buffer.from(String.fromCodePoint(code)), end: at + unicode[0].length }
}

/** The literal that begins at `at`, with a quote. */
export function readLiteral(text: string, at: number): Literal {
  const quote = text[at]
  const chunks: Uint8Array[] = []
  let position = at + 1
  for (;;) {
    const plain = match(PLAIN, text, position)
    if (plain !== null) {
      chunks.push(Buffer.from(plain[0]))
      position += plain[0].length
    }
    const character = text[position]
    if (character === quote) return { bytes: Buffer.concat(chunks), end: position + 1 }
    if (character === undefined || character === '\n') throw invalidAt(text, at, 'a string without its end')
    if (character === '\\') {
      const found = escaped(text, position + 1)
      chunks.push(found.bytes)
      position = found.end
    } else {
      chunks.push(Buffer.from(character))
      position++
    }
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
])

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
}

/** Between the quotes. */
export function escapedText(text: string, isBinary: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are escaped
  const known = text.replace(/[\u0000-\u001f\u007f\\'"]/g, (character) => ESCAPES.get(character) ?? octal(character))
  return isBinary ? known.replace(/[\u0080-\u00ff]/g, octal) : known
}
