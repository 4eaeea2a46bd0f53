/** What Kafka's tools have in common under their own names: flags as they take them, and an admin client. Errors end in exit code 1. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type Admin, KafkaError } from '../../client/index.ts'
import { clientSetup, withAdmin } from '../client/client-flags.ts'
import { withNegatives } from '../client/negative-numbers.ts'
import { exitDone, exitFailed, exitUsage } from '../exit-codes.ts'
import { Given } from '../given.ts'
import { runVerb } from '../verb.ts'

type FlagKinds = NonNullable<ParseArgsConfig['options']>

export const toolFlags = {
  'bootstrap-server': { type: 'string' },
  'command-config': { type: 'string' },
  help: { type: 'boolean' },
} as const

export const toolFlagsText = `  --bootstrap-server HOST:PORT   a broker to ask first, or several, comma-separated
  --command-config FILE          properties of the client
  --help                         print this text
`

export interface Tool {
  readonly name: string
  readonly usage: string
  readonly flags: FlagKinds
  /** Gives the exit code; none is 0. */
  readonly run: (asked: ToolAsked) => Promise<number | undefined>
}

export interface ToolAsked {
  readonly admin: Admin
  readonly given: Given
}

/** The tool said why, in Kafka's words, and ends with exit code 1. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Names may be cut as long as only one begins so, as Kafka's parser has it. */
function wholeNames(args: readonly string[], flags: FlagKinds): string[] {
  const names = Object.keys(flags)
  return args.map((arg) => {
    const [, given, rest = ''] = /^--([^=]+)(=.*)?$/s.exec(arg) ?? []
    if (given === undefined || names.includes(given)) return arg
    const [only, another] = names.filter((name) => name.startsWith(given))
    return only === undefined || another !== undefined ? arg : `--${only}${rest}`
  })
}

/** For tools that tell on their standard output what has failed: in the words that they have for it. */
export async function failing(
  work: () => Promise<void>,
  wordsOf: (error: KafkaError | ToolError) => string,
): Promise<number | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!(error instanceof KafkaError || error instanceof ToolError)) throw error
    say(wordsOf(error))
    return exitFailed
  }
}

/** Kafka's tools know one kind of failure. */
export const asToolCode = (code: number): number => (code === exitUsage ? exitFailed : code)

export const runTool = async ({ name, usage, flags, run }: Tool, args: readonly string[]): Promise<number> =>
  asToolCode(
    await runVerb({
      name,
      usage,
      parse() {
        const options = { ...flags, ...toolFlags }
        const { values } = parseArgs({ args: withNegatives(wholeNames(args, options)), options, strict: true })
        return { help: values.help === true, values }
      },
      async run({ values }) {
        const given = new Given(values)
        const setup = await clientSetup({
          'bootstrap-server': given.text('bootstrap-server'),
          'command-config': given.text('command-config'),
        })
        return (await withAdmin(setup, (admin) => run({ admin, given }))) ?? exitDone
      },
      mendable: [KafkaError, ToolError],
    }),
  )
