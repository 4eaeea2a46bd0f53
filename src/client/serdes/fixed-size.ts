/** Numbers and truth, each in so many bytes, big endian: what Java's serializers of the same types write. */
import { present, type Serde } from './serde.ts'

interface Format<T> {
  readonly name: string
  readonly size: number
  /** Throws where the type cannot hold it: Java's types have no such values. */
  readonly check: (value: T) => void
  readonly write: (bytes: Buffer, value: T) => void
  readonly read: (bytes: Buffer) => T
}

function fixedSize<T>({ name, size, check, write, read }: Format<T>): Serde<T> {
  return {
    serialize(value) {
      check(value)
      const bytes = Buffer.allocUnsafe(size)
      write(bytes, value)
      return bytes
    },
    deserialize(given) {
      const bytes = present(given, name)
      if (bytes.length !== size) throw new RangeError(`${name}: ${bytes.length} bytes instead of ${size}`)
      return read(bytes)
    },
  }
}

const integer = (name: string, bits: number) => (value: number) => {
  if (Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1)) return
  throw new RangeError(`${name}: ${String(value)} is no integer of ${bits} bits`)
}

const number = (name: string) => (value: number) => {
  if (typeof value !== 'number') throw new TypeError(`${name}: ${typeof value} is no number`)
}

/** Java's `short`. */
export const int16: Serde<number> = fixedSize({
  name: 'int16',
  size: 2,
  check: integer('int16', 16),
  write: (bytes, value) => bytes.writeInt16BE(value),
  read: (bytes) => bytes.readInt16BE(),
})

/** Java's `int`. */
export const int32: Serde<number> = fixedSize({
  name: 'int32',
  size: 4,
  check: integer('int32', 32),
  write: (bytes, value) => bytes.writeInt32BE(value),
  read: (bytes) => bytes.readInt32BE(),
})

/** Java's `long`, as bigint: not all of them are numbers. */
export const int64: Serde<bigint> = fixedSize({
  name: 'int64',
  size: 8,
  check(value) {
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) return
    throw new RangeError(`int64: ${String(value)} is no bigint of 64 bits`)
  },
  write: (bytes, value) => bytes.writeBigInt64BE(value),
  read: (bytes) => bytes.readBigInt64BE(),
})

/** Java's `float`: the one that is nearest. A number beyond all of them is refused. */
export const float32: Serde<number> = fixedSize({
  name: 'float32',
  size: 4,
  check(value) {
    number('float32')(value)
    const isBeyond = Number.isFinite(value) && !Number.isFinite(Math.fround(value))
    if (isBeyond) throw new RangeError(`float32: ${value} is beyond the largest one`)
  },
  write: (bytes, value) => bytes.writeFloatBE(value),
  read: (bytes) => bytes.readFloatBE(),
})

/** Java's `double`. */
export const float64: Serde<number> = fixedSize({
  name: 'float64',
  size: 8,
  check: number('float64'),
  write: (bytes, value) => bytes.writeDoubleBE(value),
  read: (bytes) => bytes.readDoubleBE(),
})

/** One byte, 0 or 1 (KIP-907). */
export const boolean: Serde<boolean> = fixedSize({
  name: 'boolean',
  size: 1,
  check(value) {
    if (typeof value !== 'boolean') throw new TypeError(`boolean: ${typeof value} is none`)
  },
  write: (bytes, value) => bytes.writeUInt8(value ? 1 : 0),
  read(bytes) {
    const byte = bytes.readUInt8()
    if (byte > 1) throw new RangeError(`boolean: the byte is ${byte}, and neither 0 nor 1`)
    return byte === 1
  },
})
