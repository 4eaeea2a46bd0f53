/** Regular expressions, as far as patterns of property names need them: what Java and JavaScript have in common. */

export type Expression =
  /** What it costs to look at a character, in characters that it is compared with. */
  | { readonly kind: 'character'; readonly accepts: (character: string) => boolean; readonly cost: number }
  | { readonly kind: 'edge'; readonly isAt: (text: readonly string[], position: number) => boolean }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly part: Expression; readonly min: number; readonly max: number | undefined }

type Accepts = (character: string) => boolean

const patternLengthMax = 2000

/** Undefined for what it does not know, or what is too long. */
export const parsePattern = (pattern: string): Expression | undefined => {
  if (pattern.length > patternLengthMax) return undefined
  try {
    return new PatternParser([...pattern]).whole()
  } catch (error) {
    if (error instanceof UnknownPattern) return undefined
    throw error
  }
}

class UnknownPattern extends Error {}

const isWordCharacter: Accepts = (character) => /^[A-Za-z0-9_]$/.test(character)
const isDigit: Accepts = (character) => /^[0-9]$/.test(character)
const isSpace: Accepts = (character) => /^\s$/.test(character)
const not =
  (accepts: Accepts): Accepts =>
  (character) =>
    !accepts(character)

const classes: ReadonlyMap<string, Accepts> = new Map([
  ['d', isDigit],
  ['D', not(isDigit)],
  ['w', isWordCharacter],
  ['W', not(isWordCharacter)],
  ['s', isSpace],
  ['S', not(isSpace)],
])

const controls: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
])

const isWordAt = (text: readonly string[], position: number): boolean => isWordCharacter(text[position] ?? '')
const isWordEdge = (text: readonly string[], position: number): boolean =>
  isWordAt(text, position - 1) !== isWordAt(text, position)

const groupsMax = 100

class PatternParser {
  readonly #pattern: readonly string[]
  #position = 0
  #depth = 0

  constructor(pattern: readonly string[]) {
    this.#pattern = pattern
  }

  whole(): Expression {
    const expression = this.#choice()
    if (this.#position < this.#pattern.length) throw new UnknownPattern()
    return expression
  }

  #choice(): Expression {
    const parts = [this.#sequence()]
    while (this.#takes('|')) parts.push(this.#sequence())
    return { kind: 'choice', parts }
  }

  #sequence(): Expression {
    const parts: Expression[] = []
    while (this.#position < this.#pattern.length && !['|', ')'].includes(this.#peek())) parts.push(this.#repeated())
    return { kind: 'sequence', parts }
  }

  #repeated(): Expression {
    const part = this.#atom()
    const range = this.#range()
    if (range === undefined) return part
    // Lazy or not makes no difference to whether something is found.
    this.#takes('?')
    if (['*', '+', '?', '{'].includes(this.#peek())) throw new UnknownPattern()
    return { kind: 'repeat', part, ...range }
  }

  #range(): { min: number; max: number | undefined } | undefined {
    if (this.#takes('*')) return { min: 0, max: undefined }
    if (this.#takes('+')) return { min: 1, max: undefined }
    if (this.#takes('?')) return { min: 0, max: 1 }
    if (!this.#takes('{')) return undefined
    const from = this.#number()
    if (from === undefined) throw new UnknownPattern()
    const to = this.#takes(',') ? this.#number() : from
    if (!this.#takes('}')) throw new UnknownPattern()
    return { min: from, max: to }
  }

  #number(): number | undefined {
    let digits = ''
    while (isDigit(this.#peek()) && digits.length < 5) digits += this.#next()
    return digits === '' ? undefined : Number(digits)
  }

  #atom(): Expression {
    const first = this.#next()
    switch (first) {
      case '(':
        return this.#group()
      case '[':
        return this.#set()
      case '.':
        return { kind: 'character', accepts: (character) => character !== '\n' && character !== '\r', cost: 1 }
      case '^':
        return { kind: 'edge', isAt: (_text, position) => position === 0 }
      case '$':
        return { kind: 'edge', isAt: (text, position) => position === text.length }
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
      case '{':
        throw new UnknownPattern()
      default:
        return { kind: 'character', accepts: (character) => character === first, cost: 1 }
    }
  }

  #group(): Expression {
    if (this.#takes('?') && !this.#takes(':')) throw new UnknownPattern()
    this.#depth++
    if (this.#depth > groupsMax) throw new UnknownPattern()
    const expression = this.#choice()
    this.#depth--
    if (!this.#takes(')')) throw new UnknownPattern()
    return expression
  }

  #escape(): Expression {
    if (this.#takes('b')) return { kind: 'edge', isAt: isWordEdge }
    if (this.#takes('B')) return { kind: 'edge', isAt: (text, position) => !isWordEdge(text, position) }
    const found = this.#escaped()
    const accepts: Accepts = typeof found === 'string' ? (character) => character === found : found
    return { kind: 'character', accepts, cost: 1 }
  }

  /** A class of characters, or one. */
  #escaped(): Accepts | string {
    const mark = this.#next()
    const known = classes.get(mark) ?? controls.get(mark)
    if (known !== undefined) return known
    if (mark === 'u' || mark === 'x') return this.#coded(mark === 'u' ? 4 : 2)
    if (/^[A-Za-z0-9]$/.test(mark)) throw new UnknownPattern()
    return mark
  }

  #coded(length: number): string {
    const digits = Array.from({ length }, () => this.#next()).join('')
    if (!/^[0-9A-Fa-f]+$/.test(digits)) throw new UnknownPattern()
    return String.fromCodePoint(Number.parseInt(digits, 16))
  }

  /** Behind its '['. Those of Java may contain others and intersections, which are not known here. */
  #set(): Expression {
    const isNegated = this.#takes('^')
    const accepted: Accepts[] = []
    while (!this.#takes(']')) {
      const from = this.#member()
      if (
        typeof from === 'string' &&
        this.#peek() === '-' &&
        ![']', undefined].includes(this.#pattern[this.#position + 1])
      ) {
        this.#next()
        const to = this.#member()
        if (typeof to !== 'string') throw new UnknownPattern()
        accepted.push((character) => isBetween(character, from, to))
      } else accepted.push(typeof from === 'string' ? (character) => character === from : from)
    }
    const accepts: Accepts = (character) => accepted.some((each) => each(character))
    return { kind: 'character', accepts: isNegated ? not(accepts) : accepts, cost: accepted.length }
  }

  #member(): Accepts | string {
    const mark = this.#next()
    if (mark === '[' || mark === '&') throw new UnknownPattern()
    return mark === '\\' ? this.#escaped() : mark
  }

  #peek(): string {
    return this.#pattern[this.#position] ?? ''
  }

  #next(): string {
    const mark = this.#pattern[this.#position]
    if (mark === undefined) throw new UnknownPattern()
    this.#position++
    return mark
  }

  #takes(mark: string): boolean {
    if (this.#pattern[this.#position] !== mark) return false
    this.#position++
    return true
  }
}

const isBetween = (character: string, from: string, to: string): boolean => {
  const code = character.codePointAt(0) ?? 0
  return code >= (from.codePointAt(0) ?? 0) && code <= (to.codePointAt(0) ?? 0)
}
