import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameBuffer, FrameSizeError, receiveBuffers } from './frame-buffer.ts'

const frame = (body: Uint8Array): Buffer => {
  const prefix = Buffer.alloc(4)
  prefix.writeInt32BE(body.length)
  return Buffer.concat([prefix, body])
}

test('frames come out whole and in order, however the bytes arrive and whenever the reader stops', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
      fc.infiniteStream(fc.boolean()),
      (bodies, sizes, stops) => {
        const stream = Buffer.concat(bodies.map(frame))
        const buffers = receiveBuffers({ readBytes: 64, poison: true })
        const frames = new FrameBuffer(buffers)
        const got: string[] = []
        let stopped = false
        const consume = (bytes: Buffer, start: number, end: number): boolean => {
          got.push(bytes.toString('hex', start, end))
          stopped = stops.next().value === true
          return !stopped
        }
        let room = frames.receiveBuffer()
        for (let position = 0; position < stream.length; ) {
          assert.ok(room.length > 0)
          const size = Math.min(room.length, Number(sizes.next().value), stream.length - position)
          room.set(stream.subarray(position, position + size))
          position += size
          frames.received(size, 1000, consume)
          room = frames.receiveBuffer()
          while (stopped) {
            stopped = false
            frames.resume(1000, consume)
          }
        }
        assert.deepEqual(
          got,
          bodies.map((body) => Buffer.from(body).toString('hex')),
        )
        assert.equal(frames.heldBytes, 0)
      },
    ),
  )
})

test('frames that came behind one that waits come out whole, and a small one takes little memory until then', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { minLength: 1, maxLength: 12 }), (bodies) => {
      const stream = Buffer.concat(bodies.map(frame))
      const frames = new FrameBuffer(receiveBuffers({ readBytes: 64 * 1024, poison: true }))
      const got: string[] = []
      const consume = (bytes: Buffer, start: number, end: number): boolean => {
        got.push(bytes.toString('hex', start, end))
        return true
      }
      for (let position = 0; position < stream.length; ) {
        const room = frames.receiveBuffer()
        const size = Math.min(room.length, stream.length - position)
        room.set(stream.subarray(position, position + size))
        position += size
        frames.hold(size)
        assert.ok(frames.receiveBuffer().length <= Math.max(4096, 2 * frames.heldBytes))
      }
      frames.resume(10_000, consume)
      assert.deepEqual(
        got,
        bodies.map((body) => Buffer.from(body).toString('hex')),
      )
      assert.equal(frames.heldBytes, 0)
    }),
  )
})

test('large frames that are wanted are received where they stay, whatever comes behind them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.boolean()), { maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 200 })),
      (given, sizes) => {
        const bodies = given.map(([body]) => Buffer.from(body))
        const stream = Buffer.concat(bodies.map(frame))
        const frames = new FrameBuffer(receiveBuffers({ readBytes: 64, poison: true }))
        const got: Buffer[] = []
        const isWanted = (): boolean => given[got.length]?.[1] === true
        const consume = (bytes: Buffer, start: number, end: number): boolean => {
          const body = bytes.subarray(start, end)
          const isOurs = isWanted() && frames.keep(start, end)
          got.push(isOurs ? body : Buffer.from(body))
          return true
        }
        for (let position = 0; position < stream.length; ) {
          const room = frames.receiveBuffer()
          assert.ok(room.length > 0)
          const size = Math.min(room.length, Number(sizes.next().value), stream.length - position)
          room.set(stream.subarray(position, position + size))
          position += size
          frames.received(size, 1000, consume, isWanted())
        }
        assert.deepEqual(got, bodies)
        assert.equal(frames.heldBytes, 0)
      },
    ),
  )
})

test('a large frame that is wanted is not copied out of where it was received', () => {
  const buffers = receiveBuffers({ readBytes: 64, poison: true })
  const frames = new FrameBuffer(buffers)
  const bytes = frame(Buffer.alloc(500, 7))
  const kept: Buffer[] = []
  const consume = (all: Buffer, start: number, end: number): boolean => {
    assert.ok(frames.keep(start, end))
    return kept.push(all) > 0
  }
  for (let position = 0; position < bytes.length; ) {
    const room = frames.receiveBuffer()
    const size = Math.min(room.length, bytes.length - position)
    room.set(bytes.subarray(position, position + size))
    position += size
    frames.received(size, 1000, consume, true)
  }
  assert.deepEqual(kept, [bytes])
  assert.equal(buffers.spare.keptBytes, 0)
  assert.equal(frames.receiveBuffer(), buffers.shared)
})

test('a size that lies allocates nothing', () => {
  const buffers = receiveBuffers({ readBytes: 64, poison: false })
  for (const size of [-1, 0x7fffffff, -0x80000000, 1001]) {
    const frames = new FrameBuffer(buffers)
    Buffer.from(frames.receiveBuffer().buffer).writeInt32BE(size)
    assert.throws(() => frames.received(4, 1000, () => true), FrameSizeError)
  }
  for (const isWanted of [false, true]) {
    const frames = new FrameBuffer(buffers)
    buffers.shared.writeInt32BE(100 * 1024 * 1024)
    frames.received(4, 100 * 1024 * 1024, () => true, isWanted)
    assert.equal(frames.receiveBuffer().length, 60)
  }
})

test('who speaks another protocol is told from a frame that is too long', () => {
  const said = (bytes: string): string => {
    const frames = new FrameBuffer(receiveBuffers({ readBytes: 64, poison: false }))
    Buffer.from(bytes, 'latin1').copy(frames.receiveBuffer())
    try {
      frames.received(bytes.length, 1000, () => true)
      return ''
    } catch (error) {
      return error instanceof FrameSizeError ? error.message : 'another error'
    }
  }
  // Of a client, and of a server that we ask: which of them it is, is not known here.
  for (const tls of ['\x16\x03\x01\x02\x00', '\x15\x03\x03\x00\x02']) {
    assert.match(said(tls), /: it looks like TLS, and this connection is not$/)
  }
  assert.match(said('GET / HTTP/1.1'), /it looks like HTTP$/)
  assert.match(said('\x7f\xff\xff\xff'), /at most 1000 are allowed$/)
})

test('a frame that comes in pieces takes a buffer that another one has left', () => {
  const buffers = receiveBuffers({ readBytes: 64, poison: false })
  const seen = new Set<ArrayBufferLike>()
  for (let i = 0; i < 20; i++) {
    const frames = new FrameBuffer(buffers)
    const bytes = frame(Buffer.alloc(150, i))
    const got: Buffer[] = []
    for (let position = 0; position < bytes.length; ) {
      const room = frames.receiveBuffer()
      seen.add(room.buffer)
      const size = Math.min(room.length, bytes.length - position)
      room.set(bytes.subarray(position, position + size))
      position += size
      frames.received(size, 1000, (all, start, end) => got.push(Buffer.from(all.subarray(start, end))) > 0)
    }
    assert.deepEqual(got, [Buffer.alloc(150, i)])
  }
  // The shared one, and one each of 128 and 256 bytes; nothing was received into the one of 64.
  assert.equal(seen.size, 3)
  assert.equal(buffers.spare.keptBytes, 64 + 128 + 256)
})
