/** `odradek info`: how the log directories of a configuration are formatted, as `kafka-storage info`. */
import { parseArgs } from 'node:util'
import { createEnv } from '../env/index.ts'
import { storageInfo } from '../node/index.ts'
import { readConfigFile } from './config-file.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import { parseSettings } from './settings.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek info --config FILE [flags]

Tells which log directories of the configuration there are, of which cluster and node they are, and what is wrong with them.
The exit code is 1 where something is.

  --config, -c FILE        the configuration of the node (server.properties)
  --set KEY=VALUE          this config over what FILE says; may be repeated
  --help, -h               print this text
`

const options = {
  config: { type: 'string', short: 'c' },
  set: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const

interface Told {
  readonly config?: string | undefined
  readonly set?: readonly string[] | undefined
}

async function info({ config: path, set = [] }: Told): Promise<number> {
  if (path === undefined) throw new UsageError('argument --config/-c is required')
  const { disk } = createEnv()
  const { lines, isSound } = await storageInfo(disk, await readConfigFile(disk, path, parseSettings(set)))
  for (const line of lines) process.stdout.write(`${line}\n`)
  return isSound ? exitDone : exitFailed
}

export function run(args: readonly string[]): Promise<number> {
  const parse = () => parseArgs({ args: [...args], options, strict: true }).values
  return runVerb({ name: 'info', usage, parse, run: info })
}
