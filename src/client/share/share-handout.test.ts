import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Logger, uuidFromLatin1 } from '../../base/index.ts'
import { ManualClock } from '../../server/handlers/handler-fixture.ts'
import type { DeliveredRecord } from './acquired-records.ts'
import { Delivery } from './delivery.ts'
import { ShareHandout } from './share-handout.ts'

const lines: string[] = []
const logger: Logger = {
  child: () => logger,
  log: (_level, _message, fields) => void lines.push(String(fields?.['reason'])),
}

const record = (offset: number): DeliveredRecord => ({
  ...{ topic: 't', partition: 0, offset, timestampMs: 0, timestampType: 'CreateTime', leaderEpoch: 1 },
  ...{ key: null, value: null, headers: [], deliveryCount: 1 },
})

function stage() {
  const clock = new ManualClock()
  const handout = new ShareHandout({ clock, logger, hungry: () => undefined })
  const owner = { brokerId: 1, isHeld: () => true, say: () => undefined }
  const place = { owner, session: {}, topic: 't', topicId: uuidFromLatin1('the id of topict'), partition: 0 }
  const deliver = (offsets: readonly number[]): void =>
    handout.received(new Delivery({ ...place, atMs: clock.monotonic(), lockMs: 10_000, records: offsets.map(record) }))
  return { clock, handout, deliver }
}

test('the pace is that of what was handed out, whatever is put back behind another loop that waits', () => {
  for (const elapsedMs of [0, 1000]) {
    const { clock, handout, deliver } = stage()
    deliver([0, 1, 2, 3])
    const taken = handout.several() ?? []
    clock.advance(1000)
    // Another loop waits while the batch is decoded.
    void handout.arrival()
    assert.equal(handout.soonMax, 20)
    handout.putBack(taken[1] ?? assert.fail())
    clock.advance(elapsedMs)
    void handout.arrival()
    assert.equal(handout.soonMax, 20)
    assert.equal(handout.several()?.length, 3)
    clock.advance(500)
    void handout.arrival()
    assert.equal(handout.soonMax, 30)
  }
})

test('the application is not silent while any of its loops waits, and is when none does, by whatever way that ended', () => {
  const { clock, handout, deliver } = stage()
  const later = (): number => {
    clock.advance(100)
    return handout.silentMs
  }
  assert.equal(later(), 0)
  deliver([0])
  handout.one()
  assert.equal(later(), 100)
  // One loop works on what it was given, another one waits.
  void handout.arrival()
  assert.equal(later(), 0)
  deliver([1])
  assert.equal(later(), 100)
  handout.asked()
  handout.fail(new Error('no share group'))
  assert.throws(() => handout.one(), /no share group/)
  assert.equal(later(), 100)
})

test('what no loop is told of is logged: a second error, and one behind which nobody asks', () => {
  const { handout } = stage()
  lines.length = 0
  handout.fail(new Error('one'))
  handout.fail(new Error('two'))
  assert.deepEqual(lines, ['Error: two'])
  assert.throws(() => handout.one(), /one/)
  handout.fail(new Error('three'))
  handout.close()
  assert.deepEqual(lines, ['Error: two', 'Error: three'])
})

test('where all that was taken is put back at once, the pace is what it was', () => {
  const { handout, deliver } = stage()
  deliver([0, 1])
  const [first] = handout.several() ?? []
  handout.putBack(first ?? assert.fail())
  void handout.arrival()
  assert.equal(handout.soonMax, Number.POSITIVE_INFINITY)
})
