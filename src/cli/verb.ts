/** What verbs have in common: flags that are wrong end in exit code 2, what the operator can mend in 1 without a stack trace. */
import { DiskError } from '../base/index.ts'
import { exitDone, exitFailed, exitUsage } from './exit-codes.ts'
import { UsageError } from './usage-error.ts'

export interface Verb<T extends { readonly help?: boolean | undefined }> {
  readonly name: string
  readonly usage: string
  /** Calls `parseArgs`, whose complaints are those of a UsageError. */
  readonly parse: () => T
  /** What the operator can mend, beside what all verbs have. */
  readonly mendable?: readonly (abstract new (
    ...args: never
  ) => Error)[]
  /** Gives the exit code; none is 0. */
  readonly run: (flags: T) => number | undefined | Promise<number | undefined>
}

/** Resolves to the exit code of the process. */
export async function runVerb<T extends { readonly help?: boolean | undefined }>(verb: Verb<T>): Promise<number> {
  const { name, usage, parse, run } = verb
  try {
    const flags = parse()
    if (flags.help !== true) return (await run(flags)) ?? exitDone
    process.stdout.write(usage)
    return exitDone
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (error instanceof UsageError || isOfFlags(error)) {
      process.stderr.write(
        `odradek ${name}: ${error.message}\nodradek ${name}: \`odradek ${name} --help\` lists the flags\n`,
      )
      return exitUsage
    }
    if (error instanceof DiskError || verb.mendable?.some((kind) => error instanceof kind))
      process.stderr.write(`odradek ${name}: ${error.message}\n`)
    else if (await isOfNode(error)) process.stderr.write(`${error.message}\n`)
    else throw error
    return exitFailed
  }
}

/** These are loaded late: the whole of a node takes longer to load than most verbs take. Who throws one has it loaded already. */
async function isOfNode(error: Error): Promise<boolean> {
  if (error instanceof (await import('../config/index.ts')).ConfigError) return true
  return error instanceof (await import('../node/index.ts')).StorageError
}

const isOfFlags = (error: Error): boolean => 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
