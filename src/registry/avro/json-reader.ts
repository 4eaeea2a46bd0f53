/**
 * Reads JSON as Jackson does for Java's Avro library: comments are allowed, the last of two properties of one name holds, and nothing but
 * white space follows. Bounded in depth.
 */
import { InvalidSchemaError } from '../formats/format.ts'
import type { Json, JsonNumber } from './json.ts'

export const depthMax = 200

/** Digits beyond these are made to be slow. */
const numberLengthMax = 1000

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const plain = /[^"\\]*/y
const hex = /[0-9a-fA-F]{4}/y

const escapes = new Map(Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }))

const words = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Throws InvalidSchemaError. */
export function readJson(text: string): Json {
  const reader = new JsonReader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Json {
    if (depth > depthMax) throw this.#error(`it is nested deeper than ${depthMax}`)
    this.#skip()
    const char = this.#text[this.#at]
    if (char === '{') return this.#object(depth)
    if (char === '[') return this.#array(depth)
    if (char === '"') return this.#string()
    if (char === undefined) throw this.#error('a value is missing')
    return char === '-' || (char >= '0' && char <= '9') ? this.#number() : this.#word()
  }

  end(): void {
    for (let i = this.#at; i < this.#text.length; i++) {
      if (this.#text.charCodeAt(i) > 0x20) {
        this.#at = i
        throw this.#error('something follows')
      }
    }
  }

  #object(depth: number): Json {
    const object = new Map<string, Json>()
    this.#at++
    if (this.#take('}')) return object
    do {
      this.#skip()
      if (this.#text[this.#at] !== '"') throw this.#error('the name of a property is missing')
      const name = this.#string()
      if (!this.#take(':')) throw this.#error("a ':' is missing")
      object.set(name, this.value(depth + 1))
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#error("a ',' or '}' is missing")
    return object
  }

  #array(depth: number): Json {
    const array: Json[] = []
    this.#at++
    if (this.#take(']')) return array
    do array.push(this.value(depth + 1))
    while (this.#take(','))
    if (!this.#take(']')) throw this.#error("a ',' or ']' is missing")
    return array
  }

  #string(): string {
    const parts: string[] = []
    this.#at++
    for (;;) {
      parts.push(this.#plain())
      const char = this.#text[this.#at]
      if (char === undefined) throw this.#error('a string has no end')
      this.#at++
      if (char === '"') return parts.join('')
      parts.push(this.#escape())
    }
  }

  /** Up to the next escape or the end. */
  #plain(): string {
    const part = this.#match(plain)?.[0] ?? ''
    for (let i = 0; i < part.length; i++) {
      if (part.charCodeAt(i) < 0x20) throw this.#error('a string has a control character')
    }
    return part
  }

  #escape(): string {
    const char = this.#text[this.#at] ?? ''
    this.#at++
    if (char !== 'u') {
      const meant = escapes.get(char)
      if (meant === undefined) throw this.#error('a string has an unknown escape')
      return meant
    }
    const digits = this.#match(hex)
    if (digits === null) throw this.#error('a string has an escape without its four digits')
    return String.fromCharCode(Number.parseInt(digits[0], 16))
  }

  #number(): JsonNumber {
    const match = this.#match(number)
    if (match === null || /[\w.+-]/.test(this.#text[this.#at] ?? '')) throw this.#error('a number is malformed')
    const [text, fraction, exponent] = match
    if (text.length > numberLengthMax) throw this.#error(`a number has more than ${numberLengthMax} digits`)
    if (fraction !== undefined || exponent !== undefined) return { kind: 'real', value: Number(text) }
    return { kind: 'integer', digits: text === '-0' ? '0' : text }
  }

  #word(): Json {
    for (const [word, value] of words) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      if (/[\w$]/.test(this.#text[this.#at] ?? '')) break
      return value
    }
    throw this.#error('there is no value')
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match !== null) this.#at = pattern.lastIndex
    return match
  }

  #take(char: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  /** White space and comments. */
  #skip(): void {
    for (;;) {
      const char = this.#text[this.#at]
      if (char === ' ' || char === '\n' || char === '\r' || char === '\t') this.#at++
      else if (char === '/') this.#comment()
      else return
    }
  }

  #comment(): void {
    const isBlock = this.#text.startsWith('/*', this.#at)
    if (!isBlock && !this.#text.startsWith('//', this.#at)) throw this.#error("a '/' begins no comment")
    if (!isBlock) {
      while (this.#at < this.#text.length && !/[\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++
      return
    }
    const end = this.#text.indexOf('*/', this.#at + 2)
    if (end < 0) throw this.#error('a comment has no end')
    this.#at = end + 2
  }

  #error(what: string): InvalidSchemaError {
    return new InvalidSchemaError(`not JSON: ${what} at character ${this.#at + 1}`)
  }
}
