/** gzip, by Node's zlib, member by member. Output is capped inside zlib: a bomb costs no more than the limit. */
import { constants, gzipSync, inflateRawSync } from 'node:zlib'
import { assert } from '../../base/index.ts'
import { corrupt, overLimit } from './compression-error.ts'
import { checkFrameCount, frameToll } from './frame-bounds.ts'
import { deflatedAt, MemberSum } from './gzip-members.ts'
import { giveBack, type PieceUse } from './piece-use.ts'
import { chunkSizeFor, isOverLimit } from './zlib-options.ts'

/** The first member, which must be there, or one behind it: where its deflated bytes begin. Throws `CompressionError`. */
export function nextMember(bytes: Uint8Array, { start, count }: { start: number; count: number }): number | undefined {
  const at = deflatedAt(bytes, start)
  if (at === undefined && count === 0) throw corrupt('no gzip header')
  if (at !== undefined) checkFrameCount(count + 1)
  return at
}

export interface Member {
  readonly plain: Uint8Array
  /** Behind its trailer. */
  readonly end: number
}

/** The member whose deflated bytes begin at `at`; undefined when it holds more than `sizeMax`. */
export function gunzipMember(
  bytes: Uint8Array,
  at: number,
  sizeMax: number,
  use: PieceUse = 'kept',
): Member | undefined {
  const inflated = inflate(bytes.subarray(at), sizeMax, use)
  if (inflated === undefined) return undefined
  const sum = new MemberSum()
  sum.add(inflated.plain)
  return { plain: inflated.plain, end: sum.check(bytes, at + inflated.consumed) }
}

interface Inflated {
  readonly plain: Uint8Array
  readonly consumed: number
}

function inflate(bytes: Uint8Array, sizeMax: number, use: PieceUse): Inflated | undefined {
  try {
    const chunkSize = chunkSizeFor(bytes.length, sizeMax, use)
    const inflated = withInfo(inflateRawSync(bytes, { maxOutputLength: Math.max(1, sizeMax), chunkSize, info: true }))
    return inflated.plain.length > sizeMax ? undefined : inflated
  } catch (error) {
    if (isOverLimit(error)) return undefined
    throw corrupt('not a whole gzip stream', error)
  }
}

/** `info` makes another type of the answer, which the declarations do not know. */
function withInfo(answer: object): Inflated {
  assert('buffer' in answer && answer.buffer instanceof Uint8Array, 'the plain bytes')
  assert('engine' in answer && typeof answer.engine === 'object' && answer.engine !== null, 'the engine')
  assert('bytesWritten' in answer.engine && typeof answer.engine.bytesWritten === 'number', 'a count of bytes')
  return { plain: answer.buffer, consumed: answer.engine.bytesWritten }
}

/** A piece for each member, and more of nothing: together at most `limitBytes`. Throws `CompressionError`. */
export function* gzipPieces(
  bytes: Uint8Array,
  limitBytes: number,
  use: PieceUse = 'kept',
): Generator<Uint8Array, void, void> {
  let leftBytes = limitBytes
  for (let start = 0, count = 0; ; count++) {
    const at = nextMember(bytes, { start, count })
    if (at === undefined) return
    if (count > 0) yield* frameToll()
    const member = gunzipMember(bytes, at, leftBytes, use)
    if (member === undefined) throw overLimit(limitBytes)
    leftBytes -= member.plain.length
    yield member.plain
    if (use === 'once') giveBack(member.plain)
    start = member.end
  }
}

/** `level` 1 to 9, or -1 for zlib's own choice (Kafka's default). */
export function gzip(bytes: Uint8Array, level: number = constants.Z_DEFAULT_COMPRESSION): Buffer {
  return gzipSync(bytes, { level })
}
