/**
 * JSON as a schema registry has to keep it: numbers stay what was written (1.0 is not 1, and no digit is lost), and the keys of an
 * object stay in their order. `JSON.parse` keeps neither.
 */
import { InvalidSchemaError } from '../formats/format.ts'

/** A number, as it was written. */
export class JsonNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

export type JsonObject = ReadonlyMap<string, JsonNode>
export type JsonArray = readonly JsonNode[]
export type JsonNode = null | boolean | string | JsonNumber | JsonArray | JsonObject

export const isObject = (node: JsonNode | undefined): node is JsonObject => node instanceof Map
export const isArray = (node: JsonNode | undefined): node is JsonArray => Array.isArray(node)

/** Deeper ones are refused: all that walks over a schema may call itself once for each level. */
export const jsonDepthMax = 200
/** Of one number, in characters; as Jackson has it. */
const numberLengthMax = 1000
/** What is beyond has no use in a schema, and would make arithmetic slow. */
const exponentDigitsMax = 6

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const word = /true|false|null/y

/** Throws InvalidSchemaError, with the line and column of what is wrong. */
export const parseJson = (text: string): JsonNode => new Parser(text).document()

class Parser {
  readonly #text: string
  #position = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): JsonNode {
    const node = this.#value()
    this.#skipSpace()
    if (this.#position < this.#text.length) throw this.#error('nothing more')
    return node
  }

  #value(): JsonNode {
    this.#skipSpace()
    const first = this.#text[this.#position]
    if (first === '{') return this.#nested(() => this.#object())
    if (first === '[') return this.#nested(() => this.#array())
    if (first === '"') return this.#string()
    const found = this.#match(word)
    if (found === undefined) return this.#number()
    return found === 'null' ? null : found === 'true'
  }

  #nested<T>(read: () => T): T {
    this.#depth++
    if (this.#depth > jsonDepthMax) throw this.#error(`at most ${jsonDepthMax} levels`)
    this.#position++
    const node = read()
    this.#depth--
    return node
  }

  #object(): JsonObject {
    const members = new Map<string, JsonNode>()
    if (this.#takes('}')) return members
    do {
      this.#skipSpace()
      const key = this.#string()
      if (!this.#takes(':')) throw this.#error("':'")
      members.set(key, this.#value())
    } while (this.#takes(','))
    if (!this.#takes('}')) throw this.#error("',' or '}'")
    return members
  }

  #array(): JsonArray {
    const items: JsonNode[] = []
    if (this.#takes(']')) return items
    do {
      items.push(this.#value())
    } while (this.#takes(','))
    if (!this.#takes(']')) throw this.#error("',' or ']'")
    return items
  }

  #string(): string {
    const start = this.#position
    const source = this.#stringSource()
    try {
      const value: unknown = JSON.parse(source)
      if (typeof value === 'string') return value
    } catch {
      // Falls through to the error: an escape that there is not, or a control character.
    }
    this.#position = start
    throw this.#error('a string')
  }

  /** By hand and not by a pattern: one that is a million characters long would overflow the stack of the engine. */
  #stringSource(): string {
    const start = this.#position
    if (this.#text[start] !== '"') throw this.#error('a string')
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1
    this.#position = end + 1
    return this.#text.slice(start, end + 1)
  }

  #number(): JsonNumber {
    const source = this.#match(number)
    if (source === undefined) throw this.#error('a value')
    const exponent = /[eE][+-]?0*([0-9]*)/.exec(source)?.[1] ?? ''
    if (source.length > numberLengthMax || exponent.length > exponentDigitsMax) {
      this.#position -= source.length
      throw this.#error('a number of a reasonable size')
    }
    return new JsonNumber(source)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#position += found.length
    return found
  }

  #skipSpace(): void {
    this.#match(space)
  }

  #takes(mark: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#position] !== mark) return false
    this.#position++
    return true
  }

  #error(expected: string): InvalidSchemaError {
    const before = this.#text.slice(0, this.#position).split('\n')
    const column = (before.at(-1)?.length ?? 0) + 1
    return new InvalidSchemaError(`not JSON: expected ${expected} at line ${before.length}, column ${column}`)
  }
}
