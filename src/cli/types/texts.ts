/** Texts that others wrote, as literals and comments of TypeScript, so that nothing of them is ever code. */

/**
 * Control characters, ends of lines that only JavaScript has, halves of surrogate pairs, and what turns the direction of writing: a reader
 * would see something else than the compiler does.
 */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const escaped = (char: string): string => short[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A string literal, in single quotes. */
export const stringText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replace(hidden, escaped)}'`

/** A template literal with nothing put in, whose lines are those of the text. */
export function linesText(text: string): string {
  const made = text
    .replace(/[\\`]|\$(?=\{)/g, '\\$&')
    .replace(hidden, (char) => (char === '\n' || char === '\t' ? char : escaped(char)))
  return `\`${made}\``
}

/**
 * A comment before a declaration, with the end of its last line; empty where it says nothing. It can neither be ended by what is in it, nor
 * tell the compiler what to pass over.
 */
export function commentText(doc: string | undefined, indent: string): string {
  const lines = (doc ?? '').split(/\r\n|[\n\r\u2028\u2029]/).map((line) =>
    line
      .replaceAll('\t', ' ')
      .replace(hidden, escaped)
      .replaceAll('*/', '*\\/')
      .replace(/@(?=ts-)/g, '@ ')
      .trimEnd(),
  )
  while (lines.length > 0 && lines[0]?.trim() === '') lines.shift()
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  const [first] = lines
  if (first === undefined) return ''
  // Behind a backslash, or a star, the end of the comment would look like a part of the text.
  if (lines.length === 1) return `${indent}/** ${first.trim()} */\n`
  const body = lines.map((line) => (line === '' ? `${indent} *\n` : `${indent} * ${line}\n`))
  return `${indent}/**\n${body.join('')}${indent} */\n`
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** The name of a property. In a literal, `__proto__` by itself would be no property, but what the object is made of. */
export function keyText(name: string): string {
  if (name === '__proto__') return "['__proto__']"
  return identifier.test(name) ? name : stringText(name)
}
