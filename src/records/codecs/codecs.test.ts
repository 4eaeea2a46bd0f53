import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CompressionType, compressionName, compressionType } from '../compression-type.ts'
import { CompressionError, compress, decompress, decompressPieces, decompressSlowly } from './index.ts'
import { lz4Compress } from './lz4.ts'
import { lz4DecodeBlock, lz4EncodeBlock } from './lz4-block.ts'
import { snappyCompress } from './snappy.ts'
import { snappyDecodeRaw, snappyEncodeRaw } from './snappy-raw.ts'
import { xxh32 } from './xxh32.ts'

const codecs = [CompressionType.gzip, CompressionType.snappy, CompressionType.lz4, CompressionType.zstd]
const limitBytes = 16 * 1024 * 1024

/** Text that repeats, noise, runs: what the encoders treat differently. */
function samples(): Uint8Array[] {
  let state = 1
  const noise = Uint8Array.from({ length: 200_000 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state >>> 16
  })
  const text = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `record ${i % 977};`).join(''))
  return [new Uint8Array(0), Buffer.from('a'), Buffer.from('abcdabcdabcdabcd'), Buffer.alloc(300_000, 7), noise, text]
}

function errorOf(action: () => unknown): CompressionError {
  try {
    action()
  } catch (error) {
    assert.ok(error instanceof CompressionError, String(error))
    return error
  }
  assert.fail('nothing was thrown')
}

for (const codec of codecs) {
  const name = compressionName(codec)

  test(`${name}: what goes in comes out, up to the limit exactly`, () => {
    for (const plain of samples()) {
      const packed = compress(codec, plain)
      const before = Buffer.from(packed)
      assert.ok(decompress(codec, packed, limitBytes).equals(plain))
      assert.ok(decompress(codec, packed, plain.length).equals(plain))
      if (plain.length > 1) assert.equal(errorOf(() => decompress(codec, packed, plain.length - 1)).reason, 'limit')
      assert.ok(before.equals(packed), 'the input is as it was')
    }
  })

  test(`${name}: cut or hurt bytes are a typed error or other bytes, never more than the limit`, () => {
    const packed = compress(codec, Buffer.from('some words, some words again, and some more words '.repeat(40)))
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, isCut) => {
        const hurt = Buffer.from(isCut ? packed.subarray(0, at) : packed)
        if (!isCut) hurt[at] = (hurt[at] ?? 0) ^ flip
        const before = Buffer.from(hurt)
        try {
          assert.ok(decompress(codec, hurt, 5000).length <= 5000)
        } catch (error) {
          assert.ok(error instanceof CompressionError, String(error))
        }
        assert.ok(before.equals(hurt), 'the input is as it was')
      }),
      { numRuns: 400 },
    )
  })
}

test('a bomb costs its limit', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024)
  for (const codec of [CompressionType.gzip, CompressionType.zstd]) {
    const bomb = compress(codec, zeros)
    const before = performance.now()
    assert.equal(errorOf(() => decompress(codec, bomb, 1_000_000)).reason, 'limit')
    assert.ok(performance.now() - before < 200)
  }
  const lying = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(10)])
  assert.equal(errorOf(() => decompress(CompressionType.snappy, lying, 1_000_000)).reason, 'limit')
  assert.equal(errorOf(() => decompress(CompressionType.snappy, lying, 2 ** 33)).reason, 'corrupt')
})

test('lz4 and snappy come in pieces', () => {
  const plain = Buffer.alloc(300_000, 'xyz')
  for (const codec of [CompressionType.lz4, CompressionType.snappy]) {
    const pieces = [...decompressPieces(codec, compress(codec, plain), limitBytes)]
    assert.ok(pieces.length > 3)
    assert.ok(Buffer.concat(pieces).equals(plain))
  }
})

for (const codec of [CompressionType.gzip, CompressionType.zstd]) {
  const name = compressionName(codec)

  test(`${name}: pieces of a big batch are small, and given back once the next one comes`, async () => {
    const plain = Buffer.from('some words, '.repeat(700_000))
    const seen: Uint8Array[] = []
    let at = 0
    for await (const piece of decompressSlowly(codec, compress(codec, plain), plain.length)) {
      assert.ok(plain.subarray(at, at + piece.length).equals(piece))
      at += piece.length
      assert.ok(seen.reduce((held, it) => held + it.byteLength, piece.byteLength) <= 1024 * 1024)
      seen.push(piece)
    }
    assert.equal(at, plain.length)
    assert.ok(seen.length > 30)
  })

  test(`${name}: in pieces it is what it is at once, whole or hurt`, async () => {
    const packed = compress(codec, Buffer.from('some words, some words again, and some more words '.repeat(40)))
    const inPieces = async (bytes: Uint8Array, limit: number): Promise<Buffer> => {
      const pieces: Uint8Array[] = []
      for await (const piece of decompressSlowly(codec, bytes, limit)) pieces.push(Uint8Array.from(piece))
      return Buffer.concat(pieces)
    }
    const hurts = fc.tuple(fc.nat(packed.length - 1), fc.nat(255), fc.nat(3), fc.constantFrom(1999, 2000, 5000))
    await fc.assert(
      fc.asyncProperty(hurts, async ([place, flip, kind, limit]) => {
        const bytes = Buffer.from(kind === 0 ? packed.subarray(0, place) : packed)
        if (kind === 1) bytes[place] = (bytes[place] ?? 0) ^ flip
        const input = kind === 2 ? Buffer.concat([bytes, bytes.subarray(0, place)]) : bytes
        const [whole, stepwise] = await Promise.allSettled([
          Promise.resolve().then(() => decompress(codec, input, limit)),
          inPieces(input, limit),
        ])
        assert.equal(stepwise.status, whole.status)
        if (whole.status === 'fulfilled' && stepwise.status === 'fulfilled') {
          return assert.ok(whole.value.equals(stepwise.value))
        }
        assert.ok(stepwise.status === 'rejected' && stepwise.reason instanceof CompressionError)
      }),
      { numRuns: 300 },
    )
  })
}

test('snappy: raw blocks and streams behind one another are taken', () => {
  const plain = Buffer.from('abcabcabcabcabcabc')
  assert.ok(decompress(CompressionType.snappy, snappyEncodeRaw(plain), 100).equals(plain))
  const twice = Buffer.concat([snappyCompress(plain), snappyCompress(plain)])
  assert.equal(decompress(CompressionType.snappy, twice, 100).toString(), `${plain}${plain}`)
})

test('lz4: frames that Kafka refuses are refused', () => {
  const frame = lz4Compress(Buffer.from('some text some text some text'))
  const withHeader = (flags: number, descriptor: number, checksum?: number): Buffer => {
    const copy = Buffer.from(frame)
    copy[4] = flags
    copy[5] = descriptor
    copy[6] = checksum ?? (xxh32(copy, 4, 6) >>> 8) & 0xff
    return copy
  }
  const cases: readonly (readonly [string, Buffer])[] = [
    ['dependent blocks', withHeader(0x40, 0x40)],
    ['version 0', withHeader(0x20, 0x40)],
    ['reserved flag', withHeader(0x62, 0x40)],
    ['block size 3', withHeader(0x60, 0x30)],
    ['header checksum', withHeader(0x60, 0x40, (frame[6] ?? 0) ^ 1)],
    ['no end mark', frame.subarray(0, -4)],
  ]
  for (const [name, bytes] of cases) {
    assert.equal(errorOf(() => decompress(CompressionType.lz4, bytes, 1000)).reason, 'corrupt', name)
  }
  assert.deepEqual([frame[4], frame[5]], [0x60, 0x40])
  assert.ok(decompress(CompressionType.lz4, withHeader(0x60, 0x70), 1000).length > 0)
})

test('the portable block codecs agree with the native ones', () => {
  for (const plain of samples()) {
    const lz4 = Buffer.alloc(4 + 64 * 1024)
    const piece = plain.subarray(0, 64 * 1024)
    const encoded = lz4EncodeBlock(piece)
    assert.equal(lz4DecodeBlock(encoded, 0, encoded.length, lz4), piece.length)
    assert.ok(lz4.subarray(0, piece.length).equals(piece))
    const frame = lz4Compress(piece)
    // The frame's only block, encoded by the native library, through the portable decoder; and the other way round.
    if (piece.length > 100 && frame.readUInt32LE(7) < 0x8000_0000) {
      assert.equal(lz4DecodeBlock(frame, 11, 11 + frame.readUInt32LE(7), lz4), piece.length)
      assert.ok(lz4.subarray(0, piece.length).equals(piece))
      const size = Buffer.alloc(4)
      size.writeUInt32LE(encoded.length)
      const own = Buffer.concat([frame.subarray(0, 7), size, encoded, Buffer.alloc(4)])
      assert.ok(decompress(CompressionType.lz4, own, limitBytes).equals(piece))
    }
    const raw = snappyEncodeRaw(plain)
    assert.ok(snappyDecodeRaw(raw).equals(plain))
    assert.ok(decompress(CompressionType.snappy, raw, limitBytes).equals(plain))
    if (plain.length > 0) {
      const framed = snappyCompress(plain.subarray(0, 32 * 1024))
      assert.ok(snappyDecodeRaw(framed.subarray(20)).equals(plain.subarray(0, 32 * 1024)))
    }
  }
})

test('the portable decoders take anything and fail with a typed error at most', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const output = new Uint8Array(1000)
      for (const decode of [
        () => lz4DecodeBlock(bytes, 0, bytes.length, output),
        () => snappyDecodeRaw(Buffer.concat([Buffer.from([200, 1]), bytes])),
      ]) {
        try {
          decode()
        } catch (error) {
          assert.ok(error instanceof CompressionError, String(error))
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('xxh32 known values', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ]
  for (const [text, hash] of cases) assert.equal(xxh32(Buffer.from(text), 0, text.length), hash)
})

test('codec numbers 5 to 7 are none', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7].map(compressionType), [0, 1, 2, 3, 4, undefined, undefined, undefined])
})
