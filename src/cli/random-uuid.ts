/** `odradek random-uuid`: an id for a new cluster, as `kafka-storage random-uuid`. */
import { uuidToString } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { drawId } from '../node/index.ts'
import { exitDone, exitUsage } from './exit-codes.ts'

export const usage = `Usage: odradek random-uuid

Prints a random id of 22 characters, fit for --cluster-id of \`odradek format\`.
`

export async function run(args: readonly string[]): Promise<number> {
  const [first] = args
  if (first === '--help' || first === '-h') {
    process.stdout.write(usage)
    return exitDone
  }
  if (first !== undefined) {
    process.stderr.write(`odradek random-uuid: unexpected argument '${first}'\n`)
    return exitUsage
  }
  process.stdout.write(`${uuidToString(drawId(createEnv().random.stream('random-uuid')))}\n`)
  return exitDone
}
