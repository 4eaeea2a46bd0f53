/**
 * Regular expressions of a JSON Schema, by RE2: the engine of JavaScript can be made to take forever. What one payload may cost is bounded:
 * even so a long text takes its length times the size of the expression.
 */
import type * as Re2 from 're2js'
import { lazyPackage } from '../../base/index.ts'
import { re2Expression } from './json-expression.ts'

const re2 = lazyPackage<typeof Re2>('re2js')

/** Of one expression. */
const textMax = 2000
/** Of all of a schema: a repetition makes as many as it has turns. */
const statesMax = 50_000
/** For one payload: states times characters. */
const workMax = 50_000_000

interface Pattern {
  readonly test: (text: string) => boolean
  /** By this ajv tells one from another. */
  readonly toString: () => string
}

export class Patterns {
  #states = 0
  #work = 0

  /** A payload begins. */
  reset(): void {
    this.#work = 0
  }

  /** Throws SyntaxError for what RE2 does not know: looking ahead or back, and what refers back. */
  compile(source: string): Pattern {
    const shown = source.slice(0, 100)
    if (source.length > textMax || this.#states + statesOf(source) > statesMax)
      throw new SyntaxError(`the regular expressions of the schema are too large: '${shown}'`)
    const expression = compiled(source, shown)
    const states = expression.programSize()
    this.#states += states
    return {
      toString: () => source,
      test: (text) => {
        this.spend((text.length + 1) * states)
        return expression.test(text)
      },
    }
  }

  /** Throws RangeError where it was too much. */
  spend(work: number): void {
    this.#work += work
    if (this.#work > workMax) throw new RangeError('the regular expressions of the schema take too long for this value')
  }
}

function compiled(source: string, shown: string): Re2.RE2JS {
  const { RE2JS } = re2()
  try {
    return RE2JS.compile(RE2JS.translateRegExp(re2Expression(source)))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new SyntaxError(`RE2 does not know the regular expression '${shown}': ${why}`)
  }
}

/** An escape, a class of characters, a repetition; else one character. */
const tokens = /\\.|\[(?:\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|./gsu

/** About as many as there will be, told from the text, since making them is what takes the time. */
function statesOf(source: string): number {
  const around: number[] = []
  let states = 0
  /** Of what a repetition would repeat. */
  let last = 0
  for (const [token] of source.matchAll(tokens)) {
    const [, least, most] = /^\{(\d+)(?:,(\d*))?\}$/.exec(token) ?? []
    if (least !== undefined) {
      const turns = Math.max(1, Number(least), Number(most ?? 0))
      states += last * (turns - 1)
      last *= turns
    } else if (token === '(') {
      around.push(states)
      states = 0
    } else {
      last = token === ')' ? states + 2 : 1
      states = token === ')' ? (around.pop() ?? 0) + last : states + last
    }
  }
  return around.reduce((sum, outer) => sum + outer, states)
}
