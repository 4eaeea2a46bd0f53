/** `odradek types`: what is in a schema registry as types of TypeScript. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { exitDone, exitFailed } from './exit-codes.ts'
import { type RegistryCalls, registryCalls } from './registry-client/registry-calls.ts'
import {
  type RegistryFlagValues,
  registryFlags,
  registryFlagsText,
  registryPlace,
} from './registry-client/registry-flags.ts'
import { RegistryCallError } from './registry-client/registry-http.ts'
import { type Place, placeOf } from './registry-client/subject-place.ts'
import type { Longs } from './types/avro-types.ts'
import { declarationsText } from './types/declarations.ts'
import { type Asked, RegistryReader, readingLimits } from './types/registry-reader.ts'
import { TypesError } from './types/types-error.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek types [SUBJECT...] [flags]

Writes types of TypeScript for the schemas of a registry, ours or another one with the same REST interface: for each subject what its values
are, and the schema as a constant, from which \`registry.avro\` and \`registry.json\` tell the same type. SUBJECT@VERSION is another version
than the newest; without a SUBJECT all subjects are written.

  --prefix P               the subjects that begin so
  --out FILE, -o FILE      where to, instead of the standard output (-)
  --check                  nothing is written; the exit code is 1 where FILE is not what would be
  --longs KIND             what integers of 64 bits are: number (default) or bigint
  --keep-case              fields of Protobuf are called as in the file, and not in camel case
${registryFlagsText}  --help, -h               print this text
`

const options = {
  ...registryFlags,
  prefix: { type: 'string' },
  out: { type: 'string', short: 'o', default: '-' },
  check: { type: 'boolean', default: false },
  longs: { type: 'string', default: 'number' },
  'keep-case': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h' },
} as const

interface Flags extends RegistryFlagValues {
  readonly subjects: readonly string[]
  readonly prefix: string | undefined
  readonly out: string
  readonly check: boolean
  readonly longs: string
  readonly keepCase: boolean
  readonly help?: boolean | undefined
}

function parse(args: readonly string[]): Flags {
  const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  const { 'keep-case': keepCase, prefix, ...rest } = values
  return { ...rest, keepCase, prefix, subjects: positionals }
}

function longsOf(longs: string): Longs {
  if (longs === 'number' || longs === 'bigint') return longs
  throw new UsageError(`--longs is number or bigint, not '${longs}'`)
}

async function types(flags: Flags): Promise<number> {
  const { out, check, keepCase } = flags
  const longs = longsOf(flags.longs)
  if (check && out === '-') throw new UsageError('--check needs the --out FILE that is looked at')
  using registry = await registryCalls(registryPlace(flags), readingLimits)
  const asked = await askedFor(registry, flags)
  const written = declarationsText(await new RegistryReader(registry).read(asked), { longs, keepCase })
  if (check) return compared(written, out)
  if (out === '-') process.stdout.write(written)
  else {
    await writeFile(out, written).catch(failOf(out))
    process.stdout.write(`${out}: ${asked.length} ${asked.length === 1 ? 'subject' : 'subjects'}\n`)
  }
  return exitDone
}

/** Sorted, each once. */
async function askedFor(registry: RegistryCalls, { subjects, prefix }: Flags): Promise<readonly Asked[]> {
  const asked = new Map<string, Asked>()
  const add = ({ subject, version = 'latest' }: Place): void => {
    asked.set(`${subject}@${version}`, { subject, version })
  }
  for (const given of subjects) add(placeOf(given))
  if (prefix !== undefined || subjects.length === 0) {
    const found = await registry.subjects(prefix ?? '')
    if (found.length === 0)
      throw new TypesError(`the registry has no subject${prefix ? ` that begins with '${prefix}'` : ''}`)
    for (const subject of found) add({ subject, version: undefined })
  }
  return [...asked.values()].toSorted(inOrder)
}

function inOrder(a: Asked, b: Asked): number {
  if (a.subject !== b.subject) return a.subject < b.subject ? -1 : 1
  // What is no number, the newest one, comes last.
  const [first, second] = [a, b].map(({ version }) => Number(version) || Number.POSITIVE_INFINITY)
  return first === second ? 0 : (first ?? 0) < (second ?? 0) ? -1 : 1
}

async function compared(written: string, out: string): Promise<number> {
  const there = await readFile(out, 'utf8').catch(failOf(out))
  const [ours, theirs] = [written, there].map((it) => it.replaceAll('\r\n', '\n').split('\n'))
  const line = ours?.findIndex((it, i) => it !== theirs?.[i]) ?? -1
  if (line < 0 && ours?.length === theirs?.length) return exitDone
  const at = line < 0 ? (ours?.length ?? 0) : line
  process.stderr.write(
    `odradek types: ${out} is not what the registry has, from line ${at + 1} on; without --check it is written anew\n`,
  )
  return exitFailed
}

const failOf =
  (path: string) =>
  (error: unknown): never => {
    throw new TypesError(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }

export const run = (args: readonly string[]): Promise<number> =>
  runVerb({ name: 'types', usage, parse: () => parse(args), mendable: [TypesError, RegistryCallError], run: types })
