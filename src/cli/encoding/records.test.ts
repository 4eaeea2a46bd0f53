/** `odradek produce --schema` and `odradek consume --schema` before a broker and a registry of ours. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { authority, server as serverPem } from '../../../test/certificates.ts'
import { Kafka } from '../../stack/client.ts'
import { type RunningBroker, startBroker } from '../../stack/index.ts'
import { SchemaRegistry } from '../../stack/registry.ts'
import { run as runConsume } from '../consume.ts'
import { run as runProduce } from '../produce.ts'
import { type Ended, inProcess } from '../testdata/in-process.ts'

let broker: RunningBroker
let url: string
let kafka: Kafka
let registry: SchemaRegistry
const folder = mkdtempSync(join(tmpdir(), 'odradek-schema-records-'))
let names = 0

before(async () => {
  broker = await startBroker({ registry: true, config: { 'group.initial.rebalance.delay.ms': '0' } })
  url = broker.registryUrl ?? ''
  kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  registry = new SchemaRegistry({ url })
})

after(async () => {
  await broker.stop()
  await rm(folder, { recursive: true })
})

const newTopic = (): string => `topic-${names++}`

function file(name: string, schema: string | object): string {
  const path = join(folder, name)
  // Another command may be reading it.
  if (!existsSync(path)) writeFileSync(path, typeof schema === 'string' ? schema : JSON.stringify(schema))
  return path
}

let inputs = 0

/** Its standard input is a file here. */
async function produce(topic: string, args: readonly string[], lines: readonly string[]): Promise<Ended> {
  const input = file(`input-${inputs++}`, lines.map((line) => `${line}\n`).join(''))
  return await inProcess(runProduce, [topic, ...there(), '--file', input, ...args])
}

const consume = (topic: string, args: readonly string[]): Promise<Ended> =>
  inProcess(runConsume, [topic, ...there(), '--from-beginning', '-e', ...args])

const there = (): string[] => ['-b', broker.bootstrap, '--registry', url]

const linesOf = ({ stdout }: Ended): string[] => stdout.split('\n').slice(0, -1)

async function produced(topic: string, args: readonly string[], lines: readonly string[]): Promise<void> {
  const { code, stderr } = await produce(topic, args, lines)
  assert.deepEqual([code, stderr], [0, ''])
}

async function consumed(topic: string, args: readonly string[]): Promise<string[]> {
  const ended = await consume(topic, args)
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  return linesOf(ended)
}

/** Where they came from, and when, is left out. */
const withoutPlace = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/"topic":"[^"]*",/, '').replace(/"valueSchema":\{"id":\d+/, '"valueSchema":{"id":0'))

/** In one batch. */
async function send(topic: string, values: readonly (Uint8Array | null)[]): Promise<void> {
  await using producer = kafka.producer()
  await Promise.all(values.map((value) => producer.send(topic, { value })))
}

const order = {
  ...{ type: 'record', name: 'Order', namespace: 'shop' },
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
}

describe('formats', { concurrency: 2 }, () => {
  test('Avro: digits are kept, plain values and Avro’s own encoding are read, what does not fit is told', async () => {
    const topic = newTopic()
    const lines = [
      '{"id":9007199254740993,"note":"x"}',
      '{"id":1.5}',
      '{"id":2,"note":{"string":"y"}}',
      '{"id":3}',
      'no',
    ]
    const { code, stderr } = await produce(topic, ['--schema', file('order.avsc', order)], lines)
    assert.equal(code, 1)
    assert.deepEqual(stderr.split('\n'), [
      'odradek produce: record 2: id: 1.5 does not fit long',
      'odradek produce: record 5: Unexpected token \'o\', "no" is not valid JSON',
      'odradek produce: 2 of 5 records failed',
      '',
    ])
    const values = ['{"id":9007199254740993,"note":"x"}', '{"id":2,"note":"y"}', '{"id":3,"note":null}']
    assert.deepEqual(await consumed(topic, ['--schema']), values)
    assert.deepEqual(await consumed(topic, ['--schema', '--format', '%o %s,%S\\n', '-c', '1']), [`0 ${values[0]},34`])
    const { id } = await registry.client.latest(`${topic}-value`)
    const json = await consumed(topic, ['--schema', '--json'])
    assert.match(json[0] ?? '', new RegExp(`"value":${values[0]},"valueSchema":\\{"id":${id},"type":"AVRO"\\}`))
  })

  test('Protobuf: what consume writes, produce reads; any message of the file', async () => {
    const schema = `syntax = "proto3"; package shop;
      message Order { int64 order_id = 1; bytes raw = 2; }
      message Other { bytes raw_bytes = 1; }`
    const path = file('order.proto', schema)
    const [topic, copy] = [newTopic(), newTopic()]
    await produced(topic, ['--schema', path], ['{"order_id":-9223372036854775808,"raw":"AP8="}', '{"orderId":"12"}'])
    const lines = await consumed(topic, ['--schema', '--json'])
    assert.match(
      lines[0] ?? '',
      /"value":\{"orderId":-9223372036854775808,"raw":"AP8="\},"valueSchema":\{"id":\d+,"type":"PROTOBUF"\}/,
    )
    await produced(copy, ['--schema', path, '--json'], lines)
    await produced(copy, ['--schema', path, '--message', 'Other'], ['{"raw_bytes":"AP8="}'])
    const copied = await consumed(copy, ['--schema', '--json'])
    assert.deepEqual(withoutPlace(copied.slice(0, 2)), withoutPlace(lines))
    assert.deepEqual(JSON.parse(copied[2] ?? '').value, { rawBytes: 'AP8=' })
    const missing = await produce(copy, ['--schema', path, '--message', 'Nothing'], ['{}'])
    assert.deepEqual(
      [missing.code, missing.stderr],
      [1, "odradek produce: schema: the schema has no message 'Nothing'\n"],
    )
  })

  test('JSON: numbers stay as they are written, and what is not valid is refused, but shown', async () => {
    const topic = newTopic()
    const path = file('thing.json', { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] })
    const line = '{"n":1.50,"big":123456789012345678901234567890}'
    const { code, stderr } = await produce(topic, ['--schema', path], [line, '{"n":"x"}'])
    assert.equal(code, 1)
    assert.match(stderr, /record 2: not valid by the schema: \/n must be number\n/)
    const { id } = await registry.client.latest(`${topic}-value`)
    await send(topic, [Buffer.from(`\0\0\0\0${String.fromCharCode(id)}{"n":"x"}`, 'latin1')])
    assert.deepEqual(await consumed(topic, ['--schema']), [line, '{"n":"x"}'])
  })

  test('XML: as its text, a line each or as a whole', async () => {
    const topic = newTopic()
    const xsd =
      "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='order' type='xs:int'/></xs:schema>"
    const path = file('order.xsd', xsd)
    const { code, stderr } = await produce(topic, ['--schema', path], ['<order>5</order>', '<order>x</order>'])
    assert.equal(code, 1)
    assert.match(stderr, /record 2: not valid by the schema/)
    await produced(topic, ['--schema', path, '--whole'], ['<order>', '6', '</order>'])
    assert.deepEqual(await consumed(topic, ['--schema']), ['<order>5</order>', '<order>', '6', '</order>', ''])
    const json = await consumed(topic, ['--schema', '--json'])
    assert.match(json[1] ?? '', /"value":"<order>\\n6\\n<\/order>\\n","valueSchema":\{"id":\d+,"type":"XML"\}/)
  })
})

describe('which schema', { concurrency: 2 }, () => {
  test('id:N, latest, SUBJECT@VERSION and a file that is looked up', async () => {
    const [topic, other] = [newTopic(), newTopic()]
    const path = file('order.avsc', order)
    const notThere = await produce(topic, ['--schema', path, '--look-up'], [])
    assert.equal(notThere.code, 1)
    assert.match(notThere.stderr, /^odradek produce: schema registry: .*40401\n$/)
    await produced(topic, ['--schema', path], ['{"id":1}'])
    const { id } = await registry.client.latest(`${topic}-value`)
    const ways = [[`id:${id}`], [`${topic}-value@1`], [`${topic}-value@latest`]]
    for (const [i, [way = '']] of ways.entries()) await produced(other, ['--schema', way], [`{"id":${i}}`])
    await produced(topic, ['--schema', path, '--look-up'], ['{"id":7}'])
    await produced(topic, ['--schema', 'latest'], ['{"id":8}'])
    const shown = [
      ...(await consumed(other, ['--schema', '--json'])),
      ...(await consumed(topic, ['--schema', '--json'])),
    ]
    assert.deepEqual(
      shown.map((line) => JSON.parse(line)).map(({ value, valueSchema }) => [value.id, valueSchema.id]),
      [0, 1, 2, 1, 7, 8].map((value) => [value, id]),
    )
    await assert.rejects(registry.client.latest(`${other}-value`), { errorCode: 40401 })
  })

  test('names of subjects, and keys', async () => {
    const topic = newTopic()
    const key = file('key.txt', '"long"')
    const args = ['--schema', file('order.avsc', order), '--key-schema', key, '--key-schema-type', 'avro', '-K', ' ']
    await produced(topic, args, ['9007199254740993 {"id":1}', '-2 {"id":2}'])
    assert.deepEqual(await consumed(topic, ['--schema', '--key-schema', '-K', '|']), [
      '9007199254740993|{"id":1,"note":null}',
      '-2|{"id":2,"note":null}',
    ])
    const lines = await consumed(topic, ['--schema', '--key-schema', '--json'])
    assert.match(lines[0] ?? '', /"key":9007199254740993,"keySchema":\{"id":\d+,"type":"AVRO"\},"value":/)
    await produced(topic, [...args.slice(0, 6), '--json', '--subject-name', 'topic'], lines)
    assert.equal((await consumed(topic, ['--key-schema', '-K', '|'])).length, 4)
    const wrong = await produce(topic, args, ['x {"id":1}', '1 {"id":true}'])
    assert.match(wrong.stderr, /record 1: key: Unexpected token 'x'.*\n.*record 2: id: true does not fit long\n/)
    for (const [naming, subject] of [
      ['record', 'shop.Order'],
      ['topic-record', `${topic}-shop.Order`],
    ] as const) {
      await produced(topic, ['--schema', file('order.avsc', order), '--subject-name', naming], ['{"id":1}'])
      assert.equal((await registry.client.latest(subject)).schemaType, 'AVRO')
    }
  })

  test('references of a schema that the registry has', async () => {
    const topic = newTopic()
    const money = JSON.stringify({ type: 'record', name: 'a.Money', fields: [{ name: 'cents', type: 'long' }] })
    await registry.client.register('a.Money', { schemaType: 'AVRO', schema: money })
    const schema = JSON.stringify({ type: 'record', name: 'Bill', fields: [{ name: 'sum', type: 'a.Money' }] })
    const references = [{ name: 'a.Money', subject: 'a.Money', version: 1 }]
    await registry.client.register(`${topic}-value`, { schemaType: 'AVRO', schema, references })
    await produced(topic, ['--schema', 'latest'], ['{"sum":{"cents":9007199254740993}}'])
    assert.deepEqual(await consumed(topic, ['--schema']), ['{"sum":{"cents":9007199254740993}}'])
  })

  test('what is wrong with the command line is told before anything is tried', async () => {
    const sent = await inProcess(runProduce, ['t', '-b', '127.0.0.1:1', '--schema', 'x.txt'])
    assert.equal(sent.code, 2)
    assert.match(sent.stderr, /of 'x.txt' the ending does not tell the type/)
    const { code, stderr } = await inProcess(runConsume, ['t', '-b', '127.0.0.1:1', '--registry', url])
    assert.deepEqual([code, stderr.split('\n')[0]], [2, 'odradek consume: --registry is of --schema, or --key-schema'])
  })
})

describe('what cannot be decoded', { concurrency: 2 }, () => {
  test('is told, left out, and kept in JSON, from which it is copied as it was', async () => {
    const topic = newTopic()
    const path = file('order.avsc', order)
    await produced(topic, ['--schema', path], ['{"id":1}'])
    const { id } = await registry.client.latest(`${topic}-value`)
    await send(topic, [
      Buffer.from('raw'),
      Buffer.of(0, 0, 0, 9, 9, 1),
      Buffer.of(0, 0, 0, 0, id, 0xff, 0xff),
      null,
      Buffer.alloc(0),
    ])
    await produced(topic, ['--schema', path], ['{"id":2}'])
    const plain = await consume(topic, ['--schema', '--null', 'NULL'])
    assert.deepEqual([plain.code, linesOf(plain)], [1, ['{"id":1,"note":null}', 'NULL', '{"id":2,"note":null}']])
    const told = plain.stderr.split('\n')
    assert.match(
      told[0] ?? '',
      /^odradek consume: topic-\d+ partition 0 offset 1: value: no schema is named: .* \(3 bytes, the first one 114\)$/,
    )
    assert.match(told[1] ?? '', /offset 2: value: .*40403$/)
    assert.match(told[2] ?? '', /offset 3: value: truncated buffer$/)
    assert.match(told[3] ?? '', /offset 5: value: no schema is named: .* \(no bytes\)$/)
    assert.equal(told[4], 'odradek consume: 4 of 7 records failed')
    const json = await consume(topic, ['--schema', '--json'])
    const records = linesOf(json).map((line) => JSON.parse(line))
    assert.deepEqual(
      records.map(({ value, error }) => [value, typeof error]),
      [
        [{ id: 1, note: null }, 'undefined'],
        ['raw', 'string'],
        ['\0\0\0\t\t\x01', 'string'],
        [{ base64: Buffer.of(0, 0, 0, 0, id, 0xff, 0xff).toString('base64') }, 'string'],
        [null, 'undefined'],
        ['', 'string'],
        [{ id: 2, note: null }, 'undefined'],
      ],
    )
    const copy = newTopic()
    await produced(copy, ['--schema', path, '--json'], linesOf(json))
    const [was, is] = await Promise.all([consume(topic, ['--json']), consume(copy, ['--json'])])
    assert.deepEqual(withoutPlace(linesOf(is)), withoutPlace(linesOf(was)))
  })

  test('a registry that does not answer ends it, what was read before is written, and nothing else committed', async () => {
    const topic = newTopic()
    const serde = registry.avro<unknown>(JSON.stringify(order), { longs: 'bigint' })
    const bytesOf = (id: bigint) => serde.serialize({ id, note: null }, { topic, isKey: false, headers: [] })
    const values = [await bytesOf(1n), await bytesOf(2n), Buffer.of(0, 0, 0, 0, 99, 1)]
    await send(topic, values)
    const { id } = await registry.client.latest(`${topic}-value`)
    const told = JSON.stringify({ schema: JSON.stringify(order) })
    // It knows one schema, and breaks at the other.
    const server = createServer(({ url: path }, response) => {
      const isKnown = path === `/schemas/ids/${id}`
      response.writeHead(isKnown ? 200 : 500).end(isKnown ? told : '{"error_code":50001,"message":"broken"}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const broken = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    try {
      const ended = await inProcess(runConsume, [
        topic,
        '-b',
        broker.bootstrap,
        '--registry',
        broken,
        '--schema',
        '--from-beginning',
        '-e',
        '-g',
        'g1',
      ])
      assert.deepEqual([ended.code, linesOf(ended)], [1, ['{"id":1,"note":null}', '{"id":2,"note":null}']])
      assert.match(ended.stderr, /^odradek consume: schema registry: .*\/schemas\/ids\/99: broken; error code 50001\n$/)
      const again = await inProcess(runConsume, [
        topic,
        '-b',
        broker.bootstrap,
        '-e',
        '-g',
        'g1',
        '--from-beginning',
        '--format',
        '%o\\n',
      ])
      assert.deepEqual(linesOf(again), ['0', '1', '2'])
    } finally {
      server.close()
      server.closeAllConnections()
    }
  })
})

test('by TLS and a login, with an authority of a file', async () => {
  const topic = newTopic()
  const logins = new Set<string | undefined>()
  const server = createSecureServer(serverPem, (request, reply) => {
    logins.add(request.headers.authorization)
    reply.end('{"id":77}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const address = server.address()
    const secure = `https://me:p%40ss@localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
    const args = ['--schema', file('order.avsc', order), '--file', file('one.json', '{"id":1}')]
    const sending = (...more: string[]) =>
      inProcess(runProduce, [topic, '-b', broker.bootstrap, '--registry', secure, ...args, ...more])
    const { code, stderr } = await sending()
    assert.equal(code, 1)
    assert.match(stderr, /^odradek produce: schema registry: https:.*certificate; --ca-file names its authority\n$/)
    assert.doesNotMatch(stderr, /ss@/)
    assert.deepEqual(await sending('--ca-file', file('ca.pem', authority)), { code: 0, stdout: '', stderr: '' })
    assert.deepEqual([...logins], [`Basic ${btoa('me:p@ss')}`])
    const { stdout } = await inProcess(runConsume, [topic, '-b', broker.bootstrap, '--from-beginning', '-e'])
    assert.equal(Buffer.from(stdout).subarray(0, 5).toString('hex'), '000000004d')
  } finally {
    server.close()
    server.closeAllConnections()
  }
})

describe('headers', { concurrency: 2 }, () => {
  test('a schema that is named in one is read, and not taken along by a copy, which names its own', async () => {
    const topic = newTopic()
    const serde = registry.avro<unknown>(JSON.stringify(order), { schemaIdIn: 'header', longs: 'bigint' })
    await using producer = kafka.producer()
    const headers: { key: string; value: Uint8Array | null }[] = []
    const value = await serde.serialize({ id: 5n, note: null }, { topic, isKey: false, headers })
    await producer.send(topic, { value, headers: [['a', 'b'], ...headers.map((it) => [it.key, it.value] as const)] })
    const [line = ''] = await consumed(topic, ['--schema', '--json'])
    const { guid } = await registry.client.latest(`${topic}-value`)
    const record = JSON.parse(line)
    assert.deepEqual(
      [record.value, record.valueSchema],
      [
        { id: 5, note: null },
        { guid, type: 'AVRO' },
      ],
    )
    assert.deepEqual(
      record.headers.map((it: { key: string }) => it.key),
      ['a', '__value_schema_id'],
    )
    const copy = newTopic()
    await produced(copy, ['--json', '--schema', `${topic}-value@1`], [line])
    const [copied = ''] = await consumed(copy, ['--schema', '--json'])
    assert.deepEqual(
      [JSON.parse(copied).value, JSON.parse(copied).headers],
      [{ id: 5, note: null }, [{ key: 'a', value: 'b' }]],
    )
  })

  test('null stays null both ways, and is no value of a line', async () => {
    const topic = newTopic()
    const path = file('order.avsc', order)
    await produced(topic, ['--schema', path, '-K', ' ', '--null', '-'], ['k -', 'l {"id":1}'])
    const { stderr } = await produce(topic, ['--schema', path], ['null'])
    assert.match(stderr, /record 1: null is no value that could be written: --null .*\n/)
    const lines = await consumed(topic, ['--schema', '--json'])
    assert.match(lines[0] ?? '', /"key":"k","value":null,"headers"/)
    const copy = newTopic()
    await produced(copy, ['--schema', path, '--json'], lines)
    assert.deepEqual(await consumed(copy, ['--schema', '--null', 'none', '-K', ' ']), [
      'k none',
      'l {"id":1,"note":null}',
    ])
  })
})
