/** `odradek perf` before a broker of ours, as a process. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kafka } from '../stack/client.ts'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { Piped, piped } from './testdata/piped.ts'

let broker: RunningBroker
const topic = 'measured'

before(async () => {
  broker = await startBroker({ config: { 'num.partitions': '2', 'auto.create.topics.enable': 'false' } })
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.createTopic(topic)
})

after(() => broker.stop())

const perf = (...args: string[]) => piped(['perf', ...args, '-b', broker.bootstrap, '-t', topic])

test('produce and consume tell how many, how much and how fast', async () => {
  const produced = await perf('produce', '-n', '5000', '-s', '200', '--warm-up', '100', '-z', 'lz4', '--json')
  assert.deepEqual([produced.code, produced.stderr], [0, ''])
  const sent = JSON.parse(String(produced.stdout))
  assert.deepEqual([sent.records, sent.bytes, sent.failed], [5000, 1_000_000, 0])
  const { p50, p95, p99, p999, max } = sent.latencyMs
  assert.ok(0 < p50 && p50 <= p95 && p95 <= p99 && p99 <= p999 && p999 <= max, JSON.stringify(sent))
  assert.ok(Math.abs(sent.recordsPerSecond / (sent.records / sent.seconds) - 1) < 0.02, JSON.stringify(sent))
  const consumed = await perf('consume', '--json')
  assert.deepEqual([consumed.code, consumed.stderr], [0, ''])
  const read = JSON.parse(String(consumed.stdout))
  assert.deepEqual([read.records, read.bytes], [5100, 1_020_000])
  const some = await perf('consume', '-n', '10')
  assert.equal(some.code, 0)
  assert.match(
    String(some.stdout),
    /^\d+ records in \d+\.\d s: [\d.]+ records\/s, [\d.]+ MB\/s; the first one after [\d.]+ ms\n$/,
  )
})

test('a pace is kept', async () => {
  const { stdout } = await perf('produce', '-n', '300', '-r', '200', '--json')
  const { seconds } = JSON.parse(String(stdout))
  assert.ok(seconds > 1.3 && seconds < 10, `${seconds}`)
})

test('latency is that of each record from when it was due until it was read', async () => {
  for (const rate of ['500', '0']) {
    const { code, stdout, stderr } = await perf(
      'latency',
      '-n',
      '100',
      '-r',
      rate,
      '--warm-up',
      '10',
      '-p',
      '1',
      '--json',
    )
    assert.deepEqual([code, stderr], [0, ''])
    const { records, lost, failed, latencyMs } = JSON.parse(String(stdout))
    assert.deepEqual([records, lost, failed], [100, 0, 0])
    assert.ok(latencyMs.read.p50 > 0 && latencyMs.read.p50 <= latencyMs.read.max)
    assert.ok(latencyMs.acknowledged.p50 > 0)
  }
  const { stdout } = await perf('latency', '-n', '10', '-r', '0')
  assert.match(String(stdout), /^LATENCY \(ms\) +MEAN +P50 +P95 +P99 +P99.9 +MAX\nacknowledged .*\nread .*\n$/)
})

test('Ctrl-C tells what was measured so far', async () => {
  using run = new Piped(['perf', 'produce', '-t', topic, '-b', broker.bootstrap, '-r', '100', '--json'])
  const admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  const end = async (): Promise<number> => {
    const asked = [0, 1].map((partition) => ({ topic, partition }))
    return [...(await admin.listOffsets(asked)).values()].reduce((sum, { offset }) => sum + offset, 0)
  }
  for (const before = await end(); (await end()) === before; ) await new Promise((resolve) => setTimeout(resolve, 50))
  await admin.close()
  run.child.kill('SIGINT')
  const { code, stdout } = await run.ended()
  assert.equal(code, 130)
  assert.ok(JSON.parse(String(stdout)).records > 0)
})

test('what is missing, or wrong, is told', async () => {
  const waited = await perf('consume', '-n', '1000000', '--timeout', '300')
  assert.equal(waited.code, 1)
  assert.match(waited.stderr, /nothing came for too long/)
  const unknown = await piped([
    'perf',
    'produce',
    '-t',
    'none',
    '-n',
    '2',
    '-b',
    broker.bootstrap,
    '-X',
    'max.block.ms=500',
  ])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /^odradek perf: a record: .*\n.*\nodradek perf: 2 of 2 records failed\n$/)
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /one of produce, consume, latency/],
    [['dance'], /not 'dance'/],
    [['consume', '--acks', '1'], /consume has no --acks/],
    [['produce', '-n', '-1'], /--records|ambiguous/],
    [['latency', '-s', '4'], /--record-size is a number from 12/],
  ]
  for (const [args, pattern] of wrong) {
    const { code, stderr } = await perf(...args)
    assert.equal(code, 2, `${args}: ${stderr}`)
    assert.match(stderr, pattern)
  }
})
