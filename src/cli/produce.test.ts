/** `odradek produce` before a broker of ours, as a process with pipes. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Kafka } from '../stack/client.ts'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { Piped, piped } from './testdata/piped.ts'

let broker: RunningBroker
let folder: string
let names = 0

before(async () => {
  broker = await startBroker({ config: { 'num.partitions': '2' } })
  folder = await mkdtemp(join(tmpdir(), 'odradek-produce-'))
})

after(async () => {
  await broker.stop()
  await rm(folder, { recursive: true })
})

const newTopic = (): string => `topic-${names++}`
const produce = (topic: string, args: readonly string[], input: Uint8Array | string) =>
  piped(['produce', topic, '-b', broker.bootstrap, ...args], input)

interface Read {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly string[]
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('latin1')

/** All records of both partitions, those of the first one first. */
async function readAll(topic: string, partitions: readonly number[] = [0, 1]): Promise<Read[]> {
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await using consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
  const read: Read[] = []
  for (const partition of partitions) {
    const [end = 0] = await consumer.endOffsets([{ topic, partition }])
    consumer.assign([{ topic, partition }])
    const iterator = consumer[Symbol.asyncIterator]()
    for (let i = 0; i < end; i++) {
      const { value: record } = await iterator.next()
      assert.ok(record !== undefined)
      const headers = record.headers.map((it) => `${it.key}=${text(it.value)}`)
      read.push({ key: text(record.key), value: text(record.value), headers })
    }
  }
  return read
}

test('each line is a record, in order, and bytes stay what they are', async () => {
  const topic = newTopic()
  const binary = Buffer.from([0, 0xff, 0xfe, 13, 0x80])
  const input = Buffer.concat([Buffer.from('first\n\n'), binary, Buffer.from('\nlast without a new line')])
  const { code, stdout, stderr } = await produce(topic, ['-p', '0'], input)
  assert.deepEqual([code, String(stdout), stderr], [0, '', ''])
  const values = (await readAll(topic, [0])).map(({ value }) => value)
  assert.deepEqual(values, ['first', '', binary.toString('latin1'), 'last without a new line'])
})

test('keys, headers, null and delimiters of more than one byte', async () => {
  const topic = newTopic()
  const flags = ['-p', '1', '-K', '\\t', '-D', '<>', '-H', 'a=1', '-H', 'b=x=y', '--null', 'NULL', '-z', 'gzip']
  const { code, stderr } = await produce(topic, flags, 'k\tv<>k2\tNULL<>NULL\tv3<>no key<')
  assert.deepEqual([code, stderr], [0, ''])
  const headers = ['a=1', 'b=x=y']
  assert.deepEqual(await readAll(topic, [1]), [
    { key: 'k', value: 'v', headers },
    { key: 'k2', value: null, headers },
    { key: null, value: 'v3', headers },
    { key: null, value: 'no key<', headers },
  ])
})

test('a file, as one record', async () => {
  const topic = newTopic()
  const file = join(folder, 'whole')
  writeFileSync(file, 'a\nb\n')
  const { code } = await produce(topic, ['--file', file, '--whole', '--key', 'k', '-p', '0'], '')
  assert.equal(code, 0)
  assert.deepEqual(await readAll(topic, [0]), [{ key: 'k', value: 'a\nb\n', headers: [] }])
})

test('JSON, and what is wrong with a line is told, counted, and no reason to leave out the others', async () => {
  const topic = newTopic()
  const lines = [
    '{"key":"k","value":{"base64":"AP8="},"headers":[{"key":"h","value":null}]}',
    'no json',
    '{"value":7}',
    '{"value":"last"}',
  ]
  const { code, stderr } = await produce(topic, ['--json', '-p', '0'], lines.join('\n'))
  assert.equal(code, 1)
  assert.match(stderr, /^odradek produce: record 2: .*JSON.*\nodradek produce: record 3: value is text, null or .*\n/)
  assert.match(stderr, /\nodradek produce: 2 of 4 records failed\n$/)
  assert.deepEqual(await readAll(topic, [0]), [
    { key: 'k', value: '\0\xff', headers: ['h=null'] },
    { key: null, value: 'last', headers: [] },
  ])
})

test('a record that the broker refuses is told by its number, and the exit code says so', async () => {
  const topic = newTopic()
  const input = `small\n${'x'.repeat(2000)}\nsmall again`
  const { code, stderr } = await produce(topic, ['-X', 'max.request.size=1000', '-p', '0'], input)
  assert.equal(code, 1)
  assert.match(stderr, /^odradek produce: record 2: .*maxRequestSize.*\nodradek produce: 1 of 3 records failed\n$/)
  assert.deepEqual(
    (await readAll(topic, [0])).map(({ value }) => value),
    ['small', 'small again'],
  )
})

test('Ctrl-C ends the input: what was read is sent', async () => {
  const topic = newTopic()
  using run = new Piped(['produce', topic, '-b', broker.bootstrap, '-p', '0', '-X', 'linger.ms=0'])
  run.child.stdin.write('one\ntwo\n')
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await using consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
  consumer.assign([{ topic, partition: 0 }])
  // The command reads, and has its listeners.
  for await (const { value } of consumer) if (String(value) === 'two') break
  run.child.kill('SIGINT')
  const { code, stderr } = await run.ended()
  assert.deepEqual([code, stderr], [130, ''])
})

test('properties of a file, and what is wrong with the command line', async () => {
  const file = join(folder, 'client.properties')
  writeFileSync(
    file,
    `bootstrap.servers=${broker.bootstrap}\ncompression.type=lz4\nno.such.thing=1\nkey.serializer=x\n`,
  )
  const topic = newTopic()
  const sent = await piped(['produce', topic, '-F', file, '-p', '0'], 'x')
  assert.deepEqual([sent.code, sent.stderr], [0, `${file}: the property 'no.such.thing' is not known here\n`])
  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 2, /one topic is to be named/],
    [['a', 'b'], 2, /one topic is to be named/],
    [['a', '-X', 'linger'], 2, /NAME=VALUE/],
    [['a', '-X', 'linger.mss=1'], 2, /--property, -X: 'linger\.mss' is not known/],
    [['a', '-D', ''], 2, /--delimiter is empty/],
    [['a', '-D', '\\q'], 2, /no escape/],
    [['a', '-z', 'rar'], 2, /there is no codec 'rar': it is one of none, gzip/],
    [['a', '-X', 'linger.ms=soon'], 1, /linger\.ms is a number, not 'soon'/],
    [['a', '-X', 'security.protocol=SASL_SSL'], 1, /sasl\.mechanism is one of/],
    [['a', '-b', 'nowhere'], 1, /'nowhere' is not of the form host:port/],
    [['a', '-f', join(folder, 'none')], 1, /^odradek produce: no such file: .*none\n$/],
    [['a', '-F', join(folder, 'none')], 1, /^odradek produce: no such file: .*none\n$/],
  ]
  for (const [args, code, pattern] of wrong) {
    const { code: got, stderr } = await piped(['produce', ...args])
    assert.equal(got, code, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, pattern)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
})
