/**
 * Expressions of the code that is made for a schema, which read what it is mostly made of. Where the code is in the payload is a variable
 * of its function, `at`, and no property that is stored and loaded for each value; who is called is told, and says where he ended.
 */

import { shortestMax } from './avro-known-texts.ts'

/** A function that reads begins so: what the expressions here are made with. It has `input`, an `AvroInput`. */
export const prologue = 'const { memory: bytes, view } = input; let at = input.at, byte, end, start, value'

/** It ends so. */
export const returned = (made: string): string => `input.at = at; return ${made}`

/** What another function reads, that goes by the position in `input`. */
export const called = (call: string): string => `(input.at = at, value = ${call}, at = input.at, value)`

/** Of one byte here, and of more there. */
const varint = (method: string): string =>
  `((byte = bytes[at]) < 0x80 ? (at++, (byte >>> 1) ^ -(byte & 1)) : ${called(`input.${method}()`)})`

// Where the next bytes are known to be characters of the window, the byte before them is less than 128: it is the size, twice.
// The shortest are looked up: what is not made anew takes no memory, of which a record has little else.
const string = `(((byte = bytes[at]) & 1) === 0 && (end = at + 1 + (byte >>> 1)) <= input.plainEnd
  ? byte <= ${2 * shortestMax}
    ? (start = at, at = end, input.shortest(start, end))
    : (start = at + 1, at = end, input.window.substring(start - input.windowAt, end - input.windowAt))
  : ${called('input.string()')})`

/** Cut off it is refused there. */
const fixed = (method: string, size: number, get: string): string =>
  `(at + ${size} <= input.end ? (at += ${size}, view.${get}(at - ${size}, true)) : ${called(`input.${method}()`)})`

/** By the names of types. Behind the end they read what came before, as `AvroInput` does. */
export const reads: ReadonlyMap<string, string> = new Map([
  ['null', 'null'],
  ['boolean', '(bytes[at++] !== 0)'],
  ['int', varint('int')],
  ['long', varint('long')],
  ['float', fixed('float', 4, 'getFloat32')],
  ['double', fixed('double', 8, 'getFloat64')],
  ['string', string],
])

/** Of a union. */
export const branchNumber = varint('long')

/** How many items come in the next block; mostly there is none after the first. */
export const nextBlock = `(bytes[at] === 0 ? (at++, 0) : ${called('input.block()')})`

/** One of `symbols`, a constant. */
export const symbolOf = (symbols: string): string =>
  `((byte = bytes[at]) < 0x80 && (byte & 1) === 0 && (value = ${symbols}[byte >>> 1]) !== undefined
    ? (at++, value)
    : ${called(`input.symbol(${symbols})`)})`

/** A key of a map; `known` is a constant, the `MapKey` of its place. */
export const keyOf = (known: string): string =>
  `(${known}.isAt(at, view) ? (at += ${known}.size, ${known}.text) : ${called(`input.key(${known})`)})`
