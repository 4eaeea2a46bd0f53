/**
 * XXH3 of 64 bits with seed 0 and the default secret, as https://github.com/Cyan4973/xxHash, `doc/xxhash_spec.md` describes
 * it. Up to 240 bytes go by bigint, in the specification's own steps; what is longer (a topic of thousands of partitions)
 * goes stripe by stripe in halves of 32 bits, for there a bigint for each sum and product would cost milliseconds.
 */
import { viewOf } from './view-of.ts'

const prime32x1 = 0x9e3779b1
const prime32x2 = 0x85ebca77n
const prime32x3 = 0xc2b2ae3dn
const prime64x1 = 0x9e3779b185ebca87n
const prime64x2 = 0xc2b2ae3d27d4eb4fn
const prime64x3 = 0x165667b19e3779f9n
const prime64x4 = 0x85ebca77c2b2ae63n
const prime64x5 = 0x27d4eb2f165667c5n
const primeMix1 = 0x165667919e3779f9n
const primeMix2 = 0x9fb21c651e98df25n

const stripeSize = 64
const blockSize = 1024

const secret = viewOf(
  Buffer.from(
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
      'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
      'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
      '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
    'hex',
  ),
)

/** By lane of a stripe. */
const firstAccumulators = [
  prime32x3,
  prime64x1,
  prime64x2,
  prime64x3,
  prime64x4,
  prime32x2,
  prime64x5,
  BigInt(prime32x1),
]

/** The hash as a signed number, as Java has it. */
export function xxh3(bytes: Uint8Array): bigint {
  return BigInt.asIntN(64, hash(viewOf(bytes), bytes.length))
}

function hash(input: DataView, size: number): bigint {
  if (size > 240) return hashLarge(input, size)
  if (size > 128) return hash129To240(input, size)
  if (size > 16) return hash17To128(input, size)
  if (size > 8) return hash9To16(input, size)
  if (size > 3) return hash4To8(input, size)
  if (size > 0) return hash1To3(input, size)
  return avalancheOfXxh64(word(secret, 56) ^ word(secret, 64))
}

function hash1To3(input: DataView, size: number): bigint {
  const first = input.getUint8(0)
  const middle = input.getUint8(size >> 1)
  const last = input.getUint8(size - 1)
  const combined = last | (size << 8) | (first << 16) | (middle << 24)
  const value = secret.getInt32(0, true) ^ secret.getInt32(4, true) ^ combined
  return avalancheOfXxh64(BigInt(value >>> 0))
}

function hash4To8(input: DataView, size: number): bigint {
  const combined = (BigInt(input.getUint32(0, true)) << 32n) | BigInt(input.getUint32(size - 4, true))
  let value = word(secret, 8) ^ word(secret, 16) ^ combined
  value ^= rotateLeft(value, 49n) ^ rotateLeft(value, 24n)
  value = low64(value * primeMix2)
  value ^= (value >> 35n) + BigInt(size)
  value = low64(value * primeMix2)
  return value ^ (value >> 28n)
}

function hash9To16(input: DataView, size: number): bigint {
  const low = word(secret, 24) ^ word(secret, 32) ^ word(input, 0)
  const high = word(secret, 40) ^ word(secret, 48) ^ word(input, size - 8)
  return avalanche(low64(BigInt(size) + swapped(low) + high + foldedProduct(low, high)))
}

function hash17To128(input: DataView, size: number): bigint {
  let sum = BigInt(size) * prime64x1
  for (let i = (size - 1) >> 5; i >= 0; i--) {
    sum += mixed(input, i * 16, i * 32)
    sum += mixed(input, size - i * 16 - 16, i * 32 + 16)
  }
  return avalanche(low64(sum))
}

function hash129To240(input: DataView, size: number): bigint {
  let sum = BigInt(size) * prime64x1
  for (let at = 0; at < 128; at += 16) sum += mixed(input, at, at)
  sum = avalanche(low64(sum))
  for (let at = 128; at + 16 <= size; at += 16) sum += mixed(input, at, at - 125)
  sum += mixed(input, size - 16, 119)
  return avalanche(low64(sum))
}

/** The last stripe is the end of the input and may overlap the one before it; after it nothing is scrambled. */
function hashLarge(input: DataView, size: number): bigint {
  const accumulators = new Uint32Array(BigUint64Array.from(firstAccumulators).buffer)
  for (let at = 0; at < size - stripeSize; at += stripeSize) {
    const atInBlock = at % blockSize
    accumulate(accumulators, input, at, atInBlock / 8)
    if (atInBlock === blockSize - stripeSize) scramble(accumulators)
  }
  accumulate(accumulators, input, size - stripeSize, 121)
  let sum = BigInt(size) * prime64x1
  const words = new BigUint64Array(accumulators.buffer)
  for (let i = 0; i < 8; i += 2) {
    sum += foldedProduct(
      (words[i] as bigint) ^ word(secret, 11 + i * 8),
      (words[i + 1] as bigint) ^ word(secret, 19 + i * 8),
    )
  }
  return avalanche(low64(sum))
}

/** Each accumulator is two numbers, the low half first. */
function accumulate(accumulators: Uint32Array, input: DataView, at: number, secretAt: number): void {
  for (let i = 0; i < 16; i += 2) {
    const low = input.getUint32(at + i * 4, true)
    const high = input.getUint32(at + i * 4 + 4, true)
    add(accumulators, i ^ 2, low, high)
    const a = low ^ secret.getInt32(secretAt + i * 4, true)
    const b = high ^ secret.getInt32(secretAt + i * 4 + 4, true)
    add(accumulators, i, Math.imul(a, b) >>> 0, highOfProduct(a, b))
  }
}

function add(accumulators: Uint32Array, i: number, low: number, high: number): void {
  const sum = (accumulators[i] as number) + low
  accumulators[i] = sum
  accumulators[i + 1] = (accumulators[i + 1] as number) + high + (sum > 0xffff_ffff ? 1 : 0)
}

function scramble(accumulators: Uint32Array): void {
  for (let i = 0; i < 16; i += 2) {
    const highBefore = accumulators[i + 1] as number
    const low = (accumulators[i] as number) ^ (highBefore >>> 15) ^ secret.getInt32(128 + i * 4, true)
    const high = highBefore ^ secret.getInt32(132 + i * 4, true)
    accumulators[i] = Math.imul(low, prime32x1)
    accumulators[i + 1] = Math.imul(high, prime32x1) + highOfProduct(low, prime32x1)
  }
}

/** Bits 32 to 63 of the product of two unsigned numbers of 32 bits: no step needs more than 32 bits itself. */
function highOfProduct(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)
  const otherMiddle = Math.imul(aLow, bHigh) + (middle & 0xffff)
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (otherMiddle >>> 16)) >>> 0
}

const word = (view: DataView, at: number): bigint => view.getBigUint64(at, true)
const low64 = (value: bigint): bigint => BigInt.asUintN(64, value)
const rotateLeft = (value: bigint, count: bigint): bigint => low64(value << count) | (value >> (64n - count))

function swapped(value: bigint): bigint {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setBigUint64(0, value, true)
  return bytes.getBigUint64(0)
}

/** Both halves of the product of 128 bits in one. */
function foldedProduct(a: bigint, b: bigint): bigint {
  const product = a * b
  return low64(product) ^ (product >> 64n)
}

const mixed = (input: DataView, at: number, secretAt: number): bigint =>
  foldedProduct(word(input, at) ^ word(secret, secretAt), word(input, at + 8) ^ word(secret, secretAt + 8))

function avalanche(value: bigint): bigint {
  const product = low64((value ^ (value >> 37n)) * primeMix1)
  return product ^ (product >> 32n)
}

function avalancheOfXxh64(value: bigint): bigint {
  const product = low64((value ^ (value >> 33n)) * prime64x2)
  const second = low64((product ^ (product >> 29n)) * prime64x3)
  return second ^ (second >> 32n)
}
