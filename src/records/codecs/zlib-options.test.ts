import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { CompressionType } from '../compression-type.ts'
import { decompressPieces } from './pieces.ts'

const plain = Buffer.alloc(300_000, 'what is said here is said again and again; ')
const codecs = [
  ['gzip', CompressionType.gzip, gzipSync(plain)],
  ['zstd', CompressionType.zstd, zstdCompressSync(plain)],
] as const

for (const [name, codec, bytes] of codecs) {
  // Two in a row: the second is there when the first is gone.
  const twice = Buffer.concat([bytes, bytes])

  test(`${name}: a piece that is looked at once is whole until the next is asked for, and gives its memory back then`, () => {
    const seen: Uint8Array[] = []
    for (const piece of decompressPieces(codec, twice, 1_000_000, 'once')) {
      if (piece.length === 0) continue
      assert.ok(plain.equals(piece))
      seen.push(piece)
    }
    assert.deepEqual(
      seen.map(({ byteLength }) => byteLength),
      [0, 0],
    )
  })

  test(`${name}: pieces that are kept stay`, () => {
    const kept = [...decompressPieces(codec, twice, 1_000_000)].filter(({ length }) => length > 0)
    assert.equal(kept.length, 2)
    for (const piece of kept) assert.ok(plain.equals(piece))
  })

  test(`${name}: small pieces lie in memory that others use, which stays`, () => {
    const small = codec === CompressionType.gzip ? gzipSync('abc') : zstdCompressSync('abc')
    const others = Buffer.from('somebody else')
    for (const piece of decompressPieces(codec, small, 1000, 'once')) assert.equal(Buffer.from(piece).toString(), 'abc')
    assert.equal(others.toString(), 'somebody else')
  })
}
