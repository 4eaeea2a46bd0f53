import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askVersions, frame, Raw, start } from '../../test/made-up-server.ts'

const forAMoment = 0
const forAnHour = 1
const throttled = (version: number, id: number): Buffer => frame(185, version, () => undefined, id)

test('who is throttled is answered at once, and what it asks next waits', async () => {
  const running = await start()
  const raw = new Raw(running.port).send(throttled(forAMoment, 1), askVersions(2))
  const sinceMs = performance.now()
  assert.equal((await raw.reply())?.i32(), 1)
  assert.equal((await raw.reply())?.i32(), 2)
  assert.ok(performance.now() - sinceMs > 180)
  raw.socket.destroy()
  await running.server.close()
})

test('others go on while one is throttled, and the server can stop', async () => {
  const running = await start()
  const left = new Raw(running.port).send(throttled(forAnHour, 3), askVersions(4))
  assert.equal((await left.reply())?.i32(), 3)
  const other = new Raw(running.port).send(askVersions(7))
  assert.equal((await other.reply())?.i32(), 7)
  await running.server.close()
  assert.equal(await left.reply(), undefined)
})

test('what was asked before the end of a connection that is throttled is answered', async () => {
  const running = await start()
  const raw = new Raw(running.port)
  raw.socket.end(Buffer.concat([throttled(forAMoment, 1), askVersions(2)]))
  assert.deepEqual([(await raw.reply())?.i32(), (await raw.reply())?.i32()], [1, 2])
  assert.equal(await raw.reply(), undefined)
  await running.server.close()
})
