/** The loops over a share consumer, without brokers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Logger } from '../../base/index.ts'
import { ManualClock } from '../../server/handlers/handler-fixture.ts'
import { ShareHandout } from './share-handout.ts'
import { ShareLoops } from './share-records.ts'

const logger: Logger = { child: () => logger, log: () => undefined }

const loopsOf = (handout: ShareHandout): ShareLoops =>
  new ShareLoops({
    handout,
    isImplicit: true,
    isSubscribed: () => true,
    asked: () => undefined,
    left: () => undefined,
  })

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  collect()
  return process.memoryUsage().heapUsed
}

test('a loop that is left while it waits ends, and takes nothing', async () => {
  const handout = new ShareHandout({ clock: new ManualClock(), logger, hungry: () => undefined })
  const loops = loopsOf(handout)
  const loop = loops.raw()
  const waiting = loop.next()
  await loop.return?.()
  assert.equal((await waiting).done, true)
  assert.equal(handout.isHungry, false)
  assert.equal((await loop.next()).done, true)
})

test('a loop that has failed, and that nobody goes on with, leaves nothing behind', async () => {
  const handout = new ShareHandout({ clock: new ManualClock(), logger, hungry: () => undefined })
  const loops = loopsOf(handout)
  const fail = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      handout.fail(new Error('no share group'))
      await assert.rejects(loops.raw().next(), /no share group/)
    }
  }
  await fail(1000)
  const before = usedBytes()
  await fail(10_000)
  assert.ok(usedBytes() - before < 1_000_000)
})
