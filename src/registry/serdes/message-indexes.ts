/**
 * Which message of a file of Protobuf a payload is: at each level of nesting its index among the messages, as varints in zigzag, and
 * before them how many they are. The first message of the file, which it mostly is, is a single zero.
 */
import { WireFormatError } from './wire-format.ts'

const countMax = 100
/** An int in zigzag has at most 32 bits. */
const varintBytesMax = 5

export function indexBytes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.of(0)
  return Buffer.from([indexes.length, ...indexes].flatMap(varint))
}

/** Of what is not negative. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value * 2
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}

export interface ReadIndexes {
  readonly indexes: readonly number[]
  /** How many bytes they are. */
  readonly size: number
}

/** Throws WireFormatError. */
export function readIndexes(payload: Buffer): ReadIndexes {
  let at = 0
  const next = (): number => {
    let value = 0
    for (let count = 0; count < varintBytesMax; count++) {
      const byte = payload[at++]
      if (byte === undefined) throw new WireFormatError('the indexes of the message are cut off')
      value += (byte & 0x7f) * 0x80 ** count
      // Zigzag: odd ones are negative.
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    throw new WireFormatError(`an index of the message has more than ${varintBytesMax} bytes`)
  }
  const count = next()
  if (count < 0 || count > countMax)
    throw new WireFormatError(`a message is told by 0 to ${countMax} indexes, and not by ${count}`)
  const indexes = count === 0 ? [0] : Array.from({ length: count }, next)
  return { indexes, size: at }
}
