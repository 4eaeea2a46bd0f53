import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CompressionType } from '../compression-type.ts'
import { compress, compressSlowly, decompress } from './index.ts'

interface Given {
  readonly codec: CompressionType
  readonly level?: number
  readonly plainSize?: number
}

/** Each piece is gone after its call. */
async function packed({ codec, level, plainSize }: Given, pieces: readonly Uint8Array[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const compressor = compressSlowly({ codec, level, plainSize, take: (chunk) => void chunks.push(chunk) })
  try {
    for (const piece of pieces) {
      const lent = Uint8Array.from(piece)
      await compressor.write(lent)
      lent.fill(0xee)
    }
    await compressor.finish()
  } finally {
    compressor.close()
  }
  return Buffer.concat(chunks)
}

test('property: what is written in pieces is read whole, of any codec', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(3000))
      .map(([part, count]) => Uint8Array.from(Buffer.concat(Array.from({ length: count }, () => part)))),
  )
  const pieces = fc.array(piece, { maxLength: 6 })
  const codec = fc.constantFrom(...Object.values(CompressionType))
  await fc.assert(
    fc.asyncProperty(pieces, codec, fc.boolean(), async (given, type, isSizeKnown) => {
      const plain = Buffer.concat(given)
      const made = await packed(isSizeKnown ? { codec: type, plainSize: plain.length } : { codec: type }, given)
      assert.ok(decompress(type, made, plain.length).equals(plain))
      if (type === CompressionType.snappy || type === CompressionType.lz4) assert.ok(made.equals(compress(type, plain)))
    }),
    { numRuns: 120 },
  )
})

test('what does not shrink is kept as it was, block by block', async () => {
  let state = 1
  const noise = Uint8Array.from({ length: 300_000 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state >>> 16
  })
  for (const codec of Object.values(CompressionType)) {
    const made = await packed({ codec }, [noise.subarray(0, 100_000), noise.subarray(100_000)])
    assert.ok(decompress(codec, made, noise.length).equals(noise), `codec ${codec}`)
  }
})

test('levels make a difference', async () => {
  const plain = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `record ${(i * 7919) % 30_011};`).join(''))
  const sizeAt = async (codec: CompressionType, level: number): Promise<number> => {
    const made = await packed({ codec, level }, [plain])
    assert.ok(decompress(codec, made, plain.length).equals(plain))
    return made.length
  }
  assert.ok((await sizeAt(CompressionType.gzip, 9)) < (await sizeAt(CompressionType.gzip, 1)))
  assert.ok((await sizeAt(CompressionType.zstd, 22)) < (await sizeAt(CompressionType.zstd, -20)))
})
