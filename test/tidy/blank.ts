/**
 * Blanks comments and what stands inside strings, templates and regular expressions, so that simple searches see code
 * alone. Every character keeps its place: offsets and lines of the blanked text are those of the source. A lexer by
 * halves, enough for the formatted TypeScript of this repository.
 */

/** Words after which a slash begins a regular expression, not a division. */
const beforeRegex = new Set(['return', 'case', 'typeof', 'in', 'of', 'void', 'delete', 'do', 'else', 'yield', 'await'])

class Blanker {
  readonly #source: string
  readonly #out: string[]
  #at = 0
  /** Depth of braces at which each open `${` ends. */
  readonly #templates: number[] = []
  #braces = 0

  constructor(source: string) {
    this.#source = source
    this.#out = source.split('')
  }

  run(): string {
    while (this.#at < this.#source.length) this.#step()
    return this.#out.join('')
  }

  #step(): void {
    const character = this.#source[this.#at]
    const two = this.#source.slice(this.#at, this.#at + 2)
    if (two === '//') this.#blankTo(this.#indexOrEnd('\n'))
    else if (two === '/*') this.#blankTo(this.#indexOrEnd('*/', 2) + 2)
    else if (character === "'" || character === '"') this.#quoted(character)
    else if (character === '`') this.#template()
    else if (character === '/' && this.#regexMayBegin()) this.#regex()
    else if (character === '}') this.#closeBrace()
    else {
      if (character === '{') this.#braces++
      this.#at++
    }
  }

  #closeBrace(): void {
    if (this.#templates.at(-1) === this.#braces) {
      this.#templates.pop()
      this.#template()
    } else {
      this.#braces--
      this.#at++
    }
  }

  #indexOrEnd(text: string, skip = 0): number {
    const found = this.#source.indexOf(text, this.#at + skip)
    return found < 0 ? this.#source.length : found
  }

  #blankTo(end: number): void {
    for (; this.#at < end && this.#at < this.#out.length; this.#at++) {
      if (this.#source[this.#at] !== '\n') this.#out[this.#at] = ' '
    }
  }

  /** Blanks up to the unescaped `quote` and steps over it; the quotes stay. */
  #quoted(quote: string): void {
    let end = this.#at + 1
    while (end < this.#source.length && this.#source[end] !== quote) end += this.#source[end] === '\\' ? 2 : 1
    this.#at++
    this.#blankTo(end)
    this.#at++
  }

  /** From a backtick, or from the brace that ends an expression inside a template. */
  #template(): void {
    let end = this.#at + 1
    while (end < this.#source.length && this.#source[end] !== '`') {
      if (this.#source.startsWith('${', end)) {
        this.#at++
        this.#blankTo(end)
        this.#templates.push(this.#braces)
        this.#at = end + 2
        return
      }
      end += this.#source[end] === '\\' ? 2 : 1
    }
    this.#at++
    this.#blankTo(end)
    this.#at++
  }

  #regexMayBegin(): boolean {
    const before = this.#out
      .slice(Math.max(0, this.#at - 200), this.#at)
      .join('')
      .trimEnd()
    if (before === '' || /[=(,:;!&|?{}[\n+*%<>~^-]$/.test(before)) return true
    const word = /([A-Za-z]+)$/.exec(before)?.[1]
    return word !== undefined && beforeRegex.has(word)
  }

  #regex(): void {
    let end = this.#at + 1
    let isInClass = false
    for (; end < this.#source.length; end++) {
      const character = this.#source[end]
      if (character === '\n') break
      if (character === '\\') end++
      else if (character === '[') isInClass = true
      else if (character === ']') isInClass = false
      else if (character === '/' && !isInClass) break
    }
    this.#at++
    this.#blankTo(end)
    this.#at++
  }
}

export const blank = (source: string): string => new Blanker(source).run()

/** The line of an offset, counted from 1. */
export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
