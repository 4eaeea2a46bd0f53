import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompressionType } from '../compression-type.ts'
import { compress } from './index.ts'
import { decompressPieces } from './pieces.ts'

const plain = Buffer.alloc(300_000, 'what is said here is said again and again; ')
const { gzip, snappy, lz4, zstd } = CompressionType
const incompressible = Buffer.from(Array.from({ length: 100_000 }, (_, i) => Math.imul(i + 7, 0x9e3779b1) >>> 24))

for (const [name, codec] of Object.entries({ gzip, snappy, lz4, zstd })) {
  test(`${name}: a piece that is looked at once is whole until the next is asked for, and gives its memory back then`, () => {
    const seen: Uint8Array[] = []
    let at = 0
    for (const piece of decompressPieces(codec, compress(codec, plain), 1_000_000, 'once')) {
      assert.ok(plain.subarray(at, at + piece.length).equals(piece))
      at += piece.length
      seen.push(piece)
    }
    assert.equal(at, plain.length)
    for (const { byteLength } of seen) assert.equal(byteLength, 0)
  })

  test(`${name}: pieces that are kept stay, and so do the compressed bytes`, () => {
    for (const bytes of [plain, incompressible]) {
      const compressed = compress(codec, bytes)
      const before = Buffer.from(compressed)
      for (const _ of decompressPieces(codec, compressed, 1_000_000, 'once'));
      assert.ok(before.equals(compressed))
      assert.ok(Buffer.concat([...decompressPieces(codec, compressed, 1_000_000)]).equals(bytes))
    }
  })

  test(`${name}: small pieces may lie in memory that others use, which stays`, () => {
    const others = Buffer.from('somebody else')
    for (const piece of decompressPieces(codec, compress(codec, Buffer.from('abc')), 1000, 'once')) {
      assert.equal(Buffer.from(piece).toString(), 'abc')
    }
    assert.equal(others.toString(), 'somebody else')
  })
}
