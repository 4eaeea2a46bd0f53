/**
 * What must be determined by its inputs stays so: no Node module with effects, no clock, no chance, no timer, no process.
 * All of it comes through `Env`. Three kinds of places: pure (nothing), shells (Node's functions without effects), and
 * the edges that are the machine (`env`, `stack`, `cli`, tests).
 */
import { lineOf } from './blank.ts'
import { isTest, type Module, type Offence, roomOf } from './modules.ts'

const edgeRooms = new Set(['env', 'stack', 'cli', 'testing'])
const pureRooms = new Set(['base', 'protocol', 'records', 'config', 'raft', 'metadata', 'coordinator'])
const shellsInPureRooms = [/^src\/raft\/driver\.ts$/, /^src\/coordinator\/runtime\.ts$/]

/** Functions, not effects: same input, same output. */
const effectless = new Set([
  'node:buffer',
  'node:events',
  'node:path',
  'node:path/posix',
  'node:string_decoder',
  'node:url',
  'node:util',
  'node:zlib',
])

/**
 * What a place may import besides. Compression formats and checksums are functions, native ones too (`base` loads them by
 * `createRequire`); TLS and HTTP are what those rooms are for.
 */
const allowedByPlace: readonly { readonly place: string; readonly modules: readonly string[] }[] = [
  { place: 'src/base/', modules: ['node:module'] },
  { place: 'src/records/codecs/', modules: ['node:zlib'] },
  { place: 'src/security/', modules: ['node:crypto', 'node:tls'] },
  { place: 'src/sim/', modules: ['node:crypto'] },
  { place: 'src/registry/', modules: ['node:http'] },
  { place: 'src/registry/fingerprint.ts', modules: ['node:crypto'] },
  { place: 'src/console/', modules: ['node:http'] },
]

const effects: readonly RegExp[] = [
  /\bDate\s*\.\s*now\b/g,
  /\bnew\s+Date\s*(?:\(\s*\)|(?=[;,\n)]))/g,
  /(?<![.\w])(?<!new\s)Date\s*\(/g,
  /\bMath\s*\.\s*random\b/g,
  /\bperformance\s*\.\s*\w+/g,
  /(?<![.\w#])set(?:Timeout|Interval|Immediate)\b/g,
  /\bglobalThis\s*\.\s*(?:set(?:Timeout|Interval|Immediate)|process|crypto|performance)\b/g,
  /(?<![.\w#])process\s*(?:\.|\[)/g,
  /(?<![\w#])(?:randomUUID|getRandomValues|randomBytes|randomInt)\b/g,
]

const isPure = (path: string, room: string): boolean =>
  pureRooms.has(room) && !shellsInPureRooms.some((shell) => shell.test(path))

function mayUse(specifier: string, path: string, room: string): boolean {
  if (allowedByPlace.some(({ place, modules }) => path.startsWith(place) && modules.includes(specifier))) return true
  return !isPure(path, room) && effectless.has(specifier)
}

export function purityOffences(modules: readonly Module[]): Offence[] {
  const offences: Offence[] = []
  for (const { path, code, imports } of modules) {
    const room = roomOf(path)
    if (room === undefined || isTest(path) || edgeRooms.has(room)) continue
    for (const { specifier, line } of imports) {
      if (!specifier.startsWith('node:') || mayUse(specifier, path, room)) continue
      offences.push({ path, line, message: `${specifier} has effects: they come through Env` })
    }
    for (const effect of effects) {
      for (const match of code.matchAll(effect)) {
        offences.push({ path, line: lineOf(code, match.index), message: `${match[0]}: it comes through Env` })
      }
    }
  }
  return offences
}
