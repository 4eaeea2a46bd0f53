/** Verbs that ask or change a cluster by an admin client: `odradek <verb> <action> [names] [flags]`. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type Admin, KafkaError } from '../../client/index.ts'
import { exitDone } from '../exit-codes.ts'
import { table } from '../table.ts'
import { UsageError } from '../usage-error.ts'
import { runVerb } from '../verb.ts'
import { clientFlags, clientSetup, withAdmin } from './client-flags.ts'
import { withNegatives } from './negative-numbers.ts'

type FlagKinds = NonNullable<ParseArgsConfig['options']>

const actionFlags = { ...clientFlags, json: { type: 'boolean' } } as const

/** What the flags of a command line say, by name; a flag that is not there is undefined. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  has(flag: string): boolean {
    return this.#values[flag] === true
  }

  text(flag: string): string | undefined {
    const value = this.#values[flag]
    return typeof value === 'string' ? value : undefined
  }

  texts(flag: string): readonly string[] {
    const value = this.#values[flag]
    return Array.isArray(value) ? value.filter((it) => typeof it === 'string') : []
  }

  /** Undefined where it is not told. Throws UsageError. */
  number(flag: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(flag)
    if (text === undefined) return undefined
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new UsageError(`--${flag} is a number from ${min} to ${max}, not '${text}'`)
  }

  /** `NAME=VALUE` each. Throws UsageError. */
  pairs(flag: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.texts(flag).map((pair) => pairOf(flag, pair)))
  }
}

function pairOf(flag: string, pair: string): [string, string] {
  const equals = pair.indexOf('=')
  if (equals <= 0) throw new UsageError(`--${flag} takes NAME=VALUE, not '${pair}'`)
  return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
}

export interface Asked {
  readonly admin: Admin
  /** What stands behind the action. */
  readonly names: readonly string[]
  readonly given: Given
  readonly show: (shown: Shown) => void
}

/** What an action has found: rows for people, with a head; data for programs. */
interface Shown {
  readonly rows?: readonly (readonly string[])[]
  readonly text?: string
  readonly data: unknown
}

export interface Action {
  /** Flags of this action, beside those that all have. */
  readonly flags?: readonly string[]
  /** How many names it takes. */
  readonly names: readonly [min: number, max: number]
  /** Gives the exit code; none is 0. */
  readonly run: (asked: Asked) => Promise<number | undefined>
}

export interface ActionVerb {
  readonly name: string
  readonly usage: string
  /** All flags of all actions. */
  readonly flags: FlagKinds
  readonly actions: Readonly<Record<string, Action>>
}

const isBold = (): boolean => process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined

/** The head is bold on a terminal, unless NO_COLOR says that nothing is to be. */
function asText({ rows = [], text = '' }: Shown): string {
  const [head = '', ...lines] = table(rows).split(/(?<=\n)/)
  const shownHead = isBold() && lines.length > 0 ? `\u001b[1m${head.trimEnd()}\u001b[22m\n` : head
  return `${shownHead}${lines.join('')}${text}`
}

function actionOf({ actions }: ActionVerb, [word, ...names]: readonly string[], values: object) {
  const action = actions[word ?? '']
  if (word === undefined || action === undefined || !Object.hasOwn(actions, word)) {
    throw new UsageError(`one of ${Object.keys(actions).join(', ')} is to be named, not '${word ?? ''}'`)
  }
  const [min, max] = action.names
  if (names.length < min) throw new UsageError(`${word} needs ${min === 1 ? 'a name' : `${min} names`}`)
  if (names.length > max) throw new UsageError(`unexpected '${names[max]}'`)
  const own = action.flags ?? []
  const foreign = Object.keys(values).find((flag) => !(flag in actionFlags) && !own.includes(flag))
  if (foreign !== undefined) throw new UsageError(`${word} has no --${foreign}`)
  return { action, names }
}

export const runActions = (verb: ActionVerb, args: readonly string[]): Promise<number> =>
  runVerb({
    name: verb.name,
    usage: verb.usage,
    parse() {
      const options = { ...verb.flags, ...actionFlags }
      const { values, positionals } = parseArgs({
        args: withNegatives(args),
        options,
        strict: true,
        allowPositionals: true,
      })
      return { help: values.help === true, values, positionals }
    },
    async run({ values, positionals }) {
      const { action, names } = actionOf(verb, positionals, values)
      const given = new Given(values)
      const setup = await clientSetup({
        'bootstrap-server': given.text('bootstrap-server'),
        'command-config': given.text('command-config'),
        property: given.texts('property'),
      })
      const show = (shown: Shown): void => {
        process.stdout.write(given.has('json') ? `${JSON.stringify(shown.data)}\n` : asText(shown))
      }
      return (await withAdmin(setup, (admin) => action.run({ admin, names, given, show }))) ?? exitDone
    },
    mendable: [KafkaError],
  })
