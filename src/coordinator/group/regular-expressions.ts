/**
 * Regular expressions over names of topics (KIP-848), in the syntax of RE2: matching takes time in the length of name
 * and expression alone, whatever the expression is.
 */
import type * as Re2 from 're2js'
import { lazyPackage } from '../../base/index.ts'

const re2 = lazyPackage<typeof Re2>('re2js')

/** What is wrong with the expression; undefined: nothing. */
export function regexError(regex: string): string | undefined {
  try {
    re2().RE2JS.compile(regex)
    return undefined
  } catch (error) {
    if (error instanceof re2().RE2JSSyntaxException) return error.getDescription() ?? error.message
    throw error
  }
}

/** Names between two looks at the clock of the others: at most a few milliseconds. */
const sliceNames = 500

export interface Resolution {
  /** Of each expression, sorted; one that is not valid stands for no topic. */
  readonly topics: ReadonlyMap<string, readonly string[]>
  readonly scannedNames: number
}

/** Which of `names` each expression stands for; yields whenever others should have their turn. */
export function* resolveRegexes(
  regexes: readonly string[],
  names: Iterable<string>,
): Generator<void, Resolution, void> {
  const compiled = regexes.filter((regex) => regexError(regex) === undefined).map((regex) => re2().RE2JS.compile(regex))
  const topics = new Map<string, string[]>(regexes.map((regex) => [regex, []]))
  let scannedNames = 0
  for (const name of names) {
    for (const pattern of compiled) if (pattern.matches(name)) topics.get(pattern.pattern())?.push(name)
    if (++scannedNames % Math.max(1, Math.floor(sliceNames / compiled.length)) === 0) yield
  }
  for (const found of topics.values()) found.sort()
  return { topics, scannedNames }
}
