/** A schema as people read it. What it says stays to the letter: numbers, names and their order are not touched. */
import { prettyXml } from './pretty-xml.ts'

const widthMax = 80
const indentation = '  '
/** What nests deeper is shown as it is: each level is indented. */
const depthMax = 200

/** Ends without a line feed. */
export function prettySchema(schemaType: string, schema: string): string {
  // The terminal sees text alone, whatever somebody has registered.
  return laidOut(schemaType, schema)

    .replaceAll('\r\n', '\n')
    .trimEnd()
    .replace(/[^\P{Cc}\n\t]/gu, '?')
}

/** That of Protobuf comes in lines. */
function laidOut(schemaType: string, schema: string): string {
  if (schemaType === 'XML') return prettyXml(schema)
  return schemaType === 'AVRO' || schemaType === 'JSON' ? prettyJson(schema) : schema
}

/** What is no JSON stays as it is. */
function prettyJson(text: string): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  // It is JSON: so each token is one of these, and they stand in an order that makes sense.
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g) ?? []
  return new JsonLayout(tokens).laidOut() ?? text
}

const closing: Readonly<Record<string, string>> = { '{': '}', '[': ']' }

class JsonLayout {
  readonly #tokens: readonly string[]
  #next = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  /** Undefined where it nests too deep. */
  laidOut(): string | undefined {
    return this.#value(0)
  }

  #take(): string {
    return this.#tokens[this.#next++] ?? ''
  }

  #value(depth: number): string | undefined {
    const first = this.#take()
    const last = closing[first]
    if (last === undefined) return first
    if (depth >= depthMax) return undefined
    const items: string[] = []
    while (this.#tokens[this.#next] !== last) {
      if (this.#tokens[this.#next] === ',') this.#next++
      const item = first === '{' ? this.#member(depth) : this.#value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
    }
    this.#next++
    return joined(items, first, last, depth)
  }

  #member(depth: number): string | undefined {
    const name = this.#take()
    this.#next++
    const value = this.#value(depth + 1)
    return value === undefined ? undefined : `${name}: ${value}`
  }
}

/** In one line where that is short, and holds no other lines. */
function joined(items: readonly string[], first: string, last: string, depth: number): string {
  if (items.length === 0) return first + last
  const space = first === '{' ? ' ' : ''
  const line = `${first}${space}${items.join(', ')}${space}${last}`
  const isFlat = items.every((it) => !/[\n{]/.test(it.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '')))
  if (isFlat && line.length + depth * indentation.length <= widthMax) return line
  const inner = `\n${indentation.repeat(depth + 1)}`
  return `${first}${inner}${items.join(`,${inner}`)}\n${indentation.repeat(depth)}${last}`
}
