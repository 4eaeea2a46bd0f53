/**
 * Patterns of XML Schema (its appendix F). They are matched by an automaton of our own and not by RegExp, which goes back and forth on what
 * was made to be slow; classes of characters alone are left to RegExp, one character at a time.
 */
import { BudgetError, type Expression, Expressions } from './expression.ts'
import { nameClass, nameStartClass } from './xml-tree.ts'

interface CharacterClass {
  readonly key: string
  readonly has: (character: string) => boolean
}

export interface Pattern {
  readonly text: string
  /** Of the whole text; a text that takes too much work does not match. */
  readonly matches: (text: string) => boolean
}

/** A text that is no pattern. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

const nestingMax = 100
/** Of states and steps that are made out for one pattern, before it begins anew. */
const stepsMax = 20_000
/** Of states that are followed, for one text. */
const workMax = 4_000_000

export function readPattern(text: string): Pattern {
  if (text.length > 10_000) throw new PatternError('a pattern has more than 10000 characters')
  let matcher = new Matcher(text)
  return {
    text,
    matches: (value) => {
      // What was made out is kept from text to text, until it is much.
      if (matcher.size > stepsMax / 2) matcher = new Matcher(text)
      try {
        return matcher.matches(value)
      } catch (error) {
        if (!(error instanceof BudgetError)) throw error
        matcher = new Matcher(text)
        return false
      }
    },
  }
}

class Matcher {
  readonly #expressions = new Expressions<CharacterClass>(({ key }) => key, stepsMax)
  readonly #start: Expression<CharacterClass>

  constructor(text: string) {
    try {
      this.#start = new PatternReader(text, this.#expressions).read()
    } catch (error) {
      if (error instanceof BudgetError) throw new PatternError('the pattern is too large')
      throw error
    }
  }

  get size(): number {
    return this.#expressions.size
  }

  matches(text: string): boolean {
    let states = new Map([[this.#start.id, this.#start]])
    let work = 0
    for (const character of text) {
      const next = new Map<number, Expression<CharacterClass>>()
      for (const state of states.values()) {
        for (const step of this.#expressions.steps(state)) {
          work += 1
          if (step.leaf.has(character)) next.set(step.next.id, step.next)
        }
      }
      if (next.size === 0) return false
      if (work > workMax) throw new BudgetError('the pattern takes too long')
      states = next
    }
    return [...states.values()].some(({ isNullable }) => isNullable)
  }
}

const escapedAlone = '\\|.-^?*+{}()[]'
const controls: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** Of the classes with one letter, as classes of RegExp; the capital letter is all that is not in it. */
const multi: ReadonlyMap<string, string> = new Map([
  ['s', ' \\t\\n\\r'],
  ['i', nameStartClass],
  ['c', nameClass],
  ['d', '\\p{Nd}'],
])
const notWord = '\\p{P}\\p{Z}\\p{C}'

const categories = /^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?)$/u

/** The blocks of Unicode 3.1 that patterns name in practice. */
const blocks: ReadonlyMap<string, string> = new Map([
  ['BasicLatin', '\\u0000-\\u007F'],
  ['Latin-1Supplement', '\\u0080-\\u00FF'],
  ['LatinExtended-A', '\\u0100-\\u017F'],
  ['LatinExtended-B', '\\u0180-\\u024F'],
  ['IPAExtensions', '\\u0250-\\u02AF'],
  ['SpacingModifierLetters', '\\u02B0-\\u02FF'],
  ['CombiningDiacriticalMarks', '\\u0300-\\u036F'],
  ['Greek', '\\u0370-\\u03FF'],
  ['Cyrillic', '\\u0400-\\u04FF'],
  ['Armenian', '\\u0530-\\u058F'],
  ['Hebrew', '\\u0590-\\u05FF'],
  ['Arabic', '\\u0600-\\u06FF'],
  ['Devanagari', '\\u0900-\\u097F'],
  ['Thai', '\\u0E00-\\u0E7F'],
  ['HangulJamo', '\\u1100-\\u11FF'],
  ['LatinExtendedAdditional', '\\u1E00-\\u1EFF'],
  ['GreekExtended', '\\u1F00-\\u1FFF'],
  ['GeneralPunctuation', '\\u2000-\\u206F'],
  ['CurrencySymbols', '\\u20A0-\\u20CF'],
  ['LetterlikeSymbols', '\\u2100-\\u214F'],
  ['NumberForms', '\\u2150-\\u218F'],
  ['Arrows', '\\u2190-\\u21FF'],
  ['MathematicalOperators', '\\u2200-\\u22FF'],
  ['BoxDrawing', '\\u2500-\\u257F'],
  ['CJKSymbolsandPunctuation', '\\u3000-\\u303F'],
  ['Hiragana', '\\u3040-\\u309F'],
  ['Katakana', '\\u30A0-\\u30FF'],
  ['CJKUnifiedIdeographs', '\\u4E00-\\u9FFF'],
  ['HangulSyllables', '\\uAC00-\\uD7A3'],
  ['PrivateUse', '\\uE000-\\uF8FF'],
  ['HalfwidthandFullwidthForms', '\\uFF00-\\uFFEF'],
])

class PatternReader {
  readonly #characters: readonly string[]
  readonly #expressions: Expressions<CharacterClass>
  #at = 0
  #depth = 0

  constructor(text: string, expressions: Expressions<CharacterClass>) {
    this.#characters = [...text]
    this.#expressions = expressions
  }

  read(): Expression<CharacterClass> {
    const whole = this.#choice()
    if (this.#at < this.#characters.length) throw this.#error('there is no "(" for it')
    return whole
  }

  get #next(): string | undefined {
    return this.#characters[this.#at]
  }

  #takes(character: string): boolean {
    if (this.#next !== character) return false
    this.#at += 1
    return true
  }

  #error(message: string): PatternError {
    return new PatternError(`at character ${this.#at + 1} ("${this.#next ?? 'the end'}"): ${message}`)
  }

  #choice(): Expression<CharacterClass> {
    this.#depth += 1
    if (this.#depth > nestingMax) throw this.#error(`groups are nested deeper than ${nestingMax}`)
    const branches = [this.#branch()]
    while (this.#takes('|')) branches.push(this.#branch())
    this.#depth -= 1
    return this.#expressions.choice(branches)
  }

  #branch(): Expression<CharacterClass> {
    const pieces: Expression<CharacterClass>[] = []
    for (let next = this.#next; next !== undefined && next !== '|' && next !== ')'; next = this.#next) {
      const atom = this.#atom(next)
      pieces.push(this.#quantified(atom))
    }
    return this.#expressions.sequence(pieces)
  }

  #quantified(atom: Expression<CharacterClass>): Expression<CharacterClass> {
    const { repeat } = { repeat: this.#expressions.repeat.bind(this.#expressions) }
    if (this.#takes('?')) return repeat(atom, 0, 1)
    if (this.#takes('*')) return repeat(atom, 0, Number.POSITIVE_INFINITY)
    if (this.#takes('+')) return repeat(atom, 1, Number.POSITIVE_INFINITY)
    if (!this.#takes('{')) return atom
    const min = this.#count()
    let max = min
    if (this.#takes(',')) max = this.#next === '}' ? Number.POSITIVE_INFINITY : this.#count()
    if (!this.#takes('}')) throw this.#error('a "}" is missing')
    if (max < min) throw this.#error(`the bounds {${min},${max}} are the wrong way round`)
    return repeat(atom, min, max)
  }

  #count(): number {
    let digits = ''
    for (let next = this.#next; next !== undefined && /^[0-9]$/u.test(next); next = this.#next) {
      digits += next
      this.#at += 1
    }
    if (digits === '' || digits.length > 9) throw this.#error('a count of at most nine digits is missing')
    return Number(digits)
  }

  #atom(next: string): Expression<CharacterClass> {
    if (next === '(') {
      this.#at += 1
      const inner = this.#choice()
      if (!this.#takes(')')) throw this.#error('a ")" is missing')
      return inner
    }
    if ('?*+{}]'.includes(next)) throw this.#error('it stands for itself behind a "\\" alone')
    return this.#expressions.term(this.#single(next))
  }

  #single(next: string): CharacterClass {
    if (next === '[') return this.#class()
    this.#at += 1
    if (next === '.') return classOf('[^\\n\\r]')
    if (next === '\\') return classOf(`[${this.#escape()}]`)
    return { key: `'${next}`, has: (character) => character === next }
  }

  #class(): CharacterClass {
    this.#depth += 1
    if (this.#depth > nestingMax) throw this.#error(`classes are nested deeper than ${nestingMax}`)
    this.#at += 1
    const isNegated = this.#takes('^')
    const parts: string[] = []
    let without: CharacterClass | undefined
    while (!this.#takes(']')) {
      if (this.#next === undefined || without !== undefined) throw this.#error('a "]" is missing')
      if (this.#next === '-' && this.#characters[this.#at + 1] === '[') {
        if (parts.length === 0) throw this.#error('there is nothing to take something away from')
        this.#at += 1
        without = this.#class()
      } else parts.push(this.#range(parts.length === 0))
    }
    this.#depth -= 1
    if (parts.length === 0) throw this.#error('the class has no characters')
    const own = classOf(`[${isNegated ? '^' : ''}${parts.join('')}]`)
    if (without === undefined) return own
    const taken = without
    return {
      key: `${own.key}-${taken.key}`,
      has: (character) => own.has(character) && !taken.has(character),
    }
  }

  #range(isFirst: boolean): string {
    const from = this.#boundary(isFirst)
    const after = this.#characters[this.#at + 1]
    const isRange = this.#next === '-' && after !== ']' && after !== '[' && from.character !== undefined
    if (!isRange || from.character === undefined) return from.source
    this.#at += 1
    const to = this.#boundary(true)
    if (to.character === undefined) throw this.#error('a range ends with a class of characters')
    const isOrdered = (from.character.codePointAt(0) ?? 0) <= (to.character.codePointAt(0) ?? 0)
    if (!isOrdered) throw this.#error(`the range ${from.character}-${to.character} is the wrong way round`)
    return `${from.source}-${to.source}`
  }

  #boundary(isHyphenFree: boolean): { readonly source: string; readonly character: string | undefined } {
    const next = this.#next
    if (next === undefined) throw this.#error('a "]" is missing')
    if (next === '[') throw this.#error('it stands for itself behind a "\\" alone')
    if (next === '-' && !isHyphenFree && this.#characters[this.#at + 1] !== ']') {
      throw this.#error('a hyphen stands for itself at an end of the class alone')
    }
    this.#at += 1
    if (next !== '\\') return { source: quoted(next), character: next }
    const letter = this.#next ?? ''
    const source = this.#escape()
    const character = controls.get(letter) ?? (escapedAlone.includes(letter) ? letter : undefined)
    return { source, character }
  }

  /** Behind the backslash; the source of a class, without its brackets. */
  #escape(): string {
    const letter = this.#next
    if (letter === undefined) throw this.#error('nothing follows the "\\"')
    this.#at += 1
    const control = controls.get(letter)
    if (control !== undefined) return quoted(control)
    if (escapedAlone.includes(letter)) return quoted(letter)
    const inside = multi.get(letter)
    if (inside !== undefined) return inside
    const outside = multi.get(letter.toLowerCase())
    // A class in a class is what the flag `v` of RegExp allows.
    if (outside !== undefined) return `[^${outside}]`
    if (letter === 'w') return `[^${notWord}]`
    if (letter === 'W') return notWord
    if (letter === 'p' || letter === 'P') return this.#property(letter === 'P')
    throw this.#error(`there is no escape "\\${letter}"`)
  }

  #property(isNegated: boolean): string {
    if (!this.#takes('{')) throw this.#error('a "{" is missing')
    const end = this.#characters.indexOf('}', this.#at)
    if (end < 0) throw this.#error('a "}" is missing')
    const name = this.#characters.slice(this.#at, end).join('')
    this.#at = end + 1
    if (categories.test(name)) return `\\${isNegated ? 'P' : 'p'}{${name}}`
    const block = name.startsWith('Is') ? blocks.get(name.slice(2)) : undefined
    if (block === undefined) throw this.#error(`the category or block "${name}" is not known`)
    return isNegated ? `[^${block}]` : block
  }
}

const quoted = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

function classOf(source: string): CharacterClass {
  const pattern = new RegExp(`^${source}$`, 'v')
  return { key: source, has: (character) => pattern.test(character) }
}
