/** `odradek configs`: what topics, brokers and groups are set to, and setting it. */
import type { ConfigEntry, ConfigResource } from '../client/index.ts'
import { type Action, type Asked, runActions } from './client/actions.ts'
import { clientFlagsText } from './client/client-flags.ts'
import { printable } from './table.ts'
import { UsageError } from './usage-error.ts'

export const usage = `Usage: odradek configs describe KIND NAME [flags]
       odradek configs alter KIND NAME [flags]

KIND is topic, broker, broker-logger, client-metrics or group. The NAME 'default' of a broker is what holds for all brokers.

describe  tells the configs that are not the default, and where each comes from.
alter     changes single configs, and leaves the others as they are.

  --all                    describe: also those that are the default
  --set NAME=VALUE         alter; may be repeated, as may be all below
  --delete NAME            alter: back to the default
  --append NAME=VALUE      alter: items to a list
  --subtract NAME=VALUE    alter: items from a list
  --dry-run                alter: it is only checked
  --json                   for programs: one value in a line
${clientFlagsText}`

const flags = {
  all: { type: 'boolean' },
  set: { type: 'string', multiple: true },
  delete: { type: 'string', multiple: true },
  append: { type: 'string', multiple: true },
  subtract: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
} as const

const kinds = ['topic', 'broker', 'broker-logger', 'client-metrics', 'group'] as const

function resourceOf([kind, name]: readonly string[]): ConfigResource {
  const type = kinds.find((it) => it === kind)
  if (type === undefined || name === undefined) {
    throw new UsageError(`one of ${kinds.join(', ')} is to be named, and which, not '${kind}'`)
  }
  return { type, name: type === 'broker' && name === 'default' ? '' : name }
}

const isDefault = ({ source }: ConfigEntry): boolean => source === 'default-config'

async function describe({ admin, names, given, show }: Asked): Promise<undefined> {
  const { entries } = await admin.describeConfig(resourceOf(names))
  const shown = [...entries.values()].filter((it) => given.has('all') || !isDefault(it))
  const data = shown.map(({ name, value, source, isReadOnly, isSensitive }) => ({
    name,
    value,
    source,
    isReadOnly,
    isSensitive,
  }))
  const rows = shown.map(({ name, value, source, isSensitive, isReadOnly }) => [
    name,
    `${source}${isReadOnly ? ', read only' : ''}`,
    isSensitive ? '(a secret)' : printable(value ?? ''),
  ])
  show({ rows: [['CONFIG', 'SOURCE', 'VALUE'], ...rows], data })
}

async function alter({ admin, names, given, show }: Asked): Promise<undefined> {
  const resource = resourceOf(names)
  const changes = {
    set: given.pairs('set'),
    delete: given.texts('delete'),
    append: given.pairs('append'),
    subtract: given.pairs('subtract'),
  }
  if (Object.values(changes).every((it) => Object.keys(it).length === 0)) {
    throw new UsageError('alter needs --set, --delete, --append or --subtract')
  }
  await admin.alterConfig(resource, changes, { validateOnly: given.has('dry-run') })
  const result = given.has('dry-run') ? 'can be altered' : 'altered'
  show({ text: `${resource.type} ${printable(names[1] ?? '')} ${result}\n`, data: { ...resource, result } })
}

const actions: Readonly<Record<string, Action>> = {
  describe: { names: [2, 2], flags: ['all'], run: describe },
  alter: { names: [2, 2], flags: ['set', 'delete', 'append', 'subtract', 'dry-run'], run: alter },
}

export const run = (args: readonly string[]): Promise<number> =>
  runActions({ name: 'configs', usage, flags, actions }, args)
