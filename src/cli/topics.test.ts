/** `odradek topics`, `configs` and `groups`, and Kafka's tools by their names, before a broker of ours. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kafka } from '../stack/client.ts'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { type Ended, piped } from './testdata/piped.ts'

let broker: RunningBroker
before(async () => {
  broker = await startBroker({ config: { 'num.partitions': '2', 'group.initial.rebalance.delay.ms': '0' } })
})
after(() => broker.stop())

const odradek = (...args: string[]): Promise<Ended> => piped([...args, '--bootstrap-server', broker.bootstrap])

async function json(...args: string[]) {
  const { code, stdout, stderr } = await odradek(...args, '--json')
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return JSON.parse(String(stdout))
}

test('topics: created, listed, described, altered, deleted', async () => {
  const created = await odradek(
    'topics',
    'create',
    'orders',
    'other',
    '--partitions',
    '3',
    '--config',
    'retention.ms=5000',
  )
  assert.deepEqual([created.code, String(created.stdout)], [0, 'orders created\nother created\n'])
  const again = await odradek('topics', 'create', 'orders', 'new', '--dry-run')
  assert.deepEqual([again.code, String(again.stdout)], [1, 'new can be created\n'])
  assert.match(again.stderr, /^odradek topics: .*TOPIC_ALREADY_EXISTS/)
  assert.equal((await odradek('topics', 'create', 'orders', '--if-not-exists')).code, 0)
  const listed = await odradek('topics', 'list')
  assert.match(
    String(listed.stdout),
    /^TOPIC +PARTITIONS +REPLICAS +UNDER-REPLICATED\norders +3 +1 +0\nother +3 +1 +0\n$/,
  )
  assert.equal(
    (await odradek('topics', 'alter', 'orders', '--partitions', '4', '--delete-config', 'retention.ms')).code,
    0,
  )
  const described = await odradek('topics', 'describe', 'orders', '--offsets')
  const lines = String(described.stdout).split('\n')
  assert.match(lines[0] ?? '', /^orders {2}[\w-]{22}$/)
  assert.match(lines[1] ?? '', /^PARTITION +LEADER +REPLICAS +IN SYNC +BEGINS +ENDS$/)
  assert.match(lines[5] ?? '', /^3 +1 +1 +1 +0 +0$/)
  const [data] = await json('topics', 'describe', 'other')
  assert.deepEqual([data.name, data.configs, data.partitions.length], ['other', { 'retention.ms': '5000' }, 3])
  assert.equal(String((await odradek('topics', 'delete', 'other')).stdout), 'other deleted\n')
  assert.equal((await odradek('topics', 'delete', 'other')).code, 1)
  assert.equal((await odradek('topics', 'delete', 'other', '--if-exists')).code, 0)
  const none = await odradek('topics', 'describe', 'other')
  assert.deepEqual([none.code, none.stderr], [1, "odradek topics: topic 'other': UNKNOWN_TOPIC_OR_PARTITION\n"])
})

test('configs: altered and described', async () => {
  assert.equal((await odradek('topics', 'create', 'set')).code, 0)
  const dry = await odradek('configs', 'alter', 'topic', 'set', '--set', 'retention.ms=1', '--dry-run')
  assert.deepEqual([dry.code, String(dry.stdout)], [0, 'topic set can be altered\n'])
  const own = async () =>
    (await json('configs', 'describe', 'topic', 'set')).filter(
      (it: { source: string }) => it.source === 'dynamic-topic-config',
    )
  assert.deepEqual(await own(), [])
  const changes = ['--set', 'retention.ms=7', '--append', 'cleanup.policy=compact']
  assert.equal((await odradek('configs', 'alter', 'topic', 'set', ...changes)).code, 0)
  const values = (await own()).map((it: { name: string; value: string }) => `${it.name}=${it.value}`)
  assert.deepEqual(values, ['cleanup.policy=delete,compact', 'retention.ms=7'])
  const refused = await odradek('configs', 'alter', 'topic', 'set', '--set', 'retention.ms=soon')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^odradek configs: .*INVALID_CONFIG/)
  assert.equal((await odradek('configs', 'alter', 'broker', 'default', '--set', 'log.retention.ms=100000')).code, 0)
  const text = String((await odradek('configs', 'describe', 'broker', 'default')).stdout)
  assert.match(text, /^log\.retention\.ms +dynamic-default-broker-config +100000$/m)
})

test('groups: how far they are, and where they go on', async () => {
  const beganMs = Date.now() - 10_000
  const producer = new Kafka({ bootstrapServers: broker.bootstrap }).producer()
  await producer.sendAll(
    'read',
    ['a', 'b', 'c'].map((value, i) => ({ value, partition: 0, timestampMs: beganMs + i * 1000 })),
  )
  await producer.close()
  const read = await odradek('consume', 'read', '-g', 'readers', '--from-beginning', '-e')
  assert.equal(String(read.stdout), 'a\nb\nc\n')
  assert.match(String((await odradek('groups', 'list')).stdout), /^GROUP +TYPE +STATE\nreaders +classic +Empty\n$/)
  const described = String((await odradek('groups', 'describe', 'readers')).stdout)
  assert.match(
    described,
    /^readers {2}classic, Empty, 0 members.*\nTOPIC .*\nread +0 +3 +3 +0 +-\nread +1 +0 +0 +0 +-\n$/,
  )
  const reset = (...args: string[]) => json('groups', 'reset-offsets', 'readers', '--topic', 'read:0', ...args)
  const spots: readonly (readonly [readonly string[], number])[] = [
    [['--to', 'beginning'], 0],
    [['--to', 'end'], 3],
    [['--to', '1'], 1],
    [['--to', '9'], 3],
    [['--to', '-2'], 1],
    [['--by', '-1'], 2],
    [['--to', 'current'], 3],
    [['--to', `@${beganMs + 500}`], 1],
  ]
  for (const [args, to] of spots) {
    const { plan, isExecuted } = await reset(...args)
    assert.deepEqual([isExecuted, plan[0].from, plan[0].to], [false, 3, to], args.join(' '))
  }
  assert.equal((await reset('--to', '2', '--execute')).isExecuted, true)
  assert.equal(String((await odradek('consume', 'read', '-g', 'readers', '-e')).stdout), 'c\n')
  assert.equal((await odradek('groups', 'delete-offsets', 'readers', '-t', 'read:1')).code, 0)
  const [group] = await json('groups', 'describe', 'readers')
  assert.equal(group.offsets.length, 1)
  assert.equal(String((await odradek('groups', 'delete', 'readers')).stdout), 'readers deleted\n')
  assert.equal((await odradek('groups', 'describe', 'readers')).code, 1)
})

test("Kafka's tools answer by their names, also with .sh, and end in exit code 1 for what is wrong", async () => {
  const created = await odradek('kafka-topics.sh', '--create', '--topic', 'dotted.name', '--partitions=2')
  assert.equal(created.code, 0)
  assert.match(String(created.stdout), /^WARNING: .*\nCreated topic dotted\.name\.\n$/)
  const sent = await piped(
    [
      'kafka-console-producer',
      '--topic',
      'dotted.name',
      '--bootstrap-server',
      broker.bootstrap,
      '--property',
      'parse.key=true',
    ],
    'k\tv\n',
  )
  assert.deepEqual([sent.code, sent.stderr], [0, ''])
  const read = await odradek(
    'kafka-console-consumer',
    '--topic',
    'dotted.name',
    '--from-beginning',
    '--max-messages',
    '1',
    '--formatter-property',
    'print.key=true',
  )
  assert.deepEqual([read.code, String(read.stdout)], [0, 'k\tv\n'])
  const measured = await odradek(
    'kafka-producer-perf-test',
    '--topic',
    'dotted.name',
    '--num-records',
    '10',
    '--record-size',
    '5',
    '--throughput',
    '-1',
  )
  assert.match(String(measured.stdout), /^10 records sent, [\d.]+ records\/sec \([\d.]+ MB\/sec\), .* ms 99\.9th\.\n$/)
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['kafka-topics'], /exactly one action/],
    [['kafka-topics', '--list', '--create'], /exactly one action/],
    [['kafka-topics', '--create'], /Missing required argument "\[topic\]"/],
    [['kafka-configs', '--describe', '--entity-type', 'users'], /none of topics, brokers/],
    [['kafka-get-offsets', '--time', 'soon'], /Malformed time argument soon/],
    [['kafka-delete-records', '--offset-json-file', '/none'], /no such file: \/none/],
    [['kafka-consumer-groups', '--list', '--delete'], /exactly one action/],
    [['kafka-console-producer', '--topic', 'a', '--property', 'parse.headers=true'], /headers are not parsed/],
  ]
  for (const [args, pattern] of wrong) {
    const { code, stderr } = await odradek(...args)
    assert.notEqual(code, 0, args.join(' '))
    assert.match(stderr, pattern)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
})
