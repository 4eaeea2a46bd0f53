/** Values of scalar types in binary, from how they are written in a text. */
import type { OptionValue } from './model.ts'
import { wholeNumber } from './token-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** More digits than those of any number of 64 bits, in any way of writing it. */
const MAX_DIGITS = 40

/** Whether the value is one of that type; nothing is written where it is not. */
export function writeScalar(writer: WireWriter, number: number, type: string, value: OptionValue): boolean {
  if (type === 'string' || type === 'bytes') {
    if (value.kind !== 'string') return false
    writer.bytes(number, Buffer.from(value.text, value.isBinary ? 'latin1' : 'utf8'))
    return true
  }
  if (value.kind !== 'number' && value.kind !== 'word') return false
  if (type === 'bool') return writeBool(writer, number, value.text)
  if (type === 'double' || type === 'float') return writeFloat(writer, number, type, value.text)
  return writeInteger(writer, number, type, value.text)
}

/** Messages in option values may shorten the words, or say 0 and 1. */
function writeBool(writer: WireWriter, number: number, text: string): boolean {
  const isTrue = ['true', 'True', 't', '1'].includes(text)
  if (!isTrue && !['false', 'False', 'f', '0'].includes(text)) return false
  writer.flag(number, isTrue)
  return true
}

function writeFloat(writer: WireWriter, number: number, type: 'double' | 'float', text: string): boolean {
  const value = floatOf(text)
  if (value === undefined) return false
  const bytes = Buffer.alloc(type === 'double' ? 8 : 4)
  if (type === 'double') bytes.writeDoubleLE(value)
  else bytes.writeFloatLE(value)
  writer.fixed(number, bytes)
  return true
}

export function floatOf(text: string): number | undefined {
  const isNegative = text.startsWith('-')
  const written = isNegative ? text.slice(1) : text
  const sign = isNegative ? -1 : 1
  if (/^inf(?:inity)?$/i.test(written)) return sign * Infinity
  if (/^nan$/i.test(written)) return Number.NaN
  const value = wholeNumber(written) ?? Number(written.replace(/[fF]$/, ''))
  return Number.isNaN(value) ? undefined : sign * value
}

export function integerOf(text: string): bigint | undefined {
  const isNegative = text.startsWith('-')
  const written = isNegative ? text.slice(1) : text
  if (written.length > MAX_DIGITS || wholeNumber(written) === undefined) return undefined
  const value = BigInt(/^0[0-7]+$/.test(written) ? `0o${written.slice(1)}` : written)
  return isNegative ? -value : value
}

function writeInteger(writer: WireWriter, number: number, type: string, text: string): boolean {
  const value = integerOf(text)
  const bits = type.endsWith('64') ? 64 : 32
  const isUnsigned = type.startsWith('uint') || type.startsWith('fixed')
  if (value === undefined || value !== (isUnsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)))
    return false
  if (type.includes('fixed')) writer.fixed(number, fixedBytes(value, bits))
  else writer.varint(number, type.startsWith('sint') ? zigzag(value) : value)
  return true
}

function fixedBytes(value: bigint, bits: 32 | 64): Uint8Array {
  const bytes = Buffer.alloc(bits / 8)
  if (bits === 64) bytes.writeBigUInt64LE(BigInt.asUintN(64, value))
  else bytes.writeUInt32LE(Number(BigInt.asUintN(32, value)))
  return bytes
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -value * 2n - 1n : value * 2n
}
