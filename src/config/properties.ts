/**
 * The `java.util.Properties` text format: `server.properties` and `meta.properties`. Reads any text, for the format has
 * no errors but a bad unicode escape; writes as Java's `store` does, keys in the order given.
 */
import { ConfigError } from './config-error.ts'

const blank = (char: string): boolean => char === ' ' || char === '\t' || char === '\f'

/** Natural lines joined where one ends in an odd number of backslashes; blank lines and comments are left out. */
function* logicalLines(text: string): Generator<string> {
  let pending: string | undefined
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (pending === undefined && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0
    const continues = backslashes % 2 === 1
    const content = (pending ?? '') + (continues ? line.slice(0, -1) : line)
    pending = continues ? content : undefined
    if (!continues) yield content
  }
  if (pending !== undefined) yield pending
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function decode(text: string): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    if (escaped === 'u') throw new ConfigError(`Malformed \\uxxxx encoding in properties: ${text.slice(0, 80)}`)
    return escapes[escaped] ?? escaped
  })
}

/** Where the key ends: at the first `=`, `:` or blank that no backslash escapes. */
function keyEnd(line: string): number {
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (char === '\\') i++
    else if (char === '=' || char === ':' || blank(char)) return i
  }
  return line.length
}

function valueStart(line: string, keyEnd: number): number {
  let i = keyEnd
  while (i < line.length && blank(line.charAt(i))) i++
  if (line.charAt(i) === '=' || line.charAt(i) === ':') i++
  while (i < line.length && blank(line.charAt(i))) i++
  return i
}

/** Keys and values in order of first appearance; of duplicates the last value stays. */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const end = keyEnd(line)
    properties.set(decode(line.slice(0, end)), decode(line.slice(valueStart(line, end))))
  }
  return properties
}

function encode(text: string, isKey: boolean): string {
  let escaped = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    const code = text.charCodeAt(i)
    if (char === ' ') escaped += isKey || i === 0 ? '\\ ' : ' '
    else if (char === '\t') escaped += '\\t'
    else if (char === '\n') escaped += '\\n'
    else if (char === '\r') escaped += '\\r'
    else if (char === '\f') escaped += '\\f'
    else if ('=:#!\\'.includes(char)) escaped += `\\${char}`
    else if (code < 0x20 || code > 0x7e) escaped += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    else escaped += char
  }
  return escaped
}

/** The text that reads back as `properties`. `comments` become `#` lines at the top, as Kafka writes a date and nothing else. */
export function formatProperties(
  properties: ReadonlyMap<string, string>,
  options: { readonly comments?: readonly string[] } = {},
): string {
  const lines: string[] = []
  for (const comment of options.comments ?? []) lines.push(...comment.split(/\r\n|\n|\r/).map((line) => `#${line}`))
  for (const [name, value] of properties) lines.push(`${encode(name, true)}=${encode(value, false)}`)
  return lines.map((line) => `${line}\n`).join('')
}
