/** What is asked by Kafka's tools of replicas: moves, elections, brokers that are down, and what the tools say to bad input. */
import type { HeldCluster } from './held-cluster.ts'
import { reportOfVerification } from './replica-verification.ts'
import type { Transcript } from './tool-transcript.ts'

interface ReplicaWorld {
  readonly held: HeldCluster
  readonly transcript: Transcript
}

export type ReplicaScript = (world: ReplicaWorld) => Promise<void>

interface PlannedPartition {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
  readonly log_dirs?: readonly string[]
}

const planOf = (...partitions: readonly PlannedPartition[]): object => ({ version: 1, partitions })
const move = (place: string, ...replicas: readonly number[]): PlannedPartition => {
  const [, topic = '', partition = ''] = /^(.*)-(\d+)$/.exec(place) ?? []
  return { topic, partition: Number(partition), replicas }
}
const moveTopics = (...topics: readonly string[]): object => ({
  version: 1,
  topics: topics.map((topic) => ({ topic })),
})
const executed = '--execute --reassignment-json-file FILE'
const verified = '--verify --reassignment-json-file FILE'
const cancelled = '--cancel --reassignment-json-file FILE'

/** Each replica is in sync; of `alone` there is one, on the broker that goes later. */
const topics = {
  two: '11:12,12:13,13:11,11:13',
  three: '11:12:13,12:13:11,13:11:12',
  strict: '13:12,12:11',
  alone: '13',
}
const configs: Readonly<Record<string, string>> = {
  three: ' --config min.insync.replicas=2',
  strict: ' --config min.insync.replicas=2',
}

async function makeTopics({ held, transcript }: ReplicaWorld): Promise<void> {
  for (const [topic, assignment] of Object.entries(topics)) {
    const args = `--create --topic ${topic} --replica-assignment ${assignment}${configs[topic] ?? ''}`
    await transcript.call('make', { tool: 'topics', args })
  }
  await held.settled()
  for (const topic of Object.keys(topics)) await held.fill(topic, 10)
  await held.settled()
}

const ofHealth = ['under-replicated', 'under-min-isr', 'at-min-isr', 'unavailable'].map((it) => `--${it}-partitions`)

/** How partitions are, by each flag that the tool has for that. */
async function health({ transcript }: ReplicaWorld, when: string): Promise<void> {
  await transcript.call(when, { tool: 'topics', args: '--describe' })
  for (const flag of ofHealth) await transcript.call(when, { tool: 'topics', args: `--describe ${flag}` })
}

async function atRest({ transcript }: ReplicaWorld): Promise<void> {
  const cluster = ['cluster-id', 'list-endpoints', 'list-endpoints --include-fenced-brokers', 'unregister --id 99']
  for (const args of cluster) await transcript.call('at rest', { tool: 'cluster', args })
  await transcript.call('controllers', { tool: 'cluster', args: 'list-endpoints', ofControllers: true })
  const dirs = [
    '--describe',
    '--describe --broker-list 12',
    '--describe --topic-list two,none',
    '--describe --broker-list 99',
  ]
  for (const args of dirs) await transcript.call('at rest', { tool: 'logDirs', args })
  const offsets = [
    ...[
      '',
      '--topic two',
      '--topic two --time -2',
      '--topic three --time earliest',
      '--topic two --time max-timestamp',
    ],
    ...['--topic two --time -4', '--topic two --time -5', '--topic two --time latest-tiered', '--topic two --time 5'],
    ...[
      '--topic two --partitions 0,3',
      '--topic two --partitions 9',
      '--topic none',
      '--topic-partitions two:1-3,t.*:0',
    ],
    ...['--topic two --time never', '--exclude-internal-topics', '--topic two --time earliest-pending-upload'],
  ]
  for (const args of offsets)
    await transcript.call('at rest', { tool: 'getOffsets', args: args === '' ? '--time -1' : args })
}

/** What is proposed is drawn by lot: of that the brokers, and how many replicas there are. */
async function generated({ transcript }: ReplicaWorld): Promise<void> {
  const calls = [
    { list: '11,12,13', file: moveTopics('two', 'three') },
    { list: '11,12', file: moveTopics('two') },
    { list: '11,99', file: moveTopics('two') },
    { list: '11', file: moveTopics('two') },
    { list: '11,12,11', file: moveTopics('two') },
    { list: '11,12', file: moveTopics('none') },
    { list: '11,12', file: moveTopics() },
    { list: '11,12', file: '{"version":2,"topics":[]}' },
    { list: '11,12', file: 'no json' },
  ]
  for (const { list, file } of calls) {
    for (const more of ['', ' --disable-rack-aware']) {
      const args = `--generate --broker-list ${list} --topics-to-move-json-file FILE${more}`
      const label = `generate ${JSON.stringify(file)}`
      const rows = await transcript.rows({ tool: 'reassignPartitions', args, file })
      const counted = rows.map((row) =>
        row.replaceAll(/"replicas":\[([\d,]*)\]/g, (_, ids: string) => `${ids.split(',').length}`),
      )
      transcript.told.push({ label: `${label}${more}`, rows: counted })
    }
  }
}

/** Nothing of this changes anything. */
async function refused({ transcript }: ReplicaWorld): Promise<void> {
  const files: readonly (object | string)[] = [
    planOf(move('two-0', 11, 99)),
    planOf(move('two-9', 11, 12)),
    planOf(move('none-0', 11, 12)),
    planOf(move('two-0', 11, 11)),
    planOf(move('two-0')),
    planOf(),
    planOf(move('two-0', 11, 12), move('two-0', 12, 13)),
    planOf({ ...move('two-0', 11, 12), log_dirs: ['any'] }),
    planOf({ ...move('two-0', 11, 12), log_dirs: ['any', '/no/such/directory'] }),
    planOf({ ...move('two-0', 11, 12), log_dirs: ['any', 'relative'] }),
    planOf(move('two-0', 11, -1)),
    '{"version":1}',
    '{"version":1,"partitions":[{"partition":0,"replicas":[11,12]}]}',
    '{"version":9,"partitions":[]}',
    'no json',
  ]
  for (const file of files) {
    // Where a broker is unknown the tool waits for it for a minute, and says so.
    const isEndless = JSON.stringify(file).includes('99') || JSON.stringify(file).includes('-1')
    for (const args of isEndless ? [executed] : [executed, verified, cancelled]) {
      await transcript.call(JSON.stringify(file), { tool: 'reassignPartitions', args, file })
    }
  }
  for (const args of ['--list --execute', '--execute', '--verify', '', '--list --throttle 5', `${executed} --bogus`]) {
    const call = args === '' ? '--additional' : args
    await transcript.call('arguments', { tool: 'reassignPartitions', args: call, file: planOf() })
  }
}

/** While replicas cannot fetch. */
async function underWay(world: ReplicaWorld): Promise<void> {
  const { held, transcript } = world
  const ask = (label: string, args: string, file?: object) =>
    transcript.call(label, { tool: 'reassignPartitions', args, ...(file === undefined ? {} : { file }) })
  const first = planOf(move('two-0', 12, 13), move('three-0', 12, 11, 13))
  const second = planOf(move('two-1', 12, 11))
  held.hold()
  await ask('begin', executed, first)
  await held.settled()
  await ask('begun', '--list')
  await ask('begun', verified, first)
  await ask('begun', `${verified} --preserve-throttles`, first)
  await ask('others move', executed, second)
  await ask('others move too', `${executed} --additional`, second)
  await ask('the same again', `${executed} --additional`, first)
  await held.settled()
  await ask('more', '--list')
  await health(world, 'under way')
  await ask('one is cancelled', `${cancelled} --preserve-throttles`, second)
  await ask('and again', cancelled, second)
  await ask('of what moves and what does not', cancelled, planOf(move('two-0', 12, 13), move('two-3', 11, 13)))
  await held.settled()
  await ask('after that', '--list')
  await ask('after that', verified, first)
  await health(world, 'cancelled')
  await ask('begin anew', executed, first)
  held.release()
  await held.moved()
  await ask('done', verified, first)
  await ask('done', '--list')
  await ask('done', verified, second)
  await health(world, 'done')
}

const throttleTold = async ({ transcript }: ReplicaWorld, when: string): Promise<void> => {
  for (const id of [11, 13]) {
    await transcript.call(when, { tool: 'configs', args: `--describe --entity-type brokers --entity-name ${id}` })
  }
  await transcript.call(when, { tool: 'configs', args: '--describe --entity-type topics' })
}

/** Throttles are dynamic configs, set and taken away by the tool. */
async function throttled(world: ReplicaWorld): Promise<void> {
  const { held, transcript } = world
  const ask = (label: string, args: string, file?: object) =>
    transcript.call(label, { tool: 'reassignPartitions', args, ...(file === undefined ? {} : { file }) })
  const first = planOf(move('two-2', 13, 12))
  const second = planOf(move('three-1', 12, 13), move('two-1', 13, 11))
  held.hold()
  await ask('with a throttle', `${executed} --throttle 1000000 --replica-alter-log-dirs-throttle 2000000`, first)
  await held.settled()
  await throttleTold(world, 'one')
  await ask('more, with another', `${executed} --additional --throttle 3000000`, second)
  await ask('of nothing new', `${executed} --additional --throttle 4000000`, first)
  await held.settled()
  await throttleTold(world, 'two')
  await ask('under way', verified, first)
  await ask('cancelled', cancelled, first)
  await held.settled()
  await throttleTold(world, 'cancelled')
  await ask('without and with', `${executed} --additional --throttle 10000000`, first)
  held.release()
  await held.moved()
  await ask('done, and kept', `${verified} --preserve-throttles`, second)
  await throttleTold(world, 'kept')
  await ask('done', verified, second)
  await held.settled()
  await throttleTold(world, 'gone')
}

interface Directories {
  readonly brokers: readonly {
    readonly logDirs: readonly {
      readonly logDir: string
      readonly partitions: readonly { readonly partition: string }[]
    }[]
  }[]
}

/** By what `kafka-log-dirs` has printed. */
function directoriesOf(rows: readonly string[], partition: string): readonly string[] {
  const told: Directories = JSON.parse(rows.find((row) => row.startsWith('{')) ?? '{}')
  const all = told.brokers.flatMap(({ logDirs }) => logDirs)
  const those = all.filter(({ partitions }) => partitions.some((it) => it.partition === partition))
  return those.map(({ logDir }) => logDir).sort()
}

/** Between brokers and into a directory in one. */
async function intoDirectories({ held, transcript }: ReplicaWorld): Promise<void> {
  const path = (id: number, more: string): string => `${held.cluster.node(id).directory}${more}`
  for (const [i, more] of ['-1', '', '-1'].entries()) {
    const target = i === 0 ? 12 : 13
    const place = { ...move('two-3', 11, target), log_dirs: [path(11, more), path(target, more)] }
    const file = planOf(place)
    await transcript.call('into directories', { tool: 'reassignPartitions', args: executed, file })
    await held.moved()
    const done = async (): Promise<boolean> => {
      const rows = await transcript.rows({ tool: 'reassignPartitions', args: verified, file })
      return !rows.some((row) => row.includes('still in progress'))
    }
    while (!(await done())) await held.settled()
    const ask = { tool: 'reassignPartitions', args: verified, directoriesMatter: true } as const
    await transcript.call('in directories', { ...ask, file })
    const wrong = planOf({ ...place, log_dirs: [path(11, more === '' ? '-1' : ''), 'any'] })
    await transcript.call('in others', { ...ask, file: wrong })
    const rows = await transcript.rows({
      tool: 'logDirs',
      args: '--describe --topic-list two',
      directoriesMatter: true,
    })
    transcript.told.push({ label: `directories ${i}`, rows: directoriesOf(rows, 'two-3') })
  }
}

const elected = (...places: readonly string[]): object => ({
  partitions: places.map((place) => ({ topic: move(place).topic, partition: move(place).partition })),
})

const preferred = '--election-type preferred'
const unclean = '--election-type unclean'

async function elections({ held, transcript }: ReplicaWorld): Promise<void> {
  const ask = (label: string, args: string, file?: object | string) =>
    transcript.call(label, { tool: 'leaderElection', args, ...(file === undefined ? {} : { file }) })
  for (const type of [preferred, unclean]) {
    await ask('one', `${type} --topic two --partition 1`)
    await ask('one, again', `${type} --topic two --partition 1`)
    await ask('no partition', `${type} --topic two --partition 9`)
    await ask('no topic', `${type} --topic none --partition 0`)
    await ask('by file', `${type} --path-to-json-file FILE`, elected('two-0', 'three-0', 'none-3', 'two-2'))
    await ask('twice in a file', `${type} --path-to-json-file FILE`, elected('two-0', 'two-0'))
    await ask('of none', `${type} --path-to-json-file FILE`, elected())
    await ask('all', `${type} --all-topic-partitions`)
    await held.settled()
    await ask('all, again', `${type} --all-topic-partitions`)
    await transcript.call('elected', { tool: 'topics', args: '--describe' })
  }
  await ask('no json', `${preferred} --path-to-json-file FILE`, 'no json')
  await ask('other json', `${preferred} --path-to-json-file FILE`, '{"version":1}')
  for (const args of [preferred, '--election-type none --all-topic-partitions', '--topic two --partition 0'])
    await ask('', args)
  for (const args of ['--topic two', '--partition 1', '--all-topic-partitions --topic two --partition 1']) {
    await ask('', `${preferred} ${args}`)
  }
}

async function withoutBroker(world: ReplicaWorld): Promise<void> {
  const { held, transcript } = world
  const { cluster } = held
  await cluster.node(13).stop()
  await held.settled()
  await health(world, '13 is down')
  await transcript.call('13 is down', { tool: 'cluster', args: 'list-endpoints' })
  await transcript.call('13 is down', { tool: 'cluster', args: 'list-endpoints --include-fenced-brokers' })
  await transcript.call('13 is down', { tool: 'logDirs', args: '--describe --broker-list 13' })
  await transcript.call('13 is down', { tool: 'getOffsets', args: '--topic-partitions two' })
  for (const type of [preferred, unclean]) {
    for (const args of ['--topic strict --partition 0', '--topic alone --partition 0', '--all-topic-partitions']) {
      await transcript.call('13 is down', { tool: 'leaderElection', args: `${type} ${args}` })
    }
  }
  const file = planOf(move('two-0', 11, 13))
  await transcript.call('to who is down', { tool: 'reassignPartitions', args: executed, file })
  await transcript.call('from who is down', {
    tool: 'reassignPartitions',
    args: executed,
    file: planOf(move('alone-0', 12)),
  })
  await held.settled()
  await transcript.call('which nobody can give', { tool: 'reassignPartitions', args: '--list' })
  await transcript.call('so not', { tool: 'reassignPartitions', args: cancelled, file: planOf(move('alone-0', 12)) })
  await cluster.node(13).start()
  await cluster.serving()
  await held.inSync()
  await held.moved()
  await health(world, '13 is back')
  await transcript.call('13 is back', { tool: 'leaderElection', args: `${preferred} --all-topic-partitions` })
  await held.settled()
  await transcript.call('13 leads again', { tool: 'topics', args: '--describe' })
}

async function afterAll({ held, transcript }: ReplicaWorld): Promise<void> {
  await transcript.call(versions, { tool: 'brokerApiVersions', args: '' })
  await transcript.call('at the end', { tool: 'getOffsets', args: '' })
  transcript.told.push({ label: 'replicas compared', rows: await reportOfVerification(held.cluster) })
  await held.cluster.node(13).stop()
  await held.settled()
  await transcript.call('goes', { tool: 'cluster', args: 'unregister --id 13' })
  await held.settled()
  await transcript.call('gone', { tool: 'cluster', args: 'unregister --id 13' })
  await transcript.call('gone', { tool: 'cluster', args: 'list-endpoints --include-fenced-brokers' })
  await transcript.call('gone', { tool: 'topics', args: '--describe' })
}

/** Label of what is not the same as long as not all is built. */
export const versions = 'versions'

export function replicaScript({ isShort }: { readonly isShort: boolean }): ReplicaScript {
  const parts = [atRest, generated, refused, underWay, throttled, intoDirectories, elections, withoutBroker, afterAll]
  return scriptOf(isShort ? [underWay, elections] : parts)
}

/** What is asked of two tools alone: moves and elections. */
export function moveScript({ isShort }: { readonly isShort: boolean }): ReplicaScript {
  return scriptOf([
    ...(isShort ? [] : [generated, refused]),
    underWay,
    throttled,
    ...(isShort ? [] : [intoDirectories]),
    elections,
  ])
}

const scriptOf =
  (parts: readonly ReplicaScript[]): ReplicaScript =>
  async (world) => {
    await makeTopics(world)
    for (const part of parts) await part(world)
  }
