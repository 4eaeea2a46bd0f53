/** A broker with several log directories: where new logs come to lie, moves that are refused, one that cannot be used. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { runTool, toolCommand } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { bootstrap, isShortRun, uniqueName, until } from './kit.ts'
import { describeDirectories, directories, foldersOf, pathsOf } from './log-directories.ts'
import { startOwnBroker } from './own-broker.ts'
import { moveCodes, reassignPartitions } from './replica-moves.ts'
import { createTopic } from './topics.ts'

const settings = { 'replica.high.watermark.checkpoint.interval.ms': '500' }
const partitions = 12
const numbers = Array.from({ length: partitions }, (_, i) => i)
const skip = isShortRun ? 'in the full run only' : false
const at = (): string[] => ['--bootstrap-server', bootstrap()]

let broker: Broker
before(async () => {
  broker = await startOwnBroker({ name: 'log-dirs', settings, directories })
})
after(() => broker.stop())

/** Of each directory the partitions in it; waits for all, since Kafka answers a creation before it has made the logs. */
async function untilPlaced(topic: string, count: number): Promise<Map<string, number[]>> {
  let placed = new Map<string, number[]>()
  const condition = async (): Promise<boolean> => {
    const all = await describeDirectories(topic)
    placed = new Map(
      all.map(({ logDir, partitions }) => [
        logDir,
        partitions.map(({ partition }) => Number(partition.slice(topic.length + 1))).sort((a, b) => a - b),
      ]),
    )
    return [...placed.values()].flat().length === count
  }
  await until({ what: `${count} logs of ${topic}`, timeoutMs: 30_000, condition })
  return placed
}

/** The leader of each partition, as kafka-topics writes it. */
async function leadersOf(topic: string): Promise<string[]> {
  const printed = await runTool('topics', [...at(), '--describe', '--topic', topic])
  return [...printed.matchAll(/Partition: \d+\s+Leader: (\S+)/g)].map(([, leader]) => leader ?? '')
}

async function untilLeaders(topic: string, leaders: readonly string[]): Promise<void> {
  let seen: string[] = []
  const condition = async (): Promise<boolean> => {
    seen = await leadersOf(topic)
    return `${seen}` === `${leaders}`
  }
  await until({ what: `leaders are ${leaders}`, timeoutMs: 30_000, condition, seen: () => `${seen}` })
}

const read = async (topic: string, partition: number): Promise<string> =>
  kcat(['-C', '-t', topic, '-p', `${partition}`, '-o', 'beginning', '-e', '-q'])

async function cordon(change: readonly string[]): Promise<void> {
  const entity = ['--alter', '--entity-type', 'brokers', '--entity-name', '1']
  await runTool('configs', [...at(), ...entity, ...change])
}

test('a topic is spread over the directories', async () => {
  const topic = await createTopic({ prefix: 'spread', partitions })
  const placed = await untilPlaced(topic, partitions)
  assert.deepEqual([...placed.keys()].sort(), pathsOf(broker))
  assert.deepEqual(
    [...placed.values()].map(({ length }) => length),
    [4, 4, 4],
  )
  assert.deepEqual(
    [...placed.values()].flat().sort((a, b) => a - b),
    numbers,
  )
  const folders = [...placed].flatMap(([path, ids]) => ids.map((id) => `${basename(path)}/${topic}-${id}`))
  assert.deepEqual(foldersOf(broker, topic), folders.sort())
})

test('a move to what is no log directory, or of what is no partition, is refused', async () => {
  const topic = await createTopic({ prefix: 'refused' })
  await untilPlaced(topic, 1)
  const [data = ''] = pathsOf(broker)
  const before = foldersOf(broker, topic)
  const [known, unknown] = [[topic], [uniqueName('unknown')]]
  assert.deepEqual(await moveCodes({ topics: known, partitions: 1, to: `${data}-9` }), [57])
  assert.deepEqual(await moveCodes({ topics: known, partitions: 1, to: `${data}/` }), [57])
  assert.deepEqual(await moveCodes({ topics: known, partitions: 1, to: 'data' }), [57])
  assert.deepEqual(await moveCodes({ topics: unknown, partitions: 1, to: `${data}-9` }), [57])
  assert.deepEqual(await moveCodes({ topics: unknown, partitions: 1, to: data }), [3])
  assert.deepEqual(await moveCodes({ topics: ['__cluster_metadata'], partitions: 1, to: data }), [3])
  assert.deepEqual(foldersOf(broker, topic), before)
})

test('kafka-reassign-partitions tells of a directory that there is not', async () => {
  const topic = await createTopic({ prefix: 'refused' })
  await untilPlaced(topic, 1)
  const to = `${pathsOf(broker)[0]}-9`
  await assert.rejects(reassignPartitions.begin({ topics: [topic], partitions: 1, to }), (error: Error) => {
    assert.match(error.message, new RegExp(`Error: Failed to alter dir for ${topic}-0-1$`, 'm'))
    assert.match(error.message, /LogDirNotFoundException: The user-specified log directory is not found in/)
    return true
  })
})

test('a cordoned directory gets nothing new', { skip }, async () => {
  const [first = '', second = '', third = ''] = pathsOf(broker)
  await cordon(['--add-config', `cordoned.log.dirs=${second}`])
  const topic = await createTopic({ prefix: 'cordoned', partitions })
  const placed = await untilPlaced(topic, partitions)
  assert.deepEqual(placed.get(second), [])
  assert.deepEqual(await moveCodes({ topics: [topic], partitions: 1, to: second }), [39])
  await runTool('topics', [...at(), '--alter', '--topic', topic, '--partitions', `${partitions + 4}`])
  assert.deepEqual((await untilPlaced(topic, partitions + 4)).get(second), [])

  await cordon(['--add-config', `cordoned.log.dirs=[${first},${second},${third}]`])
  // The controller hears of it by a heartbeat.
  const create = async (): Promise<string> => {
    const args = [...at(), '--create', '--topic', uniqueName('cordoned')]
    return (await run({ ...(await toolCommand('topics', args)), timeoutMs: 60_000 })).stdout
  }
  const isRefused = async (): Promise<boolean> => /All brokers are currently fenced\b/.test(await create())
  await until({ what: 'no topic is created', timeoutMs: 30_000, condition: isRefused })
  await kcat(['-P', '-t', topic, '-p', '0'], 'still written\n')
  assert.equal(await read(topic, 0), 'still written\n')
  await assert.rejects(cordon(['--add-config', 'cordoned.log.dirs=/nowhere']), (error: Error) => {
    const reason = 'All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : /nowhere'
    assert.ok(error.message.includes(reason), error.message)
    return true
  })

  await cordon(['--delete-config', 'cordoned.log.dirs'])
  await until({ what: 'a topic is created', timeoutMs: 30_000, condition: async () => !(await isRefused()) })
  const back = await createTopic({ prefix: 'cordoned', partitions })
  const inSecond = (await untilPlaced(back, partitions)).get(second)?.length ?? 0
  assert.ok(inSecond > partitions / 2, 'the emptiest directory gets most')
})

const metaProperties = (directory: string): string => join(directory, 'meta.properties')
/** What a file or a directory is called while it is away. */
const away = (path: string): string => `${path}.away`

interface Failure {
  readonly isAtStart: boolean
  readonly spoil: (directory: string) => void
  readonly mend: (directory: string) => void
}

const failures: Readonly<Record<string, Failure>> = {
  'cannot be used at the start': {
    isAtStart: true,
    spoil: (directory) => {
      renameSync(metaProperties(directory), away(metaProperties(directory)))
      mkdirSync(metaProperties(directory))
    },
    mend: (directory) => {
      rmdirSync(metaProperties(directory))
      renameSync(away(metaProperties(directory)), metaProperties(directory))
    },
  },
  // Which the next checkpoint of high watermarks meets.
  'fails while it is used': {
    isAtStart: false,
    spoil: (directory) => renameSync(directory, away(directory)),
    mend: (directory) => renameSync(away(directory), directory),
  },
}

for (const [name, { isAtStart, spoil, mend }] of Object.entries(failures)) {
  test(`a directory that ${name} is missed alone`, { skip }, async (context) => {
    const topic = await createTopic({ prefix: 'missed', partitions })
    const placed = await untilPlaced(topic, partitions)
    for (const partition of numbers) await kcat(['-P', '-t', topic, '-p', `${partition}`], `before ${partition}\n`)
    const bad = pathsOf(broker)[2] ?? ''
    const missed = new Set(placed.get(bad))
    assert.ok(missed.size > 0)
    if (isAtStart) await broker.stop()
    spoil(bad)
    if (isAtStart) broker = await broker.again()

    await untilLeaders(
      topic,
      numbers.map((partition) => (missed.has(partition) ? 'none' : '1')),
    )
    for (const { logDir, error, partitions } of await describeDirectories(topic)) {
      assert.equal(error, logDir === bad ? 'org.apache.kafka.common.errors.KafkaStorageException' : null)
      assert.equal(partitions.length, logDir === bad ? 0 : placed.get(logDir)?.length)
    }
    const good = numbers.filter((partition) => !missed.has(partition))
    for (const partition of good) await kcat(['-P', '-t', topic, '-p', `${partition}`], `meanwhile ${partition}\n`)
    await assertMissedBy(topic, bad)

    await broker.stop()
    mend(bad)
    broker = await broker.again()
    await untilLeaders(
      topic,
      numbers.map(() => '1'),
    )
    assert.deepEqual(new Set((await untilPlaced(topic, partitions)).get(bad)), missed)
    for (const partition of numbers) {
      const meanwhile = missed.has(partition) ? '' : `meanwhile ${partition}\n`
      assert.equal(await read(topic, partition), `before ${partition}\n${meanwhile}`)
    }
    context.diagnostic(`${missed.size} of ${partitions} partitions were missed, and are back`)
  })
}

/** Nothing new is put into the bad directory, and nothing moves into it or out of it. */
async function assertMissedBy(topic: string, bad: string): Promise<void> {
  const missed = (await leadersOf(topic)).map((leader) => leader === 'none')
  const other = await createTopic({ prefix: 'missed', partitions })
  assert.deepEqual((await untilPlaced(other, partitions)).get(bad), [])
  assert.deepEqual(await moveCodes({ topics: [other], partitions: 1, to: bad }), [56])
  // Kafka gives the one or the other, and 56 also for moves between the directories that are left.
  const codes = await moveCodes({ topics: [topic], partitions, to: pathsOf(broker)[0] ?? '' })
  for (const [i, code] of codes.entries()) assert.ok(!missed[i] || [9, 56].includes(code), `${codes}`)
}
