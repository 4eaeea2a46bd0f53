/** `odradek kafka-reassign-partitions`: which brokers have which partitions, by the flags of Kafka's tool, told in its form. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError } from '../../base/index.ts'
import {
  type Admin,
  KafkaError,
  type NewReassignment,
  type PartitionReassignment,
  settled,
  type TopicDescription,
} from '../../client/index.ts'
import { createEnv } from '../../env/index.ts'
import { placeReplicas } from '../../metadata/index.ts'
import type { Given } from '../given.ts'
import { UsageError } from '../usage-error.ts'
import { exceptionText } from './java-exception.ts'
import { javaSetOrder } from './java-hash-order.ts'
import {
  byPartition,
  byReplica,
  checkPlan,
  duplicates,
  type PlacedReplica,
  type PlannedPartition,
  partitionName,
  planText,
  readPlan,
  readTopics,
  replicaName,
} from './reassignment-plan.ts'
import { clearThrottles, movesOf, throttleDirectories, throttleMoves } from './reassignment-throttles.ts'
import { directoriesOf, placedState } from './replica-directories.ts'
import { told } from './told.ts'
import { failing, runTool, say, type ToolAsked, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-reassign-partitions --bootstrap-server HOST:PORT ACTION [flags]

As kafka-reassign-partitions of Apache Kafka, and in its form.

  --generate                     proposes where the partitions of topics may go; with --topics-to-move-json-file and --broker-list
  --execute                      begins what --reassignment-json-file says
  --verify                       tells how far that is; takes all throttles away when nothing moves any more
  --cancel                       ends it, and takes all throttles away
  --list                         what is under way

  --reassignment-json-file FILE  {"version": 1, "partitions": [{"topic": "orders", "partition": 0, "replicas": [1, 2],
                                 "log_dirs": ["any", "/data"]}]}; log_dirs may be left out
  --topics-to-move-json-file FILE
                                 {"version": 1, "topics": [{"topic": "orders"}]}
  --broker-list LIST             generate: brokers that may have them, as 1,2,3
  --disable-rack-aware           generate: racks do not matter
  --additional                   execute: though something is under way; changes its throttle too
  --throttle BYTES               execute: so many a second between brokers
  --replica-alter-log-dirs-throttle BYTES
                                 execute: so many a second between log directories
  --disallow-replication-factor-change
                                 execute: each partition keeps as many replicas as it has
  --timeout MS                   execute, cancel: until replicas move to other log directories; 10000 unless told
  --preserve-throttles           verify, cancel: throttles stay
${toolFlagsText}`

const yes = { type: 'boolean' } as const
const text = { type: 'string' } as const
const actionNames = ['generate', 'execute', 'verify', 'cancel', 'list'] as const
type ActionName = (typeof actionNames)[number]

const flags = {
  ...toolFlags,
  ...Object.fromEntries(actionNames.map((name) => [name, yes])),
  'reassignment-json-file': text,
  'topics-to-move-json-file': text,
  'broker-list': text,
  'disable-rack-aware': yes,
  additional: yes,
  throttle: text,
  'replica-alter-log-dirs-throttle': text,
  'disallow-replication-factor-change': yes,
  timeout: text,
  'preserve-throttles': yes,
} as const

/** What an action must be told, and what it may be. */
const flagsOf: Readonly<Record<ActionName, { readonly needed: readonly string[]; readonly more: readonly string[] }>> =
  {
    generate: { needed: ['topics-to-move-json-file', 'broker-list'], more: ['disable-rack-aware'] },
    execute: {
      needed: ['reassignment-json-file'],
      more: [
        ...['additional', 'throttle', 'replica-alter-log-dirs-throttle', 'timeout'],
        'disallow-replication-factor-change',
      ],
    },
    verify: { needed: ['reassignment-json-file'], more: ['preserve-throttles'] },
    cancel: { needed: ['reassignment-json-file'], more: ['preserve-throttles', 'timeout'] },
    list: { needed: [], more: [] },
  }

/** Of what the cluster has refused, Kafka's tool prints nothing but this. */
class TerseError extends ToolError {}

const isGiven = (given: Given, flag: string): boolean => given.has(flag) || given.text(flag) !== undefined

const fileOf = (given: Given, flag = 'reassignment-json-file'): string => given.text(flag) ?? ''

/** Throws UsageError. */
function actionOf(given: Given): ActionName {
  const [action, another] = actionNames.filter((name) => given.has(name))
  if (action === undefined || another !== undefined) {
    const all = actionNames.map((name) => `--${name}`).join(', ')
    throw new UsageError(`Command must include exactly one action: ${all}`)
  }
  const { needed, more } = flagsOf[action]
  const missing = needed.find((flag) => !isGiven(given, flag))
  if (missing !== undefined) throw new UsageError(`Missing required argument "[${missing}]"`)
  const known = [action, ...needed, ...more, ...Object.keys(toolFlags)]
  const foreign = Object.keys(flags).find((flag) => isGiven(given, flag) && !known.includes(flag))
  if (foreign === undefined) return action
  throw new UsageError(`Option "[${foreign}]" can't be used with action "[${action}]"`)
}

/** By name. Throws ToolError where one is not there. */
async function topicsOf(admin: Admin, names: readonly string[]): Promise<readonly TopicDescription[]> {
  if (names.length === 0) return []
  return [...(await settled(admin.describeTopics(names)))].map(([name, topic]) => {
    if (!(topic instanceof KafkaError)) return topic
    if (topic.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw topic
    throw new ToolError(exceptionText(new KafkaError(topic.code, `Topic ${name} not found.`)))
  })
}

const partitionsOf = (topics: readonly TopicDescription[]): readonly PlannedPartition[] =>
  topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, replicas }) => ({ topic: name, partition, replicas })),
  )

/** Of those on brokers that are there. */
async function currentDirectories(
  admin: Admin,
  partitions: readonly PlannedPartition[],
  ids: readonly number[],
): Promise<ReadonlyMap<string, string>> {
  const replicas = partitions.flatMap(({ topic, partition, replicas: all }) =>
    all.filter((id) => ids.includes(id)).map((brokerId) => ({ topic, partition, brokerId })),
  )
  const found = await directoriesOf(admin, replicas)
  return new Map([...found].flatMap(([name, { current }]) => (current === undefined ? [] : [[name, current] as const])))
}

// ---- generate

function brokerListOf(given: Given): readonly number[] {
  const ids = (given.text('broker-list') ?? '').split(',').map((id) => {
    if (/^[+-]?\d{1,10}$/.test(id)) return Number(id)
    throw new ToolError(`For input string: "${id}"`)
  })
  const twice = duplicates(ids)
  if (twice.length > 0) throw new ToolError(`Broker list contains duplicate entries: [${twice.join(', ')}]`)
  return ids
}

interface Candidate {
  readonly id: number
  readonly rack: string | null
}

/** As new topics are placed: by lot, over racks and brokers in turn. Throws ToolError. */
function proposed(current: readonly PlannedPartition[], candidates: readonly Candidate[]): readonly PlannedPartition[] {
  const brokers = candidates.map(({ id, rack }) => ({ brokerId: id, rack, fenced: false }))
  const random = createEnv().random.stream('reassignments')
  try {
    return [...Map.groupBy(current, ({ topic }) => topic)].flatMap(([topic, those]) => {
      const options = {
        brokers,
        partitionCount: those.length,
        replicationFactor: those[0]?.replicas.length ?? 0,
        random,
      }
      return placeReplicas(options).map((replicas, partition) => ({ topic, partition, replicas }))
    })
  } catch (error) {
    // The words before that are the controller's.
    if (error instanceof ApiError) throw new ToolError(error.message.replace(/^Unable to replicate .*?: /, ''))
    throw error
  }
}

async function generate({ admin, given }: ToolAsked): Promise<void> {
  const [ids, names] = [brokerListOf(given), readTopics(fileOf(given, 'topics-to-move-json-file'))]
  const { brokers } = await admin.describeCluster()
  const current = partitionsOf(await topicsOf(admin, names))
  const directories = await currentDirectories(
    admin,
    current,
    brokers.map(({ id }) => id),
  )
  const isRackAware = !given.has('disable-rack-aware')
  const candidates = brokers
    .filter(({ id }) => ids.includes(id))
    .map(({ id, rack }) => ({ id, rack: isRackAware ? rack : null }))
  const rackless = candidates.filter(({ rack }) => rack === null).length
  if (isRackAware && rackless > 0 && rackless < candidates.length) {
    throw new ToolError(
      'Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment without rack ' +
        'information.',
    )
  }
  const wanted = proposed(current, candidates)
  say(`Current partition replica assignment\n${planText(current, directories)}\n`)
  say(`Proposed partition reassignment configuration\n${planText(wanted, new Map())}`)
}

// ---- execute

const isUnderWayText =
  'Cannot execute because there is an existing partition assignment.  Use --additional to override this and ' +
  'create a new partition assignment in addition to the existing one. The --additional ' +
  'flag can also be used to change the throttle by resubmitting the current reassignment.'

const throttledText =
  'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.'

/** Of the partitions that are to be moved. Throws ToolError for a broker or a partition that is not there. */
async function beforeExecution(
  admin: Admin,
  wanted: readonly PlannedPartition[],
): Promise<readonly PlannedPartition[]> {
  const { brokers } = await admin.describeCluster()
  const ids = brokers.map(({ id }) => id)
  const stranger = javaSetOrder(wanted.flatMap(({ replicas }) => replicas)).find((id) => !ids.includes(id))
  if (stranger !== undefined) throw new ToolError(`Unknown broker id ${stranger}`)
  const names = new Set(wanted.map(partitionName))
  const topics = await topicsOf(admin, [...new Set(wanted.map(({ topic }) => topic))])
  const current = partitionsOf(topics).filter((it) => names.has(partitionName(it)))
  const found = new Set(current.map(partitionName))
  const missing = [...names].filter((name) => !found.has(name))
  if (missing.length > 0) {
    const what = `Unable to find partition: ${missing.join(', ')}`
    throw new ToolError(exceptionText(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', what)))
  }
  const plan = planText(current, await currentDirectories(admin, current, ids))
  say(`Current partition replica assignment\n\n${plan}\n`)
  say('Save this to use as the --reassignment-json-file option during rollback')
  return current
}

/** `partition: reason`, for each that was refused. */
async function refusals(
  admin: Admin,
  asked: readonly NewReassignment[],
  allowReplicationFactorChange: boolean,
): Promise<readonly string[]> {
  const results = await settled(admin.alterPartitionReassignments(asked, { allowReplicationFactorChange }))
  return asked.toSorted(byPartition).flatMap((it) => {
    const result = results.get(partitionName(it))
    return result instanceof KafkaError ? [`${partitionName(it)}: ${told(result)}`] : []
  })
}

interface Throttles {
  readonly given: Given
  readonly placed: readonly PlacedReplica[]
  readonly under: ReadonlyMap<string, PartitionReassignment>
  readonly wanted: readonly PlannedPartition[]
  readonly current: readonly PlannedPartition[]
}

async function throttle(admin: Admin, { given, placed, under, wanted, current }: Throttles): Promise<void> {
  const between = given.number('throttle', Number.MIN_SAFE_INTEGER) ?? -1
  const inside = given.number('replica-alter-log-dirs-throttle', Number.MIN_SAFE_INTEGER) ?? -1
  if (between < 0 && inside < 0) return
  say(throttledText)
  const had = new Map(current.map((it) => [partitionName(it), it.replicas]))
  if (between >= 0) await throttleMoves(admin, movesOf(under, wanted, had), between)
  if (inside >= 0) await throttleDirectories(admin, placed, inside)
}

async function execute({ admin, given }: ToolAsked): Promise<void> {
  const plan = readPlan(fileOf(given))
  checkPlan(plan)
  const { partitions: wanted, placed } = plan
  const under = await admin.listPartitionReassignments()
  if (under.size > 0 && !given.has('additional')) throw new TerseError(isUnderWayText)
  const current = await beforeExecution(admin, wanted)
  await throttle(admin, { given, placed, under, wanted, current })
  const refused = await refusals(admin, wanted, !given.has('disallow-replication-factor-change'))
  if (refused.length > 0) throw new TerseError(`Error reassigning partition(s):\n${refused.join('\n')}`)
  const names = wanted.toSorted(byPartition).map(partitionName)
  say(`Successfully started partition reassignment${names.length === 1 ? '' : 's'} for ${names.join(',')}`)
  await moveDirectories(admin, placed, given)
}

const timeoutMsDefault = 10_000
const retryMs = 100

/** A replica that is not there yet can only be moved when it is. */
async function moveDirectories(admin: Admin, placed: readonly PlacedReplica[], given: Given): Promise<void> {
  const untilMs = Date.now() + (given.number('timeout', Number.MIN_SAFE_INTEGER) ?? timeoutMsDefault)
  let left = placed.toSorted(byReplica)
  while (left.length > 0) {
    const results = await settled(admin.alterReplicaLogDirs(left))
    const waiting = left.filter((replica) => {
      const result = results.get(replicaName(replica))
      if (!(result instanceof KafkaError)) return false
      if (result.code === 'REPLICA_NOT_AVAILABLE') return true
      throw new ToolError(`Failed to alter dir for ${replicaName(replica)}`)
    })
    for (const replica of left.filter((it) => !waiting.includes(it))) {
      const { logDir, brokerId } = replica
      say(
        `Successfully started moving log directory to ${logDir} for replica ${partitionName(replica)} with broker ${brokerId} `,
      )
    }
    left = waiting
    if (left.length > 0 && Date.now() >= untilMs) {
      const names = left.map(replicaName).join(',')
      throw new TerseError(
        `Timed out before log directory move${left.length === 1 ? '' : 's'} could be started for: ${names}`,
      )
    }
    if (left.length > 0) await sleep(retryMs)
  }
}

// ---- verify, cancel, list

/** One that is not there has no replicas. */
async function currentReplicas(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = topics.length === 0 ? new Map<string, TopicDescription>() : await settled(admin.describeTopics(topics))
  const described = [...found.values()].flatMap((topic) => {
    if (!(topic instanceof KafkaError)) return [topic]
    if (topic.code === 'UNKNOWN_TOPIC_OR_PARTITION') return []
    throw topic
  })
  return new Map(partitionsOf(described).map((it) => [partitionName(it), it.replicas]))
}

async function verify({ admin, given }: ToolAsked): Promise<void> {
  const { partitions, placed } = readPlan(fileOf(given))
  const under = await admin.listPartitionReassignments()
  const others = partitions.filter((it) => !under.has(partitionName(it)))
  const replicas = await currentReplicas(admin, [...new Set(others.map(({ topic }) => topic))])
  const lineOf = (wanted: PlannedPartition): string => {
    const name = partitionName(wanted)
    if (under.has(name)) return `Reassignment of partition ${name} is still in progress.`
    const [found, target] = [(replicas.get(name) ?? []).join(','), wanted.replicas.join(',')]
    return found === target
      ? `Reassignment of partition ${name} is completed.`
      : `There is no active reassignment of partition ${name}, but replica set is ${found} rather than ${target}.`
  }
  // What is named twice is told of once, as it is named last.
  const each = [...new Map(partitions.map((it) => [partitionName(it), it])).values()]
  say(['Status of partition reassignment:', ...each.toSorted(byPartition).map(lineOf)].join('\n'))
  const state = placedState(placed, await directoriesOf(admin, placed))
  say(state.text)
  if (under.size === 0 && !state.isUnderWay && !given.has('preserve-throttles')) await clearThrottles(admin, partitions)
}

async function cancel({ admin, given }: ToolAsked): Promise<void> {
  const { partitions, placed } = readPlan(fileOf(given))
  const under = await admin.listPartitionReassignments({ partitions })
  const moving = [...under.values()]
    .filter(({ addingReplicas, removingReplicas }) => addingReplicas.length > 0 || removingReplicas.length > 0)
    .toSorted(byPartition)
  const cancelled = moving.map(({ topic, partition }) => ({ topic, partition, replicas: null }))
  const refused = cancelled.length === 0 ? [] : await refusals(admin, cancelled, true)
  if (refused.length > 0) {
    const what = `Error cancelling partition reassignment${refused.length === 1 ? '' : 's'} for:`
    throw new TerseError([what, ...refused].join('\n'))
  }
  if (moving.length === 0) say('None of the specified partition reassignments are active.')
  else {
    const names = moving.map(partitionName).join(',')
    say(`Successfully cancelled partition reassignment${moving.length === 1 ? '' : 's'} for: ${names}`)
  }
  const directories = await directoriesOf(admin, placed)
  const back = placed.flatMap((it) => {
    const { current, future } = directories.get(replicaName(it)) ?? {}
    return current === undefined || future === undefined ? [] : [{ ...it, logDir: current }]
  })
  // As Kafka's: the line is not ended.
  if (back.length === 0) process.stdout.write('None of the specified partition moves are active.')
  else await moveDirectories(admin, back, given)
  if (!given.has('preserve-throttles')) await clearThrottles(admin, partitions)
}

async function list({ admin }: ToolAsked): Promise<void> {
  const under = [...(await admin.listPartitionReassignments()).values()].toSorted(byPartition)
  if (under.length === 0) {
    say('No partition reassignments found.')
    return
  }
  say('Current partition reassignments:')
  for (const it of under) {
    const [adding, removing] = [it.addingReplicas.join(','), it.removingReplicas.join(',')]
    const more = `${adding === '' ? '' : ` adding: ${adding}.`}${removing === '' ? '' : ` removing: ${removing}.`}`
    say(`${partitionName(it)}: replicas: ${it.replicas.join(',')}.${more}`)
  }
}

const actions = { generate, execute, verify, cancel, list } as const

/** Kafka's tool tells all errors on its standard output. */
function wordsOf(error: KafkaError | ToolError): string {
  if (error instanceof TerseError) return error.message
  return `Error: ${error instanceof KafkaError ? exceptionText(error) : error.message}`
}

export const run = (args: readonly string[]): Promise<number> =>
  runTool(
    {
      name: 'kafka-reassign-partitions',
      usage,
      flags,
      run(asked) {
        const action = actionOf(asked.given)
        return failing(() => actions[action](asked), wordsOf)
      },
    },
    args,
  )
