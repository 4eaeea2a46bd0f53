/**
 * A file is one noun and a function fits a screen: at most 500 lines and 70 lines. Tables are no functions and grow with
 * Kafka, not with us; they are exempt by name.
 */
import { lineOf } from './blank.ts'
import type { Module, Offence } from './modules.ts'

export const fileLinesMax = 500
export const functionLinesMax = 70

const exemptFiles: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /^src\/protocol\/messages(\/|\.ts$)/,
    reason: 'declarations of messages and their list: as long as those of Kafka',
  },
  { pattern: /^src\/config\/.*(keys|configs)\.ts$/, reason: 'tables of configuration keys: one row per key of Kafka' },
  { pattern: /\/testdata\//, reason: 'data of tests' },
]

const isExempt = (path: string): boolean => exemptFiles.some(({ pattern }) => pattern.test(path))
const linesOf = (source: string): number => source.replace(/\n$/, '').split('\n').length

export function fileSizeOffences(modules: readonly Module[]): Offence[] {
  return modules
    .filter(({ path, source }) => !isExempt(path) && linesOf(source) > fileLinesMax)
    .map(({ path, source }) => ({
      path,
      line: fileLinesMax,
      message: `${linesOf(source)} lines, at most ${fileLinesMax}`,
    }))
}

interface Extent {
  readonly start: number
  readonly end: number
}

/** For each opening bracket the offset of its partner, and the other way round. */
function partners(code: string): Map<number, number> {
  const open: number[] = []
  const found = new Map<number, number>()
  for (let at = 0; at < code.length; at++) {
    const character = code[at]
    if (character === '(' || character === '[' || character === '{') open.push(at)
    if (character === ')' || character === ']' || character === '}') {
      const start = open.pop()
      if (start === undefined) continue
      found.set(start, at)
      found.set(at, start)
    }
  }
  return found
}

const blockWords = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await'])
/** From the parenthesis that ends the parameters to the body: nothing, or the type that is returned. */
const returnType = /^\)\s*(?::[\w$.<>,|&[\]\s'"{}:;]*)?$/

/** The offset where the function begins whose body opens at `brace`; undefined if that is some other block. */
function functionStart(code: string, brace: number, partner: ReadonlyMap<number, number>): number | undefined {
  const parametersEnd = code.lastIndexOf(')', brace)
  const parameters = partner.get(parametersEnd)
  if (
    code
      .slice(Math.max(0, brace - 100), brace)
      .trimEnd()
      .endsWith('=>')
  )
    return brace
  if (parameters === undefined || !returnType.test(code.slice(parametersEnd, brace))) return undefined
  const word = /([\w$]+)\s*$/.exec(code.slice(Math.max(0, parameters - 100), parameters))?.[1]
  return word !== undefined && blockWords.has(word) ? undefined : parameters
}

function functionExtents(code: string): Extent[] {
  const partner = partners(code)
  const found: Extent[] = []
  for (let brace = code.indexOf('{'); brace >= 0; brace = code.indexOf('{', brace + 1)) {
    const start = functionStart(code, brace, partner)
    const end = partner.get(brace)
    if (start !== undefined && end !== undefined) found.push({ start, end })
  }
  return found
}

/** Tests are exempt: a `describe` is a list, not a function. */
export function functionSizeOffences(modules: readonly Module[]): Offence[] {
  return modules.flatMap(({ path, code }) => {
    if (isExempt(path) || /\.(test|long)\.ts$/.test(path)) return []
    return functionExtents(code)
      .map(({ start, end }) => ({ line: lineOf(code, start), lines: lineOf(code, end) - lineOf(code, start) + 1 }))
      .filter(({ lines }) => lines > functionLinesMax)
      .map(({ line, lines }) => ({ path, line, message: `function of ${lines} lines, at most ${functionLinesMax}` }))
  })
}
