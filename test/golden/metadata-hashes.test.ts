import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromBytes, xxh3 } from '../../src/base/index.ts'
import { groupHash, topicHash } from '../../src/coordinator/group/metadata-hash.ts'
import { asArray, asRecord, goldenLines } from './golden.ts'

const lines = goldenLines('metadata-hashes.ndjson').map(asRecord)
const linesOf = (kind: string, count: number) => {
  const found = lines.filter((line) => line['kind'] === kind)
  assert.equal(found.length, count)
  return found
}
const int64 = (value: unknown): bigint => BigInt(String(value))

/** What the Java program hashed: bytes that follow from their place and number. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let i = 0; i < size; i++) bytes[i] = (Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(size, 0x85ebca77)) >>> 24
  return bytes
}

test('XXH3 of 77 sizes is that of hash4j, wherever in a buffer the bytes lie', () => {
  for (const line of linesOf('xxh3', 77)) {
    const size = Number(line['size'])
    const bytes = bytesOf(size)
    assert.equal(xxh3(bytes), int64(line['hash']), `${size} bytes`)
    const shifted = Buffer.alloc(size + 8, 0xff)
    bytes.copy(shifted, 3)
    assert.equal(xxh3(shifted.subarray(3, 3 + size)), int64(line['hash']), `${size} bytes within a buffer`)
  }
})

test('62 topics have the hash that Kafka gives them, in whatever order the racks come', () => {
  for (const line of linesOf('topic', 62)) {
    const pattern = asArray(line['racks']).map((racks) => asArray(racks).map(String))
    const topic = {
      topicId: uuidFromBytes(Buffer.from(String(line['topicId']), 'hex')),
      name: String(line['name']),
      partitionCount: Number(line['partitionCount']),
      racks: (partition: number) => pattern[partition % pattern.length] ?? [],
    }
    assert.equal(topicHash(topic), int64(line['hash']), topic.name)
    const racks = (partition: number) => topic.racks(partition).toReversed()
    assert.equal(topicHash({ ...topic, racks }), int64(line['hash']), `${topic.name}, racks the other way round`)
  }
})

test('34 groups of topics have the hash that Kafka gives them, in whatever order the topics come', () => {
  for (const line of linesOf('group', 34)) {
    const hashes = asArray(line['topics']).map((pair): [string, bigint] => {
      const [name, hash] = asArray(pair)
      return [String(name), int64(hash)]
    })
    assert.equal(groupHash(new Map(hashes)), int64(line['hash']))
    assert.equal(groupHash(new Map(hashes.toReversed())), int64(line['hash']))
  }
})
