/** `odradek log dump`: the lines are those of Kafka's own tool, which `test/interop/dump-log.test.ts` compares with. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { oldMessage, wrappedMessages } from '../../test/message-sets.ts'
import { buildBatch, buildEndTransactionBatch, CompressionType } from '../records/index.ts'
import { piped } from './testdata/piped.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'odradek-dump-'))
})
after(() => rm(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)
const dump = (...args: string[]) => piped(['log', 'dump', ...args])
const lines = (bytes: Buffer): string[] => String(bytes).split('\n').slice(0, -1)

function segment(): Buffer {
  const records = [
    { key: Buffer.from('k'), value: Buffer.from('é'), timestampMs: 1000, headers: [{ key: 'h', value: null }] },
    { key: null, value: null, timestampMs: 2000 },
  ]
  const producer = { producerId: 7, producerEpoch: 1, isTransactional: true }
  const batch = buildBatch(records, {
    ...producer,
    baseSequence: 5,
    baseOffset: 10,
    leaderEpoch: 3,
    codec: CompressionType.gzip,
  })
  const end = buildEndTransactionBatch({
    ...{ producerId: 7, producerEpoch: 1, isCommit: true, coordinatorEpoch: 4 },
    ...{ timestampMs: 3000, baseOffset: 12, leaderEpoch: 3 },
  })
  return Buffer.concat([batch, end])
}

test('batches and their records, control records too', async () => {
  const bytes = segment()
  const size = bytes.readInt32BE(8) + 12
  const file = at('00000000000000000010.log')
  writeFileSync(file, bytes)
  const { code, stdout, stderr } = await dump(file, '--records')
  assert.deepEqual([code, stderr], [0, ''])
  const crc = (position: number): number => bytes.readUInt32BE(position + 17)
  const common = 'isTransactional: true isControl:'
  assert.deepEqual(lines(stdout), [
    `Dumping ${file}`,
    'Log starting offset: 10',
    `baseOffset: 10 lastOffset: 11 count: 2 baseSequence: 5 lastSequence: 6 producerId: 7 producerEpoch: 1 partitionLeaderEpoch: 3 ${common} false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 2000 size: ${size} magic: 2 compresscodec: gzip crc: ${crc(0)} isvalid: true`,
    '| offset: 10 CreateTime: 1000 keySize: 1 valueSize: 2 sequence: 5 headerKeys: [h] key: k payload: é',
    '| offset: 11 CreateTime: 2000 keySize: -1 valueSize: -1 sequence: 6 headerKeys: []',
    `baseOffset: 12 lastOffset: 12 count: 1 baseSequence: -1 lastSequence: -1 producerId: 7 producerEpoch: 1 partitionLeaderEpoch: 3 ${common} true deleteHorizonMs: OptionalLong.empty position: ${size} CreateTime: 3000 size: 78 magic: 2 compresscodec: none crc: ${crc(size)} isvalid: true`,
    '| offset: 12 CreateTime: 3000 keySize: 4 valueSize: 6 sequence: -1 headerKeys: [] endTxnMarker: COMMIT coordinatorEpoch: 4',
  ])
  const asJson = lines((await dump(file, '--records', '--json')).stdout).map((line) => JSON.parse(line))
  assert.deepEqual(
    asJson.map(({ kind }) => kind),
    ['file', 'batch', 'record', 'record', 'batch', 'record'],
  )
  assert.deepEqual(asJson[2], {
    ...{ kind: 'record', offset: 10, timestampMs: 1000, sequence: 5, keyBase64: 'aw==', valueBase64: 'w6k=' },
    headers: [{ key: 'h', valueBase64: null }],
  })
})

test('messages of the formats before Kafka 0.11, each with its own checksum', async () => {
  const inner = [0, 1].map((offset) =>
    oldMessage({ magic: 1, offset, timestampMs: 5 + offset, value: Buffer.from(`v${offset}`) }),
  )
  inner[1]?.writeUInt32BE(7, 12)
  const alone = oldMessage({ magic: 0, offset: 0, key: Buffer.from('k') })
  const wrapper = { magic: 1, offset: 2, codec: CompressionType.gzip, timestampMs: 6 } as const
  const bytes = Buffer.concat([alone, wrappedMessages(wrapper, Buffer.concat(inner))])
  const file = at('00000000000000000000.log')
  writeFileSync(file, bytes)
  const { code, stdout } = await dump(file, '--records')
  const [crc, size] = [alone.readUInt32BE(12), alone.length]
  assert.deepEqual(lines(stdout).slice(1), [
    'Log starting offset: 0',
    `offset: 0 position: 0 NoTimestampType: -1 size: ${size} magic: 0 compresscodec: none crc: ${crc} isvalid: true`,
    `| offset: 0 NoTimestampType: -1 keySize: 1 valueSize: -1 isValid: true crc: ${crc} key: k`,
    `offset: 2 position: ${size} CreateTime: 6 size: ${bytes.length - size} magic: 1 compresscodec: gzip crc: ${bytes.readUInt32BE(size + 12)} isvalid: true`,
    `| offset: 1 CreateTime: 5 keySize: -1 valueSize: 2 isValid: true crc: ${inner[0]?.readUInt32BE(12)} payload: v0`,
    '| offset: 2 CreateTime: 6 keySize: -1 valueSize: 2 isValid: false crc: 7 payload: v1',
  ])
  assert.equal(code, 1)
  const asJson = lines((await dump(file, '--records', '--json')).stdout).map((line) => JSON.parse(line))
  assert.deepEqual(
    asJson.slice(1).map(({ kind, isValid, lastOffset, offset }) => [kind, isValid, lastOffset ?? offset]),
    [
      ['batch', true, 0],
      ['record', true, 0],
      ['batch', true, 2],
      ['record', true, 1],
      ['record', false, 2],
    ],
  )
  writeFileSync(file, Buffer.concat([alone, oldMessage({ magic: 1, offset: 1, codec: 1 })]))
  const empty = await dump(file, '--records')
  assert.equal(lines(empty.stdout).at(-1), '| unreadable: compressed message set without a value')
})

test('what is wrong is shown, and makes the exit code 1', async () => {
  const bytes = segment()
  const size = bytes.readInt32BE(8) + 12
  const damaged = Buffer.from(bytes)
  damaged.writeUInt8(damaged.readUInt8(size - 1) ^ 1, size - 1)
  writeFileSync(at('00000000000000000011.log'), damaged)
  const wrong = await dump(at('00000000000000000011.log'), '--records')
  assert.equal(wrong.code, 1)
  assert.match(String(wrong.stdout), / isvalid: false\n\| unreadable: .+\nbaseOffset: 12 /)
  writeFileSync(at('00000000000000000012.log'), Buffer.concat([bytes, Buffer.from('rest')]))
  const torn = await dump(at('00000000000000000012.log'))
  assert.equal(torn.code, 1)
  assert.match(String(torn.stdout), /\nFound 4 invalid bytes at the end of 00000000000000000012\.log\n$/)
})

test('an index, and whether its entries are places of batches', async () => {
  const bytes = segment()
  writeFileSync(at('00000000000000000009.log'), bytes)
  const index = Buffer.alloc(24)
  index.writeUInt32BE(3, 0)
  index.writeUInt32BE(bytes.readInt32BE(8) + 12, 4)
  const file = at('00000000000000000009.index')
  writeFileSync(file, index)
  const right = await dump(file)
  assert.deepEqual([right.code, lines(right.stdout)[1]], [0, `offset: 12 position: ${bytes.readInt32BE(8) + 12}`])
  index.writeUInt32BE(5, 4)
  writeFileSync(file, index)
  const wrong = await dump(file)
  assert.equal(wrong.code, 1)
  assert.match(lines(wrong.stdout)[2] ?? '', /^mismatch: offset: 12 position: 5 /)
})

test('files that are not there, or none of a partition', async () => {
  const none = await dump(at('00000000000000000099.log'))
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^odradek log: no such file: /)
  for (const args of [['dump'], ['dump', at('meta.properties')], ['show', 'x']]) {
    const { code, stderr } = await piped(['log', ...args])
    assert.equal(code, 2)
    assert.match(stderr, /^odradek log: .*\nodradek log: `odradek log --help` lists the flags\n$/)
  }
})
