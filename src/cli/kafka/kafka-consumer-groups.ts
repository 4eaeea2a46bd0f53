/** `odradek kafka-consumer-groups`: groups by the flags of Kafka's tool, told in its form. */
import { type Admin, type GroupDescription, KafkaError, settled, type TopicPartition } from '../../client/index.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import type { Given } from '../given.ts'
import { progressOf } from '../groups/progress.ts'
import { type PlannedOffset, partitionsNamed, type ResetSpot, resetPlan } from '../groups/reset-plan.ts'
import { UsageError } from '../usage-error.ts'
import { readGivenFile } from './given-file.ts'
import { membersText, offsetsText, padded, planText } from './group-tables.ts'
import { told } from './told.ts'
import { runTool, say, type ToolAsked, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-consumer-groups --bootstrap-server HOST:PORT ACTION [flags]

As kafka-consumer-groups of Apache Kafka, and in its form, but that the exit code is 1 where something failed.

  --list [--state [STATES]] [--type [TYPES]]
  --describe [--offsets|--members]        with --group or --all-groups
  --reset-offsets SPOT [--execute]        with --group or --all-groups, and --topic or --all-topics; SPOT is one of --to-earliest,
                                          --to-latest, --to-current, --to-offset N, --shift-by N, --to-datetime TIME,
                                          --by-duration PERIOD, --from-file FILE
  --delete-offsets                        with --group and --topic
  --delete                                with --group or --all-groups

  --group NAME, --topic NAME     may be repeated; a topic as NAME:0,1 too
  --export                       reset-offsets: as lines of comma-separated values, for --from-file
${toolFlagsText}`

const yes = { type: 'boolean' } as const
const text = { type: 'string' } as const
const many = { type: 'string', multiple: true } as const
const actionNames = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const
const flags = {
  ...toolFlags,
  ...Object.fromEntries(actionNames.map((name) => [name, yes])),
  group: many,
  'all-groups': yes,
  topic: many,
  'all-topics': yes,
  offsets: yes,
  members: yes,
  state: text,
  type: text,
  'to-earliest': yes,
  'to-latest': yes,
  'to-current': yes,
  'to-offset': text,
  'shift-by': text,
  'to-datetime': text,
  'by-duration': text,
  'from-file': text,
  execute: yes,
  'dry-run': yes,
  export: yes,
} as const

const error = (message: string): void => say(`\nError: ${message}`)

const groupsOf = async (admin: Admin, given: Given): Promise<readonly string[]> =>
  given.has('all-groups') ? (await listed(admin)).map(({ groupId }) => groupId) : [...new Set(given.texts('group'))]

/** Groups of consumers, and those that have offsets alone. */
async function listed(admin: Admin) {
  const all = await admin.listGroups()
  return all.filter(({ protocolType }) => protocolType === 'consumer' || protocolType === '')
}

const cased = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
const wordsOf = (list: string | undefined): readonly string[] =>
  (list ?? '')
    .split(',')
    .map((it) => it.trim().toLowerCase())
    .filter((it) => it !== '')

async function list({ admin, given }: ToolAsked): Promise<undefined> {
  const [states, types] = [wordsOf(given.text('state')), wordsOf(given.text('type'))]
  const groups = (await listed(admin)).filter(
    ({ state, type }) =>
      (states.length === 0 || states.includes(state.toLowerCase())) && (types.length === 0 || types.includes(type)),
  )
  const [hasState, hasType] = [given.text('state') !== undefined, given.text('type') !== undefined]
  if (!hasState && !hasType) {
    for (const { groupId } of groups) say(groupId)
    return
  }
  const width = Math.max(25, ...groups.map(({ groupId }) => groupId.length))
  const row = (group: string, type: string, state: string): string =>
    [padded(group, width), ...(hasType ? [padded(type, 20)] : []), ...(hasState ? [padded(state, 20)] : [])].join(' ')
  say(row('GROUP', 'TYPE', 'STATE'))
  for (const { groupId, type, state } of groups) say(row(groupId, cased(type), state))
}

/** Whether there is more to tell of it. */
function introduced({ groupId, state }: GroupDescription, rowCount: number): boolean {
  if (state === 'Dead') error(`Consumer group '${groupId}' does not exist.`)
  else if (state === 'Empty') process.stderr.write(`\nConsumer group '${groupId}' has no active members.\n`)
  else if (state !== 'Stable') process.stderr.write(`\nWarning: Consumer group '${groupId}' is rebalancing.\n`)
  return state !== 'Dead' && rowCount > 0
}

async function describe({ admin, given }: ToolAsked): Promise<undefined> {
  const names = await groupsOf(admin, given)
  if (names.length === 0 && !given.has('all-groups'))
    throw new UsageError('Option [describe] takes one of these options: --group, --all-groups')
  const groups = [...(await admin.describeGroups(names)).values()].toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
  for (const group of groups) {
    if (given.has('members')) {
      introduced(group, group.members.length)
      process.stdout.write(membersText(group))
    } else {
      const progress = await progressOf(admin, group)
      if (introduced(group, progress.length)) process.stdout.write(offsetsText(group.groupId, progress))
    }
  }
}

/** `P1DT2H3M4S`, in milliseconds. */
function durationMs(period: string): number {
  const form = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i
  const [whole, sign, days = 0, hours = 0, minutes = 0, seconds = 0] = form.exec(period) ?? []
  if (whole === undefined || /[PT]$/i.test(period))
    throw new ToolError(`Text cannot be parsed to a Duration: ${period}`)
  const ms = (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -ms : ms
}

/** Without a zone it is UTC, as in Kafka's tool. */
function timestampOf(time: string): number {
  const isZoned = /(Z|[+-]\d{2}:?\d{2})$/.test(time)
  const timestampMs = Date.parse(isZoned ? time : `${time}Z`)
  if (Number.isNaN(timestampMs)) throw new ToolError(`Unparseable date: ${time}`)
  return timestampMs
}

type Plan = ReadonlyMap<string, ReadonlyMap<string, TopicPartition & { readonly offset: number }>>

/** Lines of `topic,partition,offset`, where there is one group; else with the group before that. */
function planOf(path: string, groups: readonly string[]): Plan {
  const plan = new Map<string, Map<string, TopicPartition & { offset: number }>>()
  for (const line of readGivenFile(path).split(/\r?\n/)) {
    if (line.trim() === '') continue
    const cells = line.split(',').map((it) => it.trim().replace(/^"(.*)"$/, '$1'))
    const [group = '', topic = '', partition, offset] = cells.length === 3 ? [groups[0], ...cells] : cells
    if (!/^\d+$/.test(partition ?? '') || !/^\d+$/.test(offset ?? '')) throw new ToolError(`${path}: '${line}'`)
    const offsets = plan.get(group) ?? new Map()
    offsets.set(`${topic}-${partition}`, { topic, partition: Number(partition), offset: Number(offset) })
    plan.set(group, offsets)
  }
  return plan
}

/** Throws UsageError where there is not exactly one. */
function spotOf(given: Given): ResetSpot {
  const spots: ResetSpot[] = []
  if (given.has('to-earliest')) spots.push({ kind: 'beginning' })
  if (given.has('to-latest')) spots.push({ kind: 'end' })
  if (given.has('to-current')) spots.push({ kind: 'current' })
  const [offset, by] = [
    given.number('to-offset', Number.MIN_SAFE_INTEGER),
    given.number('shift-by', Number.MIN_SAFE_INTEGER),
  ]
  if (offset !== undefined) spots.push({ kind: 'offset', offset })
  if (by !== undefined) spots.push({ kind: 'shift', by })
  const [time, period] = [given.text('to-datetime'), given.text('by-duration')]
  if (time !== undefined) spots.push({ kind: 'time', timestampMs: timestampOf(time) })
  if (period !== undefined) spots.push({ kind: 'time', timestampMs: Date.now() - durationMs(period) })
  if (given.text('from-file') !== undefined) spots.push({ kind: 'each', offsets: new Map() })
  const [only, another] = spots
  if (only !== undefined && another === undefined) return only
  throw new UsageError(
    '--reset-offsets takes one of --to-earliest, --to-latest, --to-current, --to-offset, --shift-by, --to-datetime, --by-duration, --from-file',
  )
}

interface Scope {
  readonly partitions: readonly TopicPartition[]
  readonly spot: ResetSpot
}

async function scopeOf(admin: Admin, groupId: string, given: Given, plan: Plan | undefined): Promise<Scope> {
  if (plan !== undefined) {
    const offsets = plan.get(groupId)
    if (offsets === undefined) error(`No reset plan for group ${groupId} found`)
    const each = new Map([...(offsets ?? [])].map(([name, { offset }]) => [name, offset]))
    return { partitions: [...(offsets?.values() ?? [])], spot: { kind: 'each', offsets: each } }
  }
  const spot = spotOf(given)
  if (given.has('all-topics')) return { partitions: [...(await admin.listGroupOffsets(groupId)).values()], spot }
  const topics = given.texts('topic')
  if (topics.length === 0) throw new UsageError('One of the reset scopes should be defined: --all-topics, --topic.')
  return { partitions: await partitionsNamed(admin, topics), spot }
}

/** A group that is not there is one without members: it comes into being. */
async function stateOf(admin: Admin, groupId: string): Promise<string> {
  const group = (await settled(admin.describeGroups([groupId]))).get(groupId)
  if (group instanceof KafkaError) {
    if (group.code === 'GROUP_ID_NOT_FOUND') return 'Dead'
    throw group
  }
  return group?.state ?? 'Dead'
}

const executeWarning =
  'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run ' +
  'or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep ' +
  'the current default behavior without prompting.'

async function resetOffsets({ admin, given }: ToolAsked): Promise<number> {
  if (!given.has('execute') && !given.has('dry-run')) process.stderr.write(`${executeWarning}\n`)
  const groups = await groupsOf(admin, given)
  const file = given.text('from-file')
  const plan = file === undefined ? undefined : planOf(file, groups)
  const planned = new Map<string, readonly PlannedOffset[]>()
  let code = exitDone
  for (const groupId of groups) {
    const state = await stateOf(admin, groupId)
    if (state !== 'Empty' && state !== 'Dead') {
      error(`Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${state}.`)
      planned.set(groupId, [])
      code = exitFailed
      continue
    }
    const offsets = await resetPlan(admin, groupId, await scopeOf(admin, groupId, given, plan))
    for (const { topic, partition, isFallback } of offsets) {
      if (!isFallback) continue
      say(`\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.`)
    }
    if (given.has('execute'))
      await admin.alterGroupOffsets(
        groupId,
        offsets.map((it) => ({ ...it, offset: it.to })),
      )
    planned.set(groupId, offsets)
  }
  process.stdout.write(planText(planned, given.has('export')))
  return code
}

async function deleteOffsets({ admin, given }: ToolAsked): Promise<number> {
  const [groupId = ''] = given.texts('group')
  const partitions = await partitionsNamed(admin, given.texts('topic'))
  const results = await settled(admin.deleteGroupOffsets(groupId, partitions))
  const hasFailed = [...results.values()].some((it) => it instanceof KafkaError)
  if (hasFailed) error('Encounter some partition level error, see the follow-up details:')
  else say(`Request succeeded for deleting offsets from group ${groupId}.`)
  const width = Math.max(15, ...partitions.map(({ topic }) => topic.length))
  process.stdout.write(`\n${padded('TOPIC', width)} ${padded('PARTITION', 10)} ${padded('STATUS', 15)}`)
  for (const { topic, partition } of partitions) {
    const result = results.get(`${topic}-${partition}`)
    const status = result instanceof KafkaError ? `Error: ${told(result)}` : 'Successful'
    process.stdout.write(`\n${padded(topic, width)} ${padded(String(partition), 10)} ${padded(status, 15)}`)
  }
  process.stdout.write('\n')
  return hasFailed ? exitFailed : exitDone
}

/** As the exceptions of Kafka's clients say it. */
const exceptions: Readonly<Record<string, string>> = {
  NON_EMPTY_GROUP: 'org.apache.kafka.common.errors.GroupNotEmptyException: The group is not empty.',
  GROUP_ID_NOT_FOUND: 'org.apache.kafka.common.errors.GroupIdNotFoundException: The group id does not exist.',
}

async function remove({ admin, given }: ToolAsked): Promise<number> {
  const results = [...(await settled(admin.deleteGroups(await groupsOf(admin, given))))]
  const done = results.filter(([, it]) => !(it instanceof KafkaError)).map(([name]) => name)
  const failed = results.filter(([, it]) => it instanceof KafkaError)
  if (failed.length === 0) {
    say(`Deletion of requested consumer groups ('${done.join(', ')}') was successful.`)
    return exitDone
  }
  error('Deletion of some consumer groups failed:')
  for (const [name, it] of failed) {
    const why = it instanceof KafkaError ? (exceptions[it.code] ?? told(it)) : ''
    say(`* Group '${name}' could not be deleted due to: ${why}`)
  }
  if (done.length > 0) say(`\nThese consumer groups were deleted successfully: '${done.join("', '")}'`)
  return exitFailed
}

const actions = {
  list,
  describe,
  delete: remove,
  'reset-offsets': resetOffsets,
  'delete-offsets': deleteOffsets,
} as const

/** `--state` and `--type` may stand without a value. */
const withValues = (args: readonly string[]): string[] =>
  args.map((arg, i) => {
    const next = args[i + 1]
    return /^--(state|type)$/.test(arg) && (next === undefined || next.startsWith('--')) ? `${arg}=` : arg
  })

export const run = (args: readonly string[]): Promise<number> =>
  runTool(
    {
      name: 'kafka-consumer-groups',
      usage,
      flags,
      async run(asked) {
        const [action, another] = actionNames.filter((name) => asked.given.has(name))
        if (action === undefined || another !== undefined) {
          throw new UsageError(
            'Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets',
          )
        }
        try {
          return await actions[action](asked)
        } catch (failure) {
          if (!(failure instanceof KafkaError)) throw failure
          error(`Executing consumer group command failed due to ${told(failure)}`)
          return exitFailed
        }
      },
    },
    withValues(args),
  )
