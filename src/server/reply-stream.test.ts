import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FileRegion, ReplyPart } from '../base/index.ts'
import { PiecePool, ReplyStream } from './reply-stream.ts'

/** A socket that takes some writes at once and sends the others only when it is told to, as the kernel does. */
class SlowSink {
  readonly out: Buffer[] = []
  readonly #takes: () => boolean
  #waiting: readonly Uint8Array[] = []

  constructor(takes: () => boolean) {
    this.#takes = takes
  }

  write(chunks: readonly Uint8Array[]): boolean {
    assert.equal(this.#waiting.length, 0)
    if (!this.#takes()) {
      this.#waiting = chunks
      return false
    }
    for (const chunk of chunks) this.out.push(Buffer.from(chunk))
    return true
  }

  drain(): boolean {
    if (this.#waiting.length === 0) return false
    for (const chunk of this.#waiting) this.out.push(Buffer.from(chunk))
    this.#waiting = []
    return true
  }
}

const region = (bytes: Uint8Array, released: { count: number }): FileRegion => ({
  kind: 'region',
  sizeInBytes: bytes.length,
  readSync(into, position) {
    into.set(bytes.subarray(position, position + into.length))
    return true
  },
  release() {
    released.count++
  },
})

test('bytes leave in order whatever the socket takes, and every region is released once', () => {
  const part = fc.record({ bytes: fc.uint8Array({ maxLength: 100 }), file: fc.boolean() })
  fc.assert(
    fc.property(fc.array(fc.array(part)), fc.infiniteStream(fc.boolean()), (replies, takes) => {
      const released = { count: 0 }
      const sink = new SlowSink(() => takes.next().value === true)
      const pool = new PiecePool({ pieceBytes: 16, smallPieceBytes: 16, largeMax: 8, keepMax: 1 })
      const [stream, other] = [new ReplyStream(sink, pool), new SlowSink(() => true)]
      const neighbour = new ReplyStream(other, pool)
      for (const reply of replies) {
        stream.push(reply.map(({ bytes, file }): ReplyPart => (file ? region(bytes, released) : bytes)))
        assert.ok(stream.flush())
        // Another connection reads into the shared pieces meanwhile: what this one still sends must not change.
        neighbour.push([region(new Uint8Array(16).fill(0xee), { count: 0 })])
        assert.ok(neighbour.flush())
      }
      while (sink.drain()) assert.ok(stream.drained())
      const parts = replies.flat()
      assert.deepEqual(Buffer.concat(sink.out), Buffer.concat(parts.map(({ bytes }) => bytes)))
      assert.equal(released.count, parts.filter(({ file }) => file).length)
      assert.equal(stream.queuedBytes, 0)
      assert.ok(stream.idle)
    }),
  )
})

test('a region that is no longer whole ends the connection, and closing releases the rest', () => {
  const released = { count: 0 }
  const stream = new ReplyStream(
    new SlowSink(() => true),
    new PiecePool({ pieceBytes: 16, smallPieceBytes: 16, largeMax: 8, keepMax: 1 }),
  )
  stream.push([{ ...region(new Uint8Array(4), released), readSync: () => false }, region(new Uint8Array(4), released)])
  assert.equal(stream.flush(), false)
  stream.close()
  assert.equal(released.count, 2)
})

test('what lies side by side in one buffer leaves as one chunk, anything else does not', () => {
  const sink = new SlowSink(() => true)
  const stream = new ReplyStream(sink, new PiecePool({ pieceBytes: 16, smallPieceBytes: 16, largeMax: 8, keepMax: 1 }))
  const buffer = Buffer.from('abcdefgh')
  const of = (start: number, end: number): Buffer => buffer.subarray(start, end)
  stream.push([of(0, 2), of(2, 3), of(3, 4)])
  stream.push([of(5, 6), Buffer.from('x'), of(6, 7), of(7, 8), of(0, 1)])
  assert.ok(stream.flush())
  assert.deepEqual(
    sink.out.map((chunk) => `${chunk}`),
    ['abcd', 'f', 'x', 'gh', 'a'],
  )
})
