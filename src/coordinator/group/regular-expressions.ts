/**
 * Regular expressions over names of topics (KIP-848), in the syntax of RE2: matching takes time in the length of name
 * and expression alone, whatever the expression is.
 */
import type * as Re2 from 're2js'
import { lazyPackage } from '../../base/index.ts'
import { regexSize } from './regex-size.ts'

const re2 = lazyPackage<typeof Re2>('re2js')

/**
 * Of one expression, in characters and in states of its program. What people write takes microseconds for a name; made
 * to be slow (`a?` 5,000 times), it takes 0.3 s for a name of 249 characters.
 */
const sizeMax = 10_000

/** What is wrong with the expression; undefined: nothing. */
export function regexError(regex: string): string | undefined {
  if (regex.length > sizeMax || regexSize(regex) > sizeMax) {
    return `it has more than ${sizeMax} characters, or states once its repetitions and classes of characters are written out`
  }
  try {
    re2().RE2JS.compile(regex)
    return undefined
  } catch (error) {
    if (error instanceof re2().RE2JSSyntaxException) return error.getDescription() ?? error.message
    throw error
  }
}

/** Of each expression the topics that it stands for, sorted; of one that is not valid, none. */
export type Resolution = ReadonlyMap<string, readonly string[]>

/**
 * Which of `names` each expression stands for. Each step compiles, matches or sorts: for a long expression that
 * takes milliseconds, for a short one a fraction of a microsecond.
 */
export function* resolveRegexes(
  regexes: readonly string[],
  names: Iterable<string>,
): Generator<void, Resolution, void> {
  const compiled: Re2.RE2JS[] = []
  for (const regex of regexes) {
    if (regexError(regex) === undefined) compiled.push(re2().RE2JS.compile(regex))
    yield
  }
  const topics = new Map<string, string[]>(regexes.map((regex) => [regex, []]))
  for (const name of names) {
    for (const pattern of compiled) {
      if (pattern.matches(name)) topics.get(pattern.pattern())?.push(name)
      yield
    }
  }
  for (const found of topics.values()) {
    found.sort()
    yield
  }
  return topics
}
