/** The modules of the repository as the rules see them: path, text, blanked text, imports. Reads the disk once. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { blank, lineOf } from './blank.ts'

export const root = join(dirname(import.meta.dirname), '..')

interface Import {
  readonly specifier: string
  /** Path of the module from the root of the repository; undefined for packages and for Node's own modules. */
  readonly target: string | undefined
  /** Erased before it runs: `import type`, `export type`. */
  readonly isTypeOnly: boolean
  readonly line: number
}

export interface Module {
  readonly path: string
  readonly source: string
  /** The source without comments and without the insides of strings. */
  readonly code: string
  readonly imports: readonly Import[]
}

/** A breach of a rule: where, and what to do. */
export interface Offence {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** `from '...'`, `import '...'`, `import('...')` and files named by `new URL('...', import.meta.url)`. */
const importPatterns = [
  /(?<![.\w])(?:import|export)\s+(?<type>type\s)?(?:[\w*{}\s,$]+?)from\s*(?<quote>['"])/g,
  /(?<![.\w])import\s*(?<quote>['"])/g,
  /(?<![.\w])import\s*\(\s*(?<quote>['"])/g,
  /\bnew\s+URL\s*\(\s*(?<quote>['"])(?=[^'"]*['"]\s*,\s*import\.meta\.url)/g,
]

function importsOf(path: string, source: string, code: string): Import[] {
  const found: Import[] = []
  for (const pattern of importPatterns) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length
      const specifier = source.slice(start, source.indexOf(match.groups?.quote ?? "'", start))
      found.push({
        specifier,
        target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
        isTypeOnly: match.groups?.type !== undefined,
        line: lineOf(source, start),
      })
    }
  }
  return found
}

export function moduleOf(path: string, source: string): Module {
  const code = blank(source)
  return { path, source, code, imports: importsOf(path, source, code) }
}

export const isTest = (path: string): boolean =>
  /\.(test|long|test-d)\.ts$/.test(path) || !path.startsWith('src/') || path.includes('/testdata/')

/** `segment.ts` of `src/log/segment.ts` is in the room `log`; undefined outside `src`. */
export const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1]

export function readModules(patterns: readonly string[]): Module[] {
  const paths = globSync([...patterns], { cwd: root, exclude: ['**/node_modules/**'] }).map((path) =>
    path.replaceAll('\\', '/'),
  )
  return paths.sort().map((path) => moduleOf(path, readFileSync(join(root, path), 'utf8')))
}
