/** Words that have no place here: notes to oneself, `any`, `enum`; and documents with one title each. */
import { lineOf } from './blank.ts'
import type { Module, Offence } from './modules.ts'

function matches(path: string, text: string, pattern: RegExp, message: string): Offence[] {
  return [...text.matchAll(pattern)].map(({ index }) => ({ path, line: lineOf(text, index), message }))
}

/** Comments count here: that is where such notes stand. The rules themselves (this folder) have to name them. */
export function noteOffences(modules: readonly Module[]): Offence[] {
  const note = /\b(?:TODO|FIXME|XXX)\b/g
  return modules
    .filter(({ path }) => !path.startsWith('test/tidy'))
    .flatMap(({ path, source }) => matches(path, source, note, 'a note to oneself: do it, or say why it is so'))
}

export function typeOffences(modules: readonly Module[]): Offence[] {
  return modules.flatMap(({ path, code }) => [
    ...matches(path, code, /(?<![.\w$#])any\b(?!\s*[(:])/g, '`any` switches the compiler off: use `unknown`'),
    ...matches(path, code, /(?<![.\w$#])enum\s+\w+\s*\{/g, '`enum` is not erasable: use a const object'),
  ])
}

/** What a merge leaves where it was not finished: a compiler sees that, a reader of documents too late. */
export function mergeOffences(documents: ReadonlyMap<string, string>): Offence[] {
  const mark = /^(?:<{7} |>{7} |={7}$)/gm
  return [...documents].flatMap(([path, text]) => matches(path, text, mark, 'a merge that was not finished'))
}

/** A document is its text by path; one line `# Title`, outside of fenced code, and it comes first. */
export function titleOffences(documents: ReadonlyMap<string, string>): Offence[] {
  return [...documents].flatMap(([path, text]) => {
    const withoutCode = text.replace(/^```[\s\S]*?^```/gm, '')
    const count = withoutCode.match(/^# \S/gm)?.length ?? 0
    if (count === 1 && text.startsWith('# ')) return []
    return [{ path, line: 1, message: `${count} titles: a document begins with its one \`# title\`` }]
  })
}
