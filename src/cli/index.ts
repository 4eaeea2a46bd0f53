/**
 * The door of `cli`: finds the verb, prints help and version. `bin/odradek.js` calls it; what a verb does is in the
 * file of that verb, not here.
 */
import { readFileSync } from 'node:fs'

const usage = `Usage: odradek <option>

  --help, -h      print this text
  --version, -v   print the version
`

/** Exit codes: 0 done, 2 the command line is wrong. */
const exitDone = 0
const exitUsage = 2

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new Error('package.json names no version')
}

/** Runs one command line, without the names of Node and of the script; resolves to the exit code of the process. */
export async function main(commandLine: readonly string[]): Promise<number> {
  const [verb] = commandLine
  switch (verb) {
    case '--help':
    case '-h':
      process.stdout.write(usage)
      return exitDone
    case '--version':
    case '-v':
      process.stdout.write(`${version()}\n`)
      return exitDone
    case undefined:
      process.stderr.write(usage)
      return exitUsage
    default:
      process.stderr.write(`odradek: unknown verb '${verb}'; \`odradek --help\` lists what there is\n`)
      return exitUsage
  }
}
