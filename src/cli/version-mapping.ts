/** `odradek version-mapping`: the levels of all features in a release, as `kafka-storage version-mapping`. */
import { parseArgs } from 'node:util'
import { versionMapping } from '../node/index.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek version-mapping [flags]

Lists the level of each feature that a cluster of a release begins with.

  --release-version, -r VERSION  as 4.3 or 4.3-IV0; the latest unless told
  --help, -h                     print this text
`

const options = {
  'release-version': { type: 'string', short: 'r' },
  help: { type: 'boolean', short: 'h' },
} as const

export function run(args: readonly string[]): Promise<number> {
  return runVerb({
    name: 'version-mapping',
    usage,
    parse: () => parseArgs({ args: [...args], options, strict: true }).values,
    run: (values) => {
      for (const line of versionMapping(values['release-version'])) process.stdout.write(`${line}\n`)
      return undefined
    },
  })
}
