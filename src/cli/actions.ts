/** Verbs with actions: `odradek <verb> <action> [names] [flags]`. What an action asks, a cluster or a registry, is given by who has the verb. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { withNegatives } from './client/negative-numbers.ts'
import { exitDone } from './exit-codes.ts'
import { Given } from './given.ts'
import { table } from './table.ts'
import { UsageError } from './usage-error.ts'
import { runVerb, type Verb } from './verb.ts'

type FlagKinds = NonNullable<ParseArgsConfig['options']>

/** `Means` is what it asks with. */
export type AskedWith<Means> = Means & {
  /** What stands behind the action. */
  readonly names: readonly string[]
  readonly given: Given
  readonly show: (shown: Shown) => void
}

/** What an action has found: rows, with a head, and text behind them for people; data for programs. */
interface Shown {
  readonly rows?: readonly (readonly string[])[]
  readonly text?: string
  readonly data: unknown
}

export interface ActionWith<Means> {
  /** Flags of this action, beside those that all have. */
  readonly flags?: readonly string[]
  /** How many names it takes. */
  readonly names: readonly [min: number, max: number]
  /** Gives the exit code; none is 0. */
  readonly run: (asked: AskedWith<Means>) => Promise<number | undefined>
}

export interface ActionVerbWith<Means> {
  readonly name: string
  readonly usage: string
  /** All flags of all actions. */
  readonly flags: FlagKinds
  readonly actions: Readonly<Record<string, ActionWith<Means>>>
}

/** What all verbs have that ask the same. */
export interface Connecting<Means> {
  /** By which they learn where to ask. */
  readonly flags: FlagKinds
  /** Throws UsageError for names that nothing can have. */
  readonly check?: (names: readonly string[]) => void
  /** What `work` gives. What it asks with is closed behind it. */
  readonly within: <T>(given: Given, work: (means: Means) => Promise<T>) => Promise<T>
  /** What the operator can mend. */
  readonly mendable: NonNullable<Verb<object>['mendable']>
}

const frameFlags = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

const isBold = (): boolean => process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined

/** The head is bold on a terminal, unless NO_COLOR says that nothing is to be. */
function asText({ rows = [], text = '' }: Shown): string {
  const [head = '', ...lines] = table(rows).split(/(?<=\n)/)
  const shownHead = isBold() && lines.length > 0 ? `\u001b[1m${head.trimEnd()}\u001b[22m\n` : head
  return `${shownHead}${lines.join('')}${text}`
}

interface CommandLine {
  readonly values: object
  readonly positionals: readonly string[]
}

function actionOf<Means>(
  { actions }: ActionVerbWith<Means>,
  { values, positionals: [word, ...names] }: CommandLine,
  sharedFlags: FlagKinds,
) {
  const action = actions[word ?? '']
  if (word === undefined || action === undefined || !Object.hasOwn(actions, word))
    throw new UsageError(`one of ${Object.keys(actions).join(', ')} is to be named, not '${word ?? ''}'`)
  const [min, max] = action.names
  if (names.length < min) throw new UsageError(`${word} needs ${min === 1 ? 'a name' : `${min} names`}`)
  if (names.length > max) throw new UsageError(`unexpected '${names[max]}'`)
  const own = action.flags ?? []
  const foreign = Object.keys(values).find((flag) => !(flag in sharedFlags) && !own.includes(flag))
  if (foreign !== undefined) throw new UsageError(`${word} has no --${foreign}`)
  return { action, names }
}

/** Resolves to the exit code of the process. */
export function runActionsWith<Means extends object>(
  connecting: Connecting<Means>,
  verb: ActionVerbWith<Means>,
  args: readonly string[],
): Promise<number> {
  const sharedFlags = { ...connecting.flags, ...frameFlags }
  return runVerb({
    name: verb.name,
    usage: verb.usage,
    parse() {
      const options = { ...verb.flags, ...sharedFlags }
      const { values, positionals } = parseArgs({
        args: withNegatives(args),
        options,
        strict: true,
        allowPositionals: true,
      })
      return { help: values.help === true, values, positionals }
    },
    async run(commandLine) {
      const { action, names } = actionOf(verb, commandLine, sharedFlags)
      connecting.check?.(names)
      const given = new Given(commandLine.values)
      const show = (shown: Shown): void => {
        process.stdout.write(given.has('json') ? `${JSON.stringify(shown.data)}\n` : asText(shown))
      }
      const code = await connecting.within(given, (means) => action.run({ ...means, names, given, show }))
      return code ?? exitDone
    },
    mendable: connecting.mendable,
  })
}
