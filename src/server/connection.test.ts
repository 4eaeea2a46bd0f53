import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askVersions, frame, type Held, Raw, sized, start } from '../../test/made-up-server.ts'

test('replies leave in request order; only a request that proceeds lets the next one start (N19)', async () => {
  const held: Held = []
  const running = await start({}, held)
  const raw = new Raw(running.port).send(
    frame(180, 0, () => undefined, 1),
    frame(181, 0, () => undefined, 2),
    askVersions(3),
    frame(180, 0, () => undefined, 4),
  )
  const untilHeld = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise((resolve) => setImmediate(resolve))
  }
  await untilHeld(1)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(held.length, 1)
  held[0]?.proceed()
  await untilHeld(2)
  held[1]?.answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[0]?.answer()
  const order: number[] = []
  for (let i = 0; i < 3; i++) order.push((await raw.reply())?.i32() ?? -1)
  assert.deepEqual(order, [1, 3, 4])
  raw.socket.destroy()
  await running.server.close()
})

test('an answer lets no request start before the one that holds it back, nor while the server drains', async () => {
  const held: Held = []
  const running = await start({}, held)
  const slow = (id: number): Buffer => frame(180, 0, () => undefined, id)
  const raw = new Raw(running.port).send(slow(1), slow(2), slow(3), slow(4))
  const answered = async (i: number): Promise<void> => {
    while (held.length <= i) await new Promise((resolve) => setImmediate(resolve))
    // The next one has started, and holds back the others.
    if (i === 0) held[i]?.proceed()
    held[i]?.answer()
    assert.equal((await raw.reply())?.i32(), i + 1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await answered(0)
  assert.equal(held.length, 2)
  const drained = running.server.drain(10_000)
  await answered(1)
  await drained
  assert.equal(held.length, 2)
  raw.socket.destroy()
  await running.server.close()
})

test('what was answered leaves before the connection ends: by the peer, by a bad frame, by an answer', async () => {
  const running = await start()
  // As large as what is read at once: the end is read with it.
  const filling = frame(18, 0, (writer) => writer.bytes(Buffer.alloc(256 * 1024 - 14)), 3)
  for (const last of [askVersions(3), filling]) {
    const raw = new Raw(running.port)
    raw.socket.end(last)
    assert.equal((await raw.reply())?.i32(), 3)
    assert.equal(await raw.reply(), undefined)
  }
  const enders = {
    'a bad frame': sized(-1),
    'an answer': frame(181, 1, () => undefined),
    late: frame(182, 1, () => undefined),
  }
  for (const [name, ender] of Object.entries(enders)) {
    const raw = new Raw(running.port).send(askVersions(1), askVersions(2), ender)
    assert.deepEqual([(await raw.reply())?.i32(), (await raw.reply())?.i32()], [1, 2], name)
    assert.equal(await raw.reply(), undefined, name)
  }
  await running.server.close()
})

test('a connection that ends, whoever ends it, waits for the answers that come late', async () => {
  const held: Held = []
  // The third one finds no place before one of the two is answered.
  const running = await start({ inFlightMax: 2 }, held)
  const late = (id: number): Buffer => frame(184, 0, () => undefined, id)
  const enders: Readonly<Record<string, Buffer | undefined>> = {
    'the peer': undefined,
    'a bad frame': sized(-1),
    'no such api': frame(999, 0, () => undefined),
    'an answer': frame(181, 1, () => undefined),
    'a reply that cannot be written': frame(182, 0, () => undefined),
    'such a one, late': frame(182, 1, () => undefined),
  }
  for (const [name, ender] of Object.entries(enders)) {
    held.length = 0
    const raw = new Raw(running.port).send(late(1), late(2), late(3), ...(ender === undefined ? [] : [ender, late(4)]))
    if (ender === undefined) raw.socket.end()
    for (let i = 0; i < 3; i++) {
      while (held.length <= i) await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setTimeout(resolve, 10))
      assert.equal(raw.closed, false, name)
      held[i]?.answer()
      assert.equal((await raw.reply())?.i32(), i + 1, name)
    }
    assert.equal(await raw.reply(), undefined, name)
    assert.equal(held.length, 3, `${name}: what comes behind it is not begun`)
  }
  await running.server.close()
})

test('an answer that is late by a call, and not by a promise, has its place too', async () => {
  const held: Held = []
  const running = await start({}, held)
  const raw = new Raw(running.port).send(
    frame(184, 0, () => undefined, 1),
    frame(184, 1, () => undefined, 2),
    frame(184, 0, () => undefined, 3),
    askVersions(4),
  )
  while (held.length < 3) await new Promise((resolve) => setImmediate(resolve))
  held[2]?.answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[0]?.answer()
  const order: number[] = []
  for (let i = 0; i < 4; i++) order.push((await raw.reply())?.i32() ?? -1)
  assert.deepEqual(order, [1, 2, 3, 4])
  raw.socket.destroy()
  await running.server.close()
})

test('who must find what those before it did waits until they are answered', async () => {
  const held: Held = []
  const running = await start({}, held)
  const slow = (id: number): Buffer => frame(180, 0, () => undefined, id)
  const raw = new Raw(running.port).send(
    frame(183, 0, () => undefined, 1),
    slow(2),
    slow(3),
    frame(183, 0, () => undefined, 4),
  )
  for (const i of [0, 1]) {
    while (held.length <= i) await new Promise((resolve) => setImmediate(resolve))
    held[i]?.proceed()
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[1]?.answer()
  await new Promise((resolve) => setTimeout(resolve, 20))
  held[0]?.answer()
  const replies: (readonly [number, number])[] = []
  for (let i = 0; i < 4; i++) {
    const reply = await raw.reply()
    replies.push([reply?.i32() ?? -1, reply?.i32() ?? -1])
  }
  assert.deepEqual(replies, [
    [1, 100],
    [2, 2],
    [3, 3],
    [4, 402],
  ])
  raw.socket.destroy()
  await running.server.close()
})

test('a reply does not wait for all that is read in its turn where that is much', async () => {
  // The reads have no end: what leaves, leaves before it.
  const running = await start({ afterReads: () => undefined })
  const raw = new Raw(running.port).send(askVersions(1), sized(1024 * 1024, Buffer.alloc(256 * 1024)))
  assert.equal((await raw.reply())?.i32(), 1)
  raw.socket.destroy()
  await running.server.close()
})

test('replies that wait for one before them count as those that wait for the socket', async () => {
  const held: Held = []
  const running = await start({ queuedReplyBytesMax: 3000 }, held)
  const count = 50
  const raw = new Raw(running.port).send(
    frame(184, 0, () => undefined, 0),
    ...Array.from({ length: count }, (_, i) => askVersions(i + 1)),
  )
  const begun = (): number =>
    running.server.requestTallies().find(({ api }) => api.name === 'ApiVersions')?.requests[0] ?? 0
  while (held.length < 1 || begun() < 1) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(begun() < 10, `${begun()} were begun`)
  held[0]?.answer()
  for (let i = 0; i <= count; i++) assert.equal((await raw.reply())?.i32(), i)
  raw.socket.destroy()
  await running.server.close()
})

test('what goes wrong behind an answer that waits is in the log, also where that never comes', async () => {
  const held: Held = []
  const running = await start({}, held)
  const raw = new Raw(running.port).send(
    frame(184, 0, () => undefined, 1),
    frame(182, 1, () => undefined, 2),
  )
  while (held.length < 1) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await running.server.close()
  assert.equal(running.lines.filter((line) => line.includes('the rest does not fit')).length, 1)
  raw.socket.destroy()
})

test('what comes behind a request that waits is read once, and no more until that is answered', async () => {
  const held: Held = []
  const running = await start({}, held)
  const large = frame(18, 0, (writer) => writer.bytes(Buffer.alloc(256 * 1024 - 14)), 3)
  const count = 200
  const raw = new Raw(running.port).send(frame(180, 0, () => undefined, 1))
  while (held.length < 1) await new Promise((resolve) => setImmediate(resolve))
  for (let i = 0; i < count; i++) raw.socket.write(large)
  await new Promise((resolve) => setTimeout(resolve, 100))
  // The system holds a few megabytes for each side.
  assert.ok(raw.socket.writableLength > (count * large.length) / 2, `${raw.socket.writableLength} bytes were not taken`)
  held[0]?.answer()
  for (let i = 0; i <= count; i++) assert.equal((await raw.reply())?.i32(), i === 0 ? 1 : 3)
  raw.socket.destroy()
  await running.server.close()
})

test('who goes away while its request waits is gone at once', async () => {
  const held: Held = []
  const running = await start({}, held)
  const raw = new Raw(running.port).send(frame(180, 0, () => undefined, 1))
  while (held.length < 1) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(running.server.connectionCount, 1)
  raw.socket.resetAndDestroy()
  while (running.server.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve))
  held[0]?.answer()
  await running.server.close()
})
