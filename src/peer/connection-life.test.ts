import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionStage } from './testdata/session-stage.ts'

test('who is told to wait asks nothing for so long; what is in flight is answered', async () => {
  const throttles = [0, 500, 200, 0, 0]
  const { world, ask } = await sessionStage({ throttleTimeMs: () => throttles.shift() ?? 0, answerAfterMs: 10 })
  await world.settle(ask())
  const first = ask()
  const second = ask()
  assert.ok((await world.settle(first)) < 100)
  assert.ok((await world.settle(second)) < 100)
  // The longest holds.
  const third = await world.settle(ask())
  assert.ok(third >= 490 && third < 600, String(third))
  assert.ok((await world.settle(ask())) < 100)
})

test('a server that waits itself before it answers is not waited for twice', async () => {
  const { world, ask } = await sessionStage({ throttleTimeMs: () => 500, metadataMax: 5 })
  await world.settle(ask())
  assert.ok((await world.settle(ask())) < 100)
})

test('what waits no longer than its time is told that it was not sent', async () => {
  const { world, ask } = await sessionStage({ throttleTimeMs: () => 5000 })
  await world.settle(ask())
  await world.settle(assert.rejects(ask(1000), { failure: 'timed out', wasSent: false }))
})

test('a connection that nobody uses is closed without a word, and made again at once when it is needed', async () => {
  const { world, ask, open, keys } = await sessionStage({ peers: { idleMsMax: 10_000 } })
  await world.settle(ask())
  await world.run(world.nowMs + 9000)
  await world.settle(ask())
  await world.run(world.nowMs + 9500)
  assert.equal(open(), 1)
  await world.run(world.nowMs + 1000)
  assert.equal(open(), 0)
  // No back-off: nothing was lost.
  assert.ok((await world.settle(ask())) < 45)
  assert.equal(keys(1).length, 4)
})

test('who waits for an answer uses the connection', async () => {
  const { world, ask } = await sessionStage({ peers: { idleMsMax: 1000 }, answerAfterMs: 5000 })
  const took = await world.settle(ask())
  assert.ok(took >= 5000)
})

test('unless it is told to, nothing is closed', async () => {
  const { world, ask, open } = await sessionStage()
  await world.settle(ask())
  await world.run(world.nowMs + 3_600_000)
  assert.equal(open(), 1)
})
