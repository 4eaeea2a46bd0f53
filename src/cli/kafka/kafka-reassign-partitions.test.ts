/** `odradek kafka-reassign-partitions` before a broker of ours, and its plans and throttles. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Kafka } from '../../stack/client.ts'
import { type RunningBroker, startBroker } from '../../stack/index.ts'
import { type Ended, piped } from '../testdata/piped.ts'
import { javaPartitionOrder, javaSetOrder } from './java-hash-order.ts'
import { movesOf, topicThrottles } from './reassignment-throttles.ts'
import { placedState } from './replica-directories.ts'

let broker: RunningBroker
let folder = ''
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-reassign-'))
  broker = await startBroker()
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.createTopic('orders', { partitions: 2 })
})
after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tool = (...args: string[]): Promise<Ended> =>
  piped(['kafka-reassign-partitions', '--bootstrap-server', broker.bootstrap, ...args])

let files = 0
function fileOf(content: unknown): string {
  const path = join(folder, `${files++}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

async function told(action: string, content: unknown, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await tool(action, '--reassignment-json-file', fileOf(content), ...more)
  assert.deepEqual([code, stderr], [0, ''], String(stdout))
  return String(stdout)
}

const plan = (...partitions: readonly object[]): object => ({ version: 1, partitions })
const orders = (partition: number, ...replicas: readonly number[]) => ({ topic: 'orders', partition, replicas })

async function ownConfigs(type: 'broker' | 'topic', name: string): Promise<Readonly<Record<string, string | null>>> {
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  const { entries } = await admin.describeConfig({ type, name })
  const throttles = [...entries.values()].filter(
    (it) => /throttled|io\.max/.test(it.name) && it.source.startsWith('dynamic'),
  )
  return Object.fromEntries(throttles.map((it) => [it.name, it.value]))
}

test('a plan is proposed, begun with throttles, and verified, which takes them away', async () => {
  const topics = fileOf({ topics: [{ topic: 'orders' }] })
  const generated = await tool('--generate', '--broker-list', '1', '--topics-to-move-json-file', topics)
  const [, current, , , proposed] = String(generated.stdout).split('\n')
  assert.match(
    String(generated.stdout),
    /^Current partition replica assignment\n.*\n\nProposed partition reassignment .*\n.*\n$/,
  )
  const row = (partition: number, logDir: string): string =>
    `{"topic":"orders","partition":${partition},"replicas":[1],"log_dirs":["${logDir}"]}`
  assert.equal(proposed, `{"version":1,"partitions":[${row(0, 'any')},${row(1, 'any')}]}`)
  const logDir: string = JSON.parse(current ?? '').partitions[0].log_dirs[0]
  assert.equal(current, `{"version":1,"partitions":[${row(0, logDir)},${row(1, logDir)}]}`)

  const wanted = plan(orders(1, 1), { ...orders(0, 1), log_dirs: [logDir] })
  const throttles = ['--throttle', '5000', '--replica-alter-log-dirs-throttle', '6000']
  assert.equal(
    await told('--execute', wanted, ...throttles),
    [
      `Current partition replica assignment\n\n${current}\n`,
      'Save this to use as the --reassignment-json-file option during rollback',
      'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.',
      'The inter-broker throttle limit was set to 5000 B/s',
      'The replica-alter-dir throttle limit was set to 6000 B/s',
      'Successfully started partition reassignments for orders-0,orders-1',
      `Successfully started moving log directory to ${logDir} for replica orders-0 with broker 1 \n`,
    ].join('\n'),
  )
  assert.deepEqual(await ownConfigs('broker', '1'), {
    'follower.replication.throttled.rate': '5000',
    'leader.replication.throttled.rate': '5000',
    'replica.alter.log.dirs.io.max.bytes.per.second': '6000',
  })
  assert.deepEqual(await ownConfigs('topic', 'orders'), {
    'follower.replication.throttled.replicas': '',
    'leader.replication.throttled.replicas': '0:1,1:1',
  })
  const status =
    'Status of partition reassignment:\nReassignment of partition orders-0 is completed.\n' +
    'Reassignment of partition orders-1 is completed.\nReassignment of replica orders-0-1 completed successfully.\n'
  assert.equal(await told('--verify', wanted, '--preserve-throttles'), status)
  assert.equal(Object.keys(await ownConfigs('broker', '1')).length, 3)
  const cleared = 'Clearing broker-level throttles on broker 1\nClearing topic-level throttles on topic orders\n'
  assert.equal(await told('--verify', wanted), status + cleared)
  assert.deepEqual([await ownConfigs('broker', '1'), await ownConfigs('topic', 'orders')], [{}, {}])
})

test('what is not under way is not cancelled, and not listed', async () => {
  assert.equal(String((await tool('--list')).stdout), 'No partition reassignments found.\n')
  assert.equal(
    await told('--cancel', plan(orders(0, 1)), '--preserve-throttles'),
    'None of the specified partition reassignments are active.\nNone of the specified partition moves are active.',
  )
  assert.equal(
    await told(
      '--verify',
      plan(orders(0, 2, 1), { topic: 'none', partition: 0, replicas: [1] }),
      '--preserve-throttles',
    ),
    'Status of partition reassignment:\n' +
      'There is no active reassignment of partition none-0, but replica set is  rather than 1.\n' +
      'There is no active reassignment of partition orders-0, but replica set is 1 rather than 2,1.\n\n',
  )
})

test('what cannot be done is told on the standard output, in the words of the tool', async () => {
  const unknown = 'org.apache.kafka.common.errors.UnknownTopicOrPartitionException: '
  const cases: readonly (readonly [content: unknown, said: string])[] = [
    [plan(), 'Partition reassignment list cannot be empty'],
    [plan(orders(0)), 'Partition replica list cannot be empty'],
    [plan(orders(0, 9)), 'Unknown broker id 9'],
    [plan(orders(7, 1)), `${unknown}Unable to find partition: orders-7`],
    [plan({ ...orders(0, 1), topic: 'none' }), `${unknown}Topic none not found.`],
    [plan(orders(0, 1), orders(0, 1)), 'Partition reassignment contains duplicate topic partitions: orders-0'],
    [
      plan(orders(0, 1, 1)),
      'Partition replica lists may not contain duplicate entries: orders-0 contains multiple entries for 1',
    ],
    [
      plan({ ...orders(0, 1), log_dirs: [] }),
      'Size of replicas list [1] is different from size of log dirs list [] for partition orders-0',
    ],
    [plan({ topic: 'orders', replicas: [1] }), 'No such field exists: `partition`'],
    [plan({ ...orders(0, 1), replicas: ['1'] }), 'Expected `Integer` value, received "1"'],
    [plan({ ...orders(0, 1), replicas: 1 }), 'Expected `JSON array` value, received 1'],
    [{ version: 2 }, 'Not supported version field value 2'],
    ['no json', 'The input string is not a valid JSON'],
  ]
  for (const [content, said] of cases) {
    const { code, stdout } = await tool('--execute', '--reassignment-json-file', fileOf(content))
    assert.deepEqual([code, String(stdout)], [1, `Error: ${said}\n`])
  }
  const topics = fileOf({ topics: [{ topic: 'orders' }] })
  for (const [list, said] of [
    ['1,1', 'Broker list contains duplicate entries: [1]'],
    ['a', 'For input string: "a"'],
    ['9', 'All brokers are currently fenced, or have all their log directories cordoned.'],
  ]) {
    const { stdout } = await tool('--generate', '--broker-list', list ?? '', '--topics-to-move-json-file', topics)
    assert.equal(String(stdout), `Error: ${said}\n`)
  }
})

test('a wrong command line is refused, and a flag that is not served by its name', async () => {
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [[], /exactly one action: --generate, --execute, --verify, --cancel, --list/],
    [['--list', '--execute'], /exactly one action/],
    [['--execute'], /Missing required argument "\[reassignment-json-file\]"/],
    [['--list', '--throttle', '5'], /Option "\[throttle\]" can't be used with action "\[list\]"/],
    [['--list', '--bootstrap-controller', 'a:1'], /--bootstrap-controller/],
  ]
  for (const [args, said] of cases) {
    const { code, stderr } = await tool(...args)
    assert.equal(code, 1)
    assert.match(stderr, said)
  }
})

test('throttled are what moves already and what comes to it', () => {
  const under = new Map([
    ['a-0', { topic: 'a', partition: 0, replicas: [3, 1, 2], addingReplicas: [3], removingReplicas: [2] }],
  ])
  const wanted = [
    { topic: 'a', partition: 0, replicas: [4, 1] },
    { topic: 'a', partition: 10, replicas: [1, 2] },
    { topic: 'a', partition: 9, replicas: [1] },
  ]
  const had = new Map([
    ['a-10', [3, 1]],
    ['a-9', [1]],
  ])
  assert.deepEqual(topicThrottles(movesOf(under, wanted, had)), [
    {
      type: 'topic',
      name: 'a',
      set: {
        'leader.replication.throttled.replicas': '0:1,0:2,10:1,10:3,9:1',
        'follower.replication.throttled.replicas': '0:4,10:2',
      },
    },
  ])
})

test('each replica that is to lie somewhere has a line', () => {
  const at = (partition: number, brokerId = 1) => ({ topic: 'a', partition, brokerId, logDir: '/wanted' })
  const directories = new Map([
    ['a-0-1', { current: '/other' }],
    ['a-1-1', { current: '/other', future: '/wanted' }],
    ['a-2-1', { current: '/other', future: '/third' }],
  ])
  const { text, isUnderWay } = placedState([at(3), at(2), at(1), at(0)], directories)
  assert.deepEqual(text.split('\n'), [
    'Partition a-0 on broker 1 is not being moved from log dir /other to /wanted.',
    'Reassignment of replica a-1-1 is still in progress.',
    'Partition a-2 on broker 1 is being moved to log dir /third instead of /wanted.',
    'Partition a-3 is not found in any live log dir on broker 1. There is likely an offline log directory on the broker.',
  ])
  assert.equal(isUnderWay, true)
  assert.equal(placedState([at(0)], directories).isUnderWay, false)
})

test('sets come in the order of their hashes', () => {
  assert.deepEqual(javaSetOrder([13, 12, 11, 12]), [11, 12, 13])
  assert.deepEqual(javaSetOrder([16, 1, 0]), [16, 0, 1])
  assert.deepEqual(javaSetOrder(['two', 'three', 'strict', 'alone']), ['alone', 'strict', 'two', 'three'])
  const names = javaPartitionOrder([0, 1, 2].map((partition) => ({ topic: 'two', partition })))
  assert.deepEqual(
    names.map(({ partition }) => partition),
    [2, 0, 1],
  )
})
