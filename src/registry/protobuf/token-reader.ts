/** Takes a `.proto` text apart, token by token, with one token of looking ahead. */
import type { InvalidSchemaError } from '../formats/format.ts'
import type { StringValue } from './model.ts'
import { invalidAt, shown } from './place.ts'
import { readLiteral } from './string-literal.ts'

interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'symbol' | 'end'
  readonly at: number
  /** As it is written. */
  readonly text: string
}

const SPACE = /(?:[ \t\r\n\v\f]+|\/\/[^\n]*)+/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fF]?/y
const WORD_CHARACTER = /[A-Za-z0-9_]/
const SYMBOLS = '{}[]()<>=;:,.-/+'

export class TokenReader {
  readonly text: string
  #at = 0
  #next: Token

  constructor(text: string) {
    this.text = text
    // A byte order mark says nothing.
    if (text.startsWith('\ufeff')) this.#at = 1
    this.#next = this.#read()
  }

  /** Where the next token begins. */
  get at(): number {
    return this.#next.at
  }

  get isAtEnd(): boolean {
    return this.#next.kind === 'end'
  }

  get isAtWord(): boolean {
    return this.#next.kind === 'word'
  }

  get isAtNumber(): boolean {
    return this.#next.kind === 'number'
  }

  get isAtString(): boolean {
    return this.#next.kind === 'string'
  }

  /** Whether the next token is this word or symbol. */
  isAt(text: string): boolean {
    return this.#next.text === text && this.#next.kind !== 'string'
  }

  /** Takes the next token where it is this word or symbol. */
  take(text: string): boolean {
    if (!this.isAt(text)) return false
    this.#advance()
    return true
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(`'${text}'`)
  }

  word(what: string): string {
    if (this.#next.kind !== 'word') throw this.unexpected(what)
    return this.#advance().text
  }

  /** Words with dots between them. */
  fullName(what: string): string {
    const parts = [this.word(what)]
    while (this.take('.')) parts.push(this.word(what))
    return parts.join('.')
  }

  /** The same, and a dot may stand before it. */
  typeName(what: string): string {
    return this.take('.') ? `.${this.fullName(what)}` : this.fullName(what)
  }

  /** As it is written. */
  number(): string {
    if (this.#next.kind !== 'number') throw this.unexpected('a number')
    return this.#advance().text
  }

  /** A whole number within the bounds, which may be written in octal or hexadecimal. */
  integer(what: string, min: number, max: number): number {
    const at = this.at
    const isNegative = this.take('-')
    if (this.#next.kind !== 'number') throw this.unexpected(what)
    const written = this.#advance().text
    const magnitude = wholeNumber(written)
    if (magnitude === undefined) throw invalidAt(this.text, at, `expected ${what}, not ${shown(written)}`)
    const value = isNegative ? -magnitude : magnitude
    if (value < min || value > max) {
      throw invalidAt(
        this.text,
        at,
        `${what} is from ${min} to ${max}, not ${isNegative ? '-' : ''}${written.slice(0, 40)}`,
      )
    }
    return value
  }

  /** One string, which may be written in several pieces. */
  string(what: string): StringValue {
    if (this.#next.kind !== 'string') throw this.unexpected(what)
    const pieces: Uint8Array[] = []
    while (this.#next.kind === 'string') pieces.push(readLiteral(this.text, this.#advance().at).bytes)
    return stringOf(Buffer.concat(pieces))
  }

  unexpected(wanted: string): InvalidSchemaError {
    const found = this.#next.kind === 'end' ? 'the end of the text' : shown(this.#next.text)
    return this.invalid(`expected ${wanted}, not ${found}`)
  }

  invalid(message: string, at: number = this.at): InvalidSchemaError {
    return invalidAt(this.text, at, message)
  }

  #advance(): Token {
    const token = this.#next
    this.#next = this.#read()
    return token
  }

  #read(): Token {
    this.#skip()
    const at = this.#at
    const first = this.text[at]
    if (first === undefined) return { kind: 'end', at, text: '' }
    const word = this.#match(WORD)
    if (word !== undefined) return { kind: 'word', at, text: word }
    const number = this.#match(NUMBER)
    if (number !== undefined) {
      if (WORD_CHARACTER.test(this.text[this.#at] ?? ''))
        throw invalidAt(this.text, at, 'a number that goes on in letters')
      return { kind: 'number', at, text: number }
    }
    if (first === '"' || first === "'") {
      this.#at = readLiteral(this.text, at).end
      return { kind: 'string', at, text: this.text.slice(at, this.#at) }
    }
    if (!SYMBOLS.includes(first)) throw invalidAt(this.text, at, `a character that has no place here: ${shown(first)}`)
    this.#at++
    return { kind: 'symbol', at, text: first }
  }

  /** Over spaces and comments. */
  #skip(): void {
    for (;;) {
      this.#match(SPACE)
      if (!this.text.startsWith('/*', this.#at)) return
      const end = this.text.indexOf('*/', this.#at + 2)
      if (end < 0) throw invalidAt(this.text, this.#at, 'a comment without its end')
      this.#at = end + 2
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }
}

/** undefined: it is none. */
export function wholeNumber(written: string): number | undefined {
  if (/^0[0-7]+$/.test(written)) return Number.parseInt(written, 8)
  return /^(?:0[xX][0-9a-fA-F]+|0|[1-9]\d*)$/.test(written) ? Number(written) : undefined
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function stringOf(bytes: Uint8Array): StringValue {
  try {
    return { kind: 'string', text: UTF8.decode(bytes), isBinary: false }
  } catch {
    return { kind: 'string', text: Buffer.from(bytes).toString('latin1'), isBinary: true }
  }
}
