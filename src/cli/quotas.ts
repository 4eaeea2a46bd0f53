/** `odradek quotas`: quotas of users, clients and addresses: which there are, and setting them. */
import type { QuotaEntity, QuotaEntityType } from '../client/index.ts'
import { type Action, type Asked, runActions } from './client/actions.ts'
import { clientFlagsText } from './client/client-flags.ts'
import type { Given } from './given.ts'
import { printable } from './table.ts'
import { UsageError } from './usage-error.ts'

export const usage = `Usage: odradek quotas list [flags]
       odradek quotas alter ENTITY [flags]

ENTITY is --user, --client-id, both of them, or --ip. An empty name means all for whom nothing else is said.

  --user, --client-id, --ip NAME
  --set NAME=NUMBER        alter: producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate or
                           connection_creation_rate; may be repeated
  --delete NAME            alter: may be repeated
  --dry-run                alter: it is only checked
  --json                   for programs: one value in a line
${clientFlagsText}`

const flags = {
  user: { type: 'string' },
  'client-id': { type: 'string' },
  ip: { type: 'string' },
  set: { type: 'string', multiple: true },
  delete: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
} as const

const types: readonly QuotaEntityType[] = ['user', 'client-id', 'ip']

const entityOf = (given: Given): QuotaEntity =>
  Object.fromEntries(
    types.flatMap((type) => {
      const name = given.text(type)
      return name === undefined ? [] : [[type, name === '' ? null : name]]
    }),
  )

const entityText = (entity: QuotaEntity): string =>
  Object.entries(entity)
    .map(([type, name]) => `${type} ${name === null ? '(default)' : printable(name)}`)
    .join(', ')

async function list({ admin, show }: Asked): Promise<undefined> {
  const all = await admin.describeClientQuotas()
  const data = all.map(({ entity, quotas }) => ({ entity, quotas: Object.fromEntries(quotas) }))
  const rows = all.flatMap(({ entity, quotas }) =>
    [...quotas].map(([name, value]) => [entityText(entity), name, String(value)]),
  )
  show({ rows: [['ENTITY', 'QUOTA', 'VALUE'], ...rows], data })
}

async function alter({ admin, given, show }: Asked): Promise<undefined> {
  const entity = entityOf(given)
  const set: Record<string, number> = {}
  for (const [name, text] of Object.entries(given.pairs('set'))) {
    if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--set: '${text}' is no number`)
    set[name] = Number(text)
  }
  const removed = given.texts('delete')
  if (Object.keys(entity).length === 0) throw new UsageError('alter needs --user, --client-id or --ip')
  if (Object.keys(set).length + removed.length === 0) throw new UsageError('alter needs --set or --delete')
  await admin.alterClientQuotas([{ entity, set, remove: removed }], { validateOnly: given.has('dry-run') })
  const result = given.has('dry-run') ? 'can be altered' : 'altered'
  show({ text: `${entityText(entity)} ${result}\n`, data: { entity, set, remove: removed, result } })
}

const actions: Readonly<Record<string, Action>> = {
  list: { names: [0, 0], run: list },
  alter: { names: [0, 0], flags: ['user', 'client-id', 'ip', 'set', 'delete', 'dry-run'], run: alter },
}

export const run = (args: readonly string[]): Promise<number> =>
  runActions({ name: 'quotas', usage, flags, actions }, args)
