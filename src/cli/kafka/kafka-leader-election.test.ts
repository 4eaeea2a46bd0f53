/** `odradek kafka-leader-election` before a broker of ours: alone, it is the right leader of all that it has. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Kafka } from '../../stack/client.ts'
import { type RunningBroker, startBroker } from '../../stack/index.ts'
import { type Ended, piped } from '../testdata/piped.ts'

let broker: RunningBroker
let folder = ''
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-elections-'))
  broker = await startBroker()
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.createTopic('two', { partitions: 3 })
})
after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tool = (...args: readonly string[]): Promise<Ended> =>
  piped(['kafka-leader-election', '--bootstrap-server', broker.bootstrap, ...args])

const preferred = ['--election-type', 'preferred']

let files = 0
function fileOf(content: unknown): readonly string[] {
  const path = join(folder, `${files++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return ['--path-to-json-file', path]
}
const places = (...partitions: readonly number[]): object => ({
  partitions: partitions.map((partition) => ({ topic: 'two', partition })),
})

test('partitions whose leader is the right one, by name, by file, and all', async () => {
  const right = 'Valid replica already elected for partitions '
  const cases: readonly (readonly [args: readonly string[], said: string])[] = [
    [[...preferred, '--topic', 'two', '--partition', '1'], `${right}two-1\n`],
    [['--election-type', 'UNCLEAN', '--topic', 'two', '--partition', '1'], `${right}two-1\n`],
    // As they come out of a hash map.
    [[...preferred, ...fileOf(places(0, 1, 2))], `${right}two-2, two-0, two-1\n`],
    [[...preferred, ...fileOf(places())], ''],
    [[...preferred, '--all-topic-partitions'], ''],
  ]
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await tool(...args)
    assert.deepEqual([code, String(stdout), stderr], [0, said, ''], args.join(' '))
  }
})

test('what is not there is told of each, and makes it fail', async () => {
  const file = fileOf({
    partitions: [...[0, 9].map((partition) => ({ topic: 'two', partition })), { topic: 'x-1', partition: 0 }],
  })
  const { code, stdout, stderr } = await tool(...preferred, ...file)
  const [right, ...failed] = String(stdout).trimEnd().split('\n')
  assert.equal(right, 'Valid replica already elected for partitions two-0')
  const unknown = 'org.apache.kafka.common.errors.UnknownTopicOrPartitionException: '
  assert.deepEqual(
    failed.map((line) => line.slice(0, line.indexOf(unknown) + unknown.length)).toSorted(),
    ['two-9', 'x-1-0'].map((name) => `Error completing leader election (PREFERRED) for partition: ${name}: ${unknown}`),
  )
  assert.deepEqual([code, stderr], [1, 'odradek kafka-leader-election: 2 replica(s) could not be elected\n'])
})

test('what is wrong is refused in the words of the tool', async () => {
  const one = 'One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file'
  const cases: readonly (readonly [args: readonly string[], said: string])[] = [
    [['--topic', 'two', '--partition', '0'], 'Missing required option(s): election-type'],
    [['--election-type', 'none', '--all-topic-partitions'], "Cannot parse argument 'none' of option election-type"],
    [preferred, one],
    [[...preferred, '--all-topic-partitions', '--topic', 'two'], one],
    [[...preferred, '--topic', 'two'], 'Missing required option(s): partition'],
    [[...preferred, '--all-topic-partitions', '--partition', '1'], 'Option partition is only allowed if topic is used'],
    [[...preferred, ...fileOf('no json')], 'Replica election data is empty'],
    [[...preferred, ...fileOf({})], 'Replica election data is missing "partitions" field'],
    [[...preferred, ...fileOf(places(0, 0))], 'Replica election data contains duplicate partitions: [two-0]'],
    [[...preferred, ...fileOf({ partitions: [{}] })], 'No such field exists: `topic`'],
    [[...preferred, ...fileOf([])], 'Expected JSON object, received []'],
  ]
  await Promise.all(
    cases.map(async ([args, said]) => {
      const { code, stderr } = await tool(...args)
      assert.deepEqual([code, stderr.split('\n')[0]], [1, `odradek kafka-leader-election: ${said}`])
    }),
  )
  assert.match((await tool('--admin.config', 'a')).stderr, /'--admin\.config'/)
})
