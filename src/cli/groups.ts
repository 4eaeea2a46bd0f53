/** `odradek groups`: which groups there are, how far they are, where they go on, and why one rebalanced. */
import { type Admin, KafkaError, settled, type TopicPartition } from '../client/index.ts'
import { type Action, type Asked, runActions } from './client/actions.ts'
import { clientFlagsText } from './client/client-flags.ts'
import { startSpot } from './client/start-spots.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import { progressOf } from './groups/progress.ts'
import { partitionsNamed, type ResetSpot, resetPlan } from './groups/reset-plan.ts'
import { run as runWhy } from './groups/why.ts'
import { printable } from './table.ts'
import { UsageError } from './usage-error.ts'

export const usage = `Usage: odradek groups list [flags]
       odradek groups describe GROUP... [flags]
       odradek groups reset-offsets GROUP [flags]
       odradek groups delete-offsets GROUP --topic TOPIC... [flags]
       odradek groups delete GROUP... [flags]
       odradek groups why GROUP [flags]

list            tells of each group its type and state.
describe        tells how far a group is in each partition, and who has it.
reset-offsets   tells where a group without members would go on, and with --execute has it go on there. What lies beyond the ends of a
                partition becomes its end.
delete-offsets  forgets what a group has committed for topics that none of its members reads.
delete          takes groups away that have no members.
why             tells why a group rebalanced; it has flags of its own: \`odradek groups why --help\`.

  --topic, -t TOPIC        reset-offsets, delete-offsets: all partitions of the topic, or as TOPIC:0,2; may be repeated
  --all-topics             reset-offsets: all that the group has committed
  --to, -o SPOT            beginning, end, current, an offset, -N for so many before the end, or @TIME: the first record that
                           is not older
  --by N                   reset-offsets: instead of --to, so many further, or back
  --execute                reset-offsets: does it
  --json                   for programs: one value in a line
${clientFlagsText}`

const flags = {
  topic: { type: 'string', short: 't', multiple: true },
  'all-topics': { type: 'boolean' },
  to: { type: 'string', short: 'o' },
  by: { type: 'string' },
  execute: { type: 'boolean' },
} as const

const many: readonly [number, number] = [1, Number.POSITIVE_INFINITY]
const shown = (value: number | undefined): string => (value === undefined ? '-' : String(value))

async function list({ admin, show }: Asked): Promise<undefined> {
  const data = (await admin.listGroups()).toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
  const rows = data.map(({ groupId, type, state }) => [printable(groupId), type, state])
  show({ rows: [['GROUP', 'TYPE', 'STATE'], ...rows], data })
}

/** Those that are not there are told on the standard error. */
async function describe({ admin, names, given, show }: Asked): Promise<number> {
  const all = []
  let code = exitDone
  for (const group of (await settled(admin.describeGroups(names))).values()) {
    if (!(group instanceof KafkaError)) all.push({ ...group, progress: await progressOf(admin, group) })
    else {
      process.stderr.write(`odradek groups: ${printable(group.message)}\n`)
      code = exitFailed
    }
  }
  if (given.has('json')) {
    const data = all.map(({ progress, ...group }) => {
      const offsets = progress.map(({ member, ...it }) => ({ ...it, memberId: member?.memberId ?? null }))
      return { ...group, offsets }
    })
    show({ data })
    return code
  }
  for (const [i, { groupId, type, state, assignor, members, progress }] of all.entries()) {
    const title = `${printable(groupId)}  ${type}, ${state}, ${members.length} members${assignor === '' ? '' : `, ${assignor}`}`
    show({ text: `${i > 0 ? '\n' : ''}${title}\n`, data: undefined })
    const rows = progress.map(({ topic, partition, offset, end, lag, member }) => [
      ...[printable(topic), String(partition), shown(offset), shown(end), shown(lag)],
      member === undefined ? '-' : printable(`${member.memberId} ${member.host}`),
    ])
    show({ rows: [['TOPIC', 'PARTITION', 'OFFSET', 'END', 'LAG', 'MEMBER'], ...rows], data: undefined })
  }
  return code
}

/** Throws UsageError. */
function spotOf({ given }: Asked): ResetSpot {
  const [to, by] = [given.text('to'), given.number('by', Number.MIN_SAFE_INTEGER)]
  if ((to === undefined) === (by === undefined)) throw new UsageError('reset-offsets needs --to or --by, one of them')
  if (by !== undefined) return { kind: 'shift', by }
  return to === 'current' ? { kind: 'current' } : startSpot(to ?? '', 'to')
}

async function partitionsOf(admin: Admin, groupId: string, { given }: Asked): Promise<readonly TopicPartition[]> {
  const topics = given.texts('topic')
  if (given.has('all-topics') === topics.length > 0) throw new UsageError('needs --topic or --all-topics, one of them')
  if (topics.length > 0) return partitionsNamed(admin, topics)
  return [...(await admin.listGroupOffsets(groupId)).values()].map(({ topic, partition }) => ({ topic, partition }))
}

async function resetOffsets(asked: Asked): Promise<undefined> {
  const { admin, names, given, show } = asked
  const [groupId = ''] = names
  const spot = spotOf(asked)
  const plan = await resetPlan(admin, groupId, { partitions: await partitionsOf(admin, groupId, asked), spot })
  if (given.has('execute')) {
    await admin.alterGroupOffsets(
      groupId,
      plan.map(({ topic, partition, to }) => ({ topic, partition, offset: to })),
    )
  }
  const rows = plan.map(({ topic, partition, from, to }) => [
    printable(topic),
    String(partition),
    shown(from),
    String(to),
  ])
  const text = given.has('execute') ? '' : 'Nothing was changed: --execute does it.\n'
  show({
    rows: [['TOPIC', 'PARTITION', 'FROM', 'TO'], ...rows],
    text,
    data: { isExecuted: given.has('execute'), plan },
  })
}

/** What became of each: failures on the standard error too. */
function tell(results: ReadonlyMap<string, unknown>, show: Asked['show']): number {
  let code = exitDone
  const data = [...results].map(([name, result]) => {
    if (!(result instanceof KafkaError)) return { name, result: 'deleted' }
    code = exitFailed
    process.stderr.write(`odradek groups: ${printable(result.message)}\n`)
    return { name, error: result.code, message: result.message }
  })
  const lines = data.flatMap(({ name, result }) => (result === undefined ? [] : [`${printable(name)} ${result}\n`]))
  show({ text: lines.join(''), data })
  return code
}

async function deleteOffsets({ admin, names: [groupId = ''], given, show }: Asked): Promise<number> {
  const topics = given.texts('topic')
  if (topics.length === 0) throw new UsageError('delete-offsets needs --topic')
  return tell(await settled(admin.deleteGroupOffsets(groupId, await partitionsNamed(admin, topics))), show)
}

const remove = async ({ admin, names, show }: Asked): Promise<number> =>
  tell(await settled(admin.deleteGroups(names)), show)

const actions: Readonly<Record<string, Action>> = {
  list: { names: [0, 0], run: list },
  describe: { names: many, run: describe },
  'reset-offsets': { names: [1, 1], flags: ['topic', 'all-topics', 'to', 'by', 'execute'], run: resetOffsets },
  'delete-offsets': { names: [1, 1], flags: ['topic'], run: deleteOffsets },
  delete: { names: many, run: remove },
}

export const run = (args: readonly string[]): Promise<number> =>
  args[0] === 'why' ? runWhy(args) : runActions({ name: 'groups', usage, flags, actions }, args)
