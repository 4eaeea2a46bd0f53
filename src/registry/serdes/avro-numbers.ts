/**
 * Numbers of Avro that are exact. `avsc` by itself takes a long below -2^52 for a positive one, both ways, refuses the outermost that a
 * number can be, reads an int of any size, and does not round what is read as a float.
 */
import avsc from 'avsc'

/** What `long` is. */
export type Longs = 'number' | 'bigint'

/** As `avsc` has it inside; the types that it publishes leave it out. */
interface Tap {
  pos: number
  readonly readLong: () => number
  readonly writeLong: (value: number) => void
  /** The next long, in eight bytes, the lowest first. */
  readonly unpackLongBytes: () => Buffer
  readonly packLongBytes: (bytes: Buffer) => void
}

type Hook = (value: unknown, type: unknown) => void

interface Written {
  readonly typeName: string
  readonly _read: (tap: Tap) => unknown
}

interface Resolver {
  _read?: (tap: Tap) => unknown
}

/** Up to here twice a long, and one more, is exact as a number: so it is written. */
const plainMax = 2 ** 52

/** Of a double, behind its mantissa of 53 bits. */
const spareBits = 11n

const bytesOf = (value: bigint): Buffer => {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64LE(value)
  return bytes
}

/** A bigint only where a number may not be exact. */
function readLong(tap: Tap): number | bigint {
  const { pos } = tap
  const value = tap.readLong()
  if (value > -plainMax && value < plainMax) return value
  tap.pos = pos
  return tap.unpackLongBytes().readBigInt64LE()
}

class ShortInt extends avsc.types.IntType {
  _read(tap: Tap): number {
    const value = tap.readLong()
    if (value === (value | 0)) return value
    throw new RangeError(`the int ${value} has more than 32 bits`)
  }
}

class NumberLong extends avsc.types.LongType {
  _read(tap: Tap): number {
    const read = readLong(tap)
    const value = Number(read)
    if (Number.isSafeInteger(value)) return value
    throw new RangeError(`the long ${read} is beyond 2^53, and not exact as a number; say longs: 'bigint'`)
  }

  _write(tap: Tap, value: unknown): void {
    if (!isSafe(value)) throw new TypeError('the value does not fit long')
    if (value > -plainMax && value < plainMax) tap.writeLong(value)
    else tap.packLongBytes(bytesOf(BigInt(value)))
  }

  _check(value: unknown, _flags?: unknown, hook?: Hook): boolean {
    const fits = isSafe(value)
    if (!fits) hook?.(value, this)
    return fits
  }
}

const isSafe = (value: unknown): value is number => Number.isSafeInteger(value)

const numbers = new NumberLong()

const bigints = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: bytesOf,
  // Defaults go through both.
  fromJSON: (value: bigint | number | string) => BigInt(value),
  toJSON: (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

/** Rounded once: a double in between must not come to lie in the middle of two floats where the long did not. */
function floatOf(value: number | bigint): number {
  if (typeof value === 'number') return Math.fround(value)
  const size = value < 0n ? -value : value
  const high = (size >> spareBits) << spareBits
  const odd = size === high ? high : high | (1n << spareBits)
  return Math.fround(Number(value < 0n ? -odd : odd))
}

/** Numbers of a default may be bigints. */
function defaultOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  throw new TypeError('the default is no number')
}

const isLong = ({ typeName }: Written): boolean => typeName === 'long' || typeName === 'abstract:long'

class RoundedFloat extends avsc.types.FloatType {
  _update(resolver: Resolver, written: Written): void {
    if (written.typeName === 'float') resolver._read = written._read
    else if (written.typeName === 'int') resolver._read = (tap) => Math.fround(Number(written._read(tap)))
    else if (isLong(written)) resolver._read = (tap) => floatOf(readLong(tap))
  }

  _copy(value: unknown): number {
    return Math.fround(defaultOf(value))
  }
}

class ExactDouble extends avsc.types.DoubleType {
  _update(resolver: Resolver, written: Written): void {
    const { typeName } = written
    if (isLong(written)) resolver._read = (tap) => Number(readLong(tap))
    else if (typeName === 'double' || typeName === 'float' || typeName === 'int') resolver._read = written._read
  }

  _copy(value: unknown): number {
    return defaultOf(value)
  }
}

const int = new ShortInt()
const float = new RoundedFloat()
const double = new ExactDouble()

/** Of the primitive of this name; undefined where `avsc` has it as it should be. */
export function numberType(name: unknown, longs: Longs): avsc.Type | undefined {
  if (name === 'long') return longs === 'bigint' ? bigints : numbers
  if (name === 'int') return int
  if (name === 'float') return float
  return name === 'double' ? double : undefined
}
