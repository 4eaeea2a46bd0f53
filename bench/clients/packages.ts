/** Clients of others: those of the interop suites, and one with a native addon, that is brought where it can be. */
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from '../child.ts'
import { cache, root } from '../paths.ts'

const interop = join(root, 'test', 'interop')
const confluent = join(cache, 'confluent')
const confluentName = '@confluentinc/kafka-javascript'
const confluentVersion = '1.10.1'
const bringMs = 120_000

const folderOf = (name: string): string => (name === confluentName ? confluent : interop)

/** The file that an `import` of it loads. */
export const entryOf = (name: string): string =>
  pathToFileURL(createRequire(join(folderOf(name), 'package.json')).resolve(name)).href

async function npm(command: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  const ran = await run({ command, args, cwd, timeoutMs: bringMs }).catch((error: unknown) => String(error))
  if (typeof ran === 'string') return ran
  return ran.code === 0 ? undefined : (/^.*(?:ERR!|error).*$/im.exec(ran.stderr)?.[0] ?? `ended with ${ran.code}`)
}

/**
 * Undefined, or why it is not installed. Its addon is downloaded as its makers have built it; nothing is compiled, which would
 * download the sources of five libraries.
 */
export async function bringConfluent(): Promise<string | undefined> {
  const folder = join(confluent, 'node_modules', ...confluentName.split('/'))
  if (globSync('build/Release/*.node', { cwd: folder }).length > 0) return undefined
  mkdirSync(confluent, { recursive: true })
  writeFileSync(join(confluent, 'package.json'), '{ "private": true }\n')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
  const failed = await npm('npm', ['install', ...quiet, `${confluentName}@${confluentVersion}`], confluent)
  if (failed !== undefined) return failed
  const binary = join(confluent, 'node_modules', '.bin', 'node-pre-gyp')
  return npm(binary, ['install'], folder)
}

/** Undefined, or why it is not. */
export function missing(name: string): string | undefined {
  return existsSync(join(folderOf(name), 'node_modules', ...name.split('/')))
    ? undefined
    : 'npm run test:interop brings it'
}
