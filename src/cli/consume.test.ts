/** `odradek consume` before a broker of ours, as a process with pipes. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kafka, type Producer } from '../stack/client.ts'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { Piped, piped } from './testdata/piped.ts'

let broker: RunningBroker
let kafka: Kafka
let producer: Producer
let names = 0

before(async () => {
  // Records are as old as the tests want them.
  const config = { 'num.partitions': '2', 'group.initial.rebalance.delay.ms': '0', 'log.retention.ms': '-1' }
  broker = await startBroker({ config })
  kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  producer = kafka.producer({ lingerMs: 0 })
})

after(async () => {
  await producer.close()
  await broker.stop()
})

async function topicWith(values: readonly string[], partition = 0): Promise<string> {
  const topic = `topic-${names++}`
  for (const [i, value] of values.entries()) {
    await producer.send(topic, { key: `k${i}`, value, partition, timestampMs: 1_700_000_000_000 + i * 1000 })
  }
  return topic
}

const start = (topic: string, args: readonly string[]): Piped =>
  new Piped(['consume', topic, '-b', broker.bootstrap, ...args])
const consume = (topic: string, args: readonly string[]) => piped(['consume', topic, '-b', broker.bootstrap, ...args])
const lines = (bytes: Buffer): string[] => String(bytes).split('\n').slice(0, -1)

test('from any spot to the end of all partitions', async () => {
  const topic = await topicWith(['a', 'b', 'c', 'd'])
  await producer.send(topic, { value: 'other', partition: 1, timestampMs: 1_600_000_000_000 })
  const spots: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['--from-beginning'], ['a', 'b', 'c', 'd', 'other']],
    [
      ['-o', 'beginning', '-p', '0'],
      ['a', 'b', 'c', 'd'],
    ],
    [
      ['-o', '2', '-p', '0'],
      ['c', 'd'],
    ],
    [['-o', '-1', '-p', '0'], ['d']],
    [
      ['-o', '-9', '-p', '0'],
      ['a', 'b', 'c', 'd'],
    ],
    [['-o', 'end'], []],
    [
      ['-o', '@1700000001500'],
      ['c', 'd'],
    ],
    [['-o', '@2023-11-14T22:13:23Z'], ['d']],
    [
      ['--from-beginning', '-p', '1', '-p', '0'],
      ['a', 'b', 'c', 'd', 'other'],
    ],
  ]
  for (const [args, values] of spots) {
    const { code, stdout, stderr } = await consume(topic, ['-e', ...args])
    assert.deepEqual([code, stderr], [0, ''], args.join(' '))
    assert.deepEqual(lines(stdout).toSorted(), values, args.join(' '))
  }
})

test('bytes stay what they are, and so do keys, null and headers in each form', async () => {
  const topic = `topic-${names++}`
  const binary = Buffer.from([0, 255, 10, 128])
  const headers = { h: 'x', n: null }
  await producer.send(topic, { key: 'k', value: binary, headers, partition: 0, timestampMs: 5 })
  await producer.send(topic, { value: null, partition: 0, timestampMs: 6 })
  const forms: readonly (readonly [readonly string[], Uint8Array | string])[] = [
    [['-D', ''], binary],
    [
      ['-K', ':', '-D', '\\x00;', '--null', 'NULL'],
      Buffer.concat([Buffer.from('k:'), binary, Buffer.from('\0;NULL:NULL\0;')]),
    ],
    [['-f', '%t %p %o %T %k %K %S %h%%\\n'], `${topic} 0 0 5 k 1 4 h=x,n=%\n${topic} 0 1 6  -1 -1 %\n`],
    [['-f', '%R%s'], Buffer.concat([Buffer.from([0, 0, 0, 4]), binary, Buffer.from([255, 255, 255, 255])])],
  ]
  for (const [args, bytes] of forms) {
    const { code, stdout, stderr } = await consume(topic, ['--from-beginning', '-e', ...args])
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(stdout, Buffer.from(bytes), args.join(' '))
  }
  const { stdout } = await consume(topic, ['--from-beginning', '-e', '--json'])
  const [first, second] = lines(stdout).map((line) => JSON.parse(line))
  const place = { topic, partition: 0 }
  const value = { base64: binary.toString('base64') }
  const named = [
    { key: 'h', value: 'x' },
    { key: 'n', value: null },
  ]
  assert.deepEqual(first, { ...place, offset: 0, timestamp: 5, key: 'k', value, headers: named })
  assert.deepEqual(second, { ...place, offset: 1, timestamp: 6, key: null, value: null, headers: [] })
})

test('what is read as JSON is sent as it was', async () => {
  const topic = `topic-${names++}`
  const copy = `topic-${names++}`
  await producer.send(topic, {
    key: Buffer.from([255]),
    value: 'é',
    headers: { h: Buffer.from([254]) },
    timestampMs: 7,
    partition: 0,
  })
  const read = await consume(topic, ['--from-beginning', '-e', '--json'])
  const sent = await piped(['produce', copy, '-b', broker.bootstrap, '--json', '-p', '0'], read.stdout)
  assert.equal(sent.code, 0, sent.stderr)
  const again = await consume(copy, ['--from-beginning', '-e', '--json'])
  assert.equal(String(again.stdout), String(read.stdout).replace(topic, copy))
})

test('so many and no more are read, and a member of a group commits these', async () => {
  const topic = await topicWith(['a', 'b', 'c', 'd', 'e'])
  const member = (...args: string[]) => consume(topic, ['-g', `group-${topic}`, '--from-beginning', ...args])
  const first = await member('-c', '2')
  assert.deepEqual([first.code, lines(first.stdout), first.stderr], [0, ['a', 'b'], ''])
  const rest = await member('-e')
  assert.deepEqual([rest.code, lines(rest.stdout), rest.stderr], [0, ['c', 'd', 'e'], ''])
  const none = await member('-e')
  assert.deepEqual([none.code, lines(none.stdout)], [0, []])
})

test('Ctrl-C commits what was written and ends', async () => {
  const topic = await topicWith(['a', 'b'])
  using run = start(topic, ['-g', `group-${topic}`, '--from-beginning'])
  await run.untilStdout((stdout) => lines(stdout).length === 2)
  run.child.kill('SIGINT')
  const { code, stderr } = await run.ended()
  assert.deepEqual([code, stderr], [130, ''])
  await producer.send(topic, { value: 'c', partition: 0 })
  const rest = await consume(topic, ['-g', `group-${topic}`, '-e'])
  assert.deepEqual(lines(rest.stdout), ['c'])
})

test('a pipe that nobody reads any more ends it without a word', async () => {
  const topic = `topic-${names++}`
  const value = 'x'.repeat(1000)
  await producer.sendAll(
    topic,
    Array.from({ length: 3000 }, () => ({ value, partition: 0 })),
  )
  using run = start(topic, ['--from-beginning'])
  await run.untilStdout((stdout) => stdout.length > 0)
  run.child.stdout.destroy()
  const { code, stderr } = await run.ended()
  assert.deepEqual([code, stderr], [141, ''])
})

test('who does not read the output holds up the reading', async () => {
  const topic = `topic-${names++}`
  const [count, value] = [1000, Buffer.alloc(10_000, 'x')]
  await producer.sendAll(
    topic,
    Array.from({ length: count }, () => ({ value, partition: 0 })),
  )
  using run = start(topic, ['-g', `group-${topic}`, '--from-beginning', '-X', 'auto.commit.interval.ms=100'])
  run.child.stdout.pause()
  await using admin = kafka.admin()
  const done = async (): Promise<number> =>
    (await admin.listGroupOffsets(`group-${topic}`)).get(`${topic}-0`)?.offset ?? 0
  // What there was room for in the pipe is done; the rest waits, for longer than a commit takes.
  for (let before = -1, now = 0; now === 0 || now !== before; ) {
    before = now
    await new Promise((resolve) => setTimeout(resolve, 400))
    now = await done()
  }
  assert.ok((await done()) < count / 2)
  run.child.stdout.resume()
  await run.untilStdout((stdout) => stdout.length === count * (value.length + 1))
  run.child.kill('SIGTERM')
  const { code } = await run.ended()
  assert.equal(code, 143)
  assert.equal(await done(), count)
})

test('what is wrong is told in one line', async () => {
  const topic = await topicWith(['a'])
  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 2, /at least one topic/],
    [['a', '-o', 'soon'], 2, /--offset is beginning, end/],
    [['a', '-o', '@soon'], 2, /'soon' is neither/],
    [['a', '-o', '1', '--from-beginning'], 2, /not both/],
    [['a', '-g', 'g', '-p', '1'], 2, /--group: a member/],
    [['a', '--format', '%q'], 2, /'%q' is no token/],
    [['a', '--json', '-f', '%s'], 2, /not both/],
    [['a', '--json', '-K', ':'], 2, /say by themselves/],
    [['a', '-c', 'x'], 2, /--max-messages is a number/],
    [['a', '--isolation-level', 'none'], 1, /isolationLevel: there is no 'none'/],
    [['no-such-topic', '-e'], 1, /UNKNOWN_TOPIC_OR_PARTITION/],
    [[topic, '-p', '7'], 1, /has no partition 7/],
  ]
  for (const [args, code, pattern] of wrong) {
    const { code: got, stderr } = await piped(['consume', ...args, '-b', broker.bootstrap])
    assert.equal(got, code, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, pattern)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
})
