import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { CompressionType, compressionName } from '../compression-type.ts'
import { framesMax } from './frame-bounds.ts'
import { CompressionError, compress, decompress, decompressPieces, decompressSlowly } from './index.ts'

const { gzip, zstd } = CompressionType
type Framed = typeof gzip | typeof zstd

const text = 'some words, some words again, and some more words. '
const skippable = Buffer.from('5f2a4d1803000000010203', 'hex')
const emptyFrame = Buffer.from('28b52ffd2000010000', 'hex')
const limitBytes = 1024 * 1024

/** A frame that says a window of 128 MB and no size: runs of `x`, 128 KB each. */
function wideFrame(runs: number): Buffer {
  const blocks = Array.from({ length: runs }, (_, i) => {
    const block = Buffer.alloc(4, 'x')
    block.writeUIntLE((128 * 1024 * 8) | 2 | Number(i === runs - 1), 0, 3)
    return block
  })
  return Buffer.concat([Buffer.from('28b52ffd0088', 'hex'), ...blocks])
}

/** A member whose header has all that a header may have. */
function fullMember(plain: string): Buffer {
  const packed = compress(gzip, Buffer.from(plain))
  const header = Buffer.concat([packed.subarray(0, 10), Buffer.from([3, 0, 1, 2, 3]), Buffer.from('name\0comment\0')])
  header[3] = 0x1e
  const checksum = Buffer.alloc(2)
  checksum.writeUInt16LE(crc32(header) & 0xffff)
  return Buffer.concat([header, checksum, packed.subarray(10)])
}

async function slowly(codec: Framed, bytes: Uint8Array, limit: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of decompressSlowly(codec, bytes, limit)) pieces.push(Uint8Array.from(piece))
  return Buffer.concat(pieces)
}

/** At once and in pieces it must be the same; undefined when it is refused. */
async function plainOf(codec: Framed, bytes: Uint8Array, limit = limitBytes): Promise<Buffer | undefined> {
  const before = Buffer.from(bytes)
  const [whole, stepwise] = await Promise.allSettled([
    Promise.resolve().then(() => decompress(codec, bytes, limit)),
    slowly(codec, bytes, limit),
  ])
  assert.ok(before.equals(bytes), 'the input is as it was')
  assert.equal(stepwise.status, whole.status)
  if (whole.status === 'fulfilled' && stepwise.status === 'fulfilled') {
    assert.ok(whole.value.equals(stepwise.value))
    return whole.value
  }
  for (const it of [whole, stepwise]) assert.ok(it.status === 'rejected' && it.reason instanceof CompressionError)
  return undefined
}

test('zstd: frames one after the other, those to be skipped among them', async () => {
  const frame = compress(zstd, Buffer.from(text))
  const cases: readonly (readonly [string, readonly Uint8Array[], string | undefined])[] = [
    ['two', [frame, frame], text + text],
    ['an empty one between', [frame, emptyFrame, frame], text + text],
    ['to be skipped', [skippable, frame, skippable, frame, skippable], text + text],
    ['only to be skipped', [skippable], ''],
    ['none', [], ''],
    ['garbage behind', [frame, Buffer.from('garbage')], undefined],
    ['zeros behind', [frame, Buffer.alloc(8)], undefined],
    ['the second is cut', [frame, frame.subarray(0, -1)], undefined],
    ['a magic number behind', [frame, frame.subarray(0, 4)], undefined],
    ['half a magic number behind', [frame, frame.subarray(0, 2)], undefined],
    ['the skipped one is cut', [frame, skippable.subarray(0, -1)], undefined],
    ["the skipped one's header is cut", [frame, skippable.subarray(0, 6)], undefined],
    ['a block of no kind', [frame, Buffer.from('28b52ffd2000070000', 'hex')], undefined],
  ]
  for (const [name, parts, plain] of cases) {
    assert.equal((await plainOf(zstd, Buffer.concat(parts)))?.toString(), plain, name)
  }
})

test("gzip: members one after the other; what is no member's header ends it, as in Java", async () => {
  const member = compress(gzip, Buffer.from(text))
  const full = fullMember(text)
  const wrongHeader = Buffer.from(full)
  wrongHeader[11] = 1
  const cases: readonly (readonly [string, readonly Uint8Array[], string | undefined])[] = [
    ['two', [member, full], text + text],
    ['flags of no meaning', [Buffer.from(member).fill(0xe0, 3, 4)], text],
    ['garbage behind', [member, Buffer.from('garbage'), member], text],
    ['zeros behind', [member, Buffer.alloc(40), member], text],
    ['half a header behind', [member, full.subarray(0, 20)], text],
    ['a header with another checksum behind', [member, wrongHeader], text],
    ['the second is cut', [member, member.subarray(0, -1)], undefined],
    ['only a header behind', [member, member.subarray(0, 10)], text],
    ['a header and nothing deflated behind', [member, member.subarray(0, 10), Buffer.alloc(19)], undefined],
    ['none', [], undefined],
    ['no header', [Buffer.from('garbage')], undefined],
  ]
  for (const [name, parts, plain] of cases) {
    assert.equal((await plainOf(gzip, Buffer.concat(parts)))?.toString(), plain, name)
  }
  const wrongSum = Buffer.from(member)
  wrongSum.writeUInt32LE(1, member.length - 4)
  assert.equal(await plainOf(gzip, wrongSum), undefined)
})

test('zstd: a window of 128 MB is not for the loop, but read', async () => {
  assert.ok([...decompressPieces(zstd, wideFrame(1), limitBytes)].length > 1000)
  assert.equal((await plainOf(zstd, wideFrame(8)))?.length, limitBytes)
  assert.equal(await plainOf(zstd, wideFrame(9)), undefined)
  assert.equal([...decompressPieces(zstd, compress(zstd, Buffer.from(text), 19), limitBytes)].length, 1)
})

for (const codec of [gzip, zstd] as const) {
  const name = compressionName(codec)
  const part = fc.oneof(
    fc.constantFrom(0, 1, 40, 400).map((times) => compress(codec, Buffer.from(text.repeat(times)))),
    fc.constantFrom(...(codec === zstd ? [skippable, emptyFrame, wideFrame(2)] : [fullMember(text)])),
  )

  test(`${name}: several of them, whole or hurt, are the same at once and in pieces`, async () => {
    const hurts = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 2 })
    const cases = fc.tuple(fc.array(part, { maxLength: 5 }), hurts, fc.nat(), fc.constantFrom(2000, 20_000, limitBytes))
    await fc.assert(
      fc.asyncProperty(cases, async ([parts, flips, cut, limit]) => {
        const bytes = Buffer.concat(parts)
        for (const [place, flip] of flips) {
          if (bytes.length > 0) bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ flip
        }
        const plain = await plainOf(codec, cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes, limit)
        if (flips.length > 0 || cut % 3 === 0 || (codec === gzip && parts.length === 0)) return
        const expected = Buffer.concat(parts.map((it) => decompress(codec, it, limitBytes)))
        if (expected.length > limit) assert.equal(plain, undefined)
        else assert.ok(plain?.equals(expected))
      }),
      { numRuns: 300 },
    )
  })

  test(`${name}: big ones behind one another are in pieces too`, async () => {
    const plain = Buffer.from(text.repeat(20_000))
    const packed = compress(codec, plain)
    const both = await plainOf(codec, Buffer.concat([packed, packed]), 2 * plain.length)
    assert.ok(both?.equals(Buffer.concat([plain, plain])))
    assert.equal(await plainOf(codec, Buffer.concat([packed, packed]), 2 * plain.length - 1), undefined)
  })

  test(`${name}: there are no more of them than may be, and few on the loop`, async () => {
    const nothing = codec === zstd ? emptyFrame : compress(gzip, Buffer.alloc(0))
    const most = Buffer.concat(Array.from({ length: framesMax }, () => nothing))
    assert.equal((await plainOf(codec, most))?.length, 0)
    assert.equal(await plainOf(codec, Buffer.concat([most, nothing])), undefined)
    assert.ok([...decompressPieces(codec, Buffer.concat([nothing, nothing]), 1)].length > 50)
  })
}
