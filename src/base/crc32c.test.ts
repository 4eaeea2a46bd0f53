import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c, crc32cPortable } from './crc32c.ts'

const vectors: readonly (readonly [string, Uint8Array, number])[] = [
  ['empty', new Uint8Array(0), 0],
  ['check value', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros (RFC 3720)', new Uint8Array(32), 0x8a9136aa],
  ['32 ones (RFC 3720)', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['ascending (RFC 3720)', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
]

for (const [name, bytes, expected] of vectors) {
  test(`crc32c of ${name}`, () => {
    assert.equal(crc32c(bytes, 0, bytes.length), expected)
    assert.equal(crc32cPortable(bytes, 0, bytes.length), expected)
  })
}

test('native and portable agree on every range, and a checksum continues from any cut', () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 2000 })
  fc.assert(
    fc.property(bytes, fc.nat(2000), fc.nat(2000), (data, a, b) => {
      const start = Math.min(a, b, data.length)
      const end = Math.min(Math.max(a, b), data.length)
      const whole = crc32c(data, start, end)
      assert.equal(crc32cPortable(data, start, end), whole)
      const middle = (start + end) >> 1
      assert.equal(crc32c(data, middle, end, crc32c(data, start, middle)), whole)
    }),
    { numRuns: 300 },
  )
})
