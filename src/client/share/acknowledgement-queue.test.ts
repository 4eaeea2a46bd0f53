import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../../base/index.ts'
import { AcknowledgementQueue, batchesOf, settled } from './acknowledgement-queue.ts'
import { AcknowledgeType } from './acknowledgements.ts'
import type { PendingAcknowledgement } from './pending-acknowledgement.ts'

const topicId = uuidFromLatin1('the id of topict')
const of = (partition: number) => ({ topic: 't', topicId, partition })

function queueOf(offsets: readonly number[], partition = 0): AcknowledgementQueue {
  const queue = new AcknowledgementQueue()
  for (const offset of offsets) accept(queue, offset, partition)
  return queue
}

const accept = (queue: AcknowledgementQueue, offset: number, partition = 0): void =>
  queue.add(of(partition), range(offset, AcknowledgeType.accept), { nowMs: 0 })

const range = (offset: number, type: AcknowledgeType) => ({ firstOffset: offset, lastOffset: offset, type })

/** `partition:first-last` of each batch of a request. */
const shown = (pending: readonly PendingAcknowledgement[]): string[] =>
  batchesOf(pending).flatMap(({ partition, acknowledgementBatches }) =>
    acknowledgementBatches.map(
      ({ firstOffset, lastOffset, acknowledgeTypes }) =>
        `${partition}:${firstOffset}-${lastOffset}=${acknowledgeTypes}`,
    ),
  )

test('of what is divided one part goes at a time, and nothing of its partition with it', () => {
  const queue = queueOf([0, 1, 2, 3])
  assert.deepEqual(queue.divide(queue.take()), [])
  accept(queue, 9)
  accept(queue, 7, 1)
  assert.equal(queue.mustGo, true)
  const first = queue.take()
  assert.deepEqual(shown(first), ['0:0-1=1', '1:7-7=1'])
  assert.deepEqual(shown(queue.take()), ['0:2-3=1'])
  assert.deepEqual(shown(queue.take()), ['0:9-9=1'])
  assert.equal(queue.isEmpty, true)
})

test('several that fail together are told apart first', async () => {
  const queue = queueOf([0, 1])
  const before = queue.take()
  queue.putBack(before)
  for (const each of before) each.attempts++
  accept(queue, 5)
  const sent = queue.take()
  assert.deepEqual(shown(sent), ['0:0-1=1', '0:5-5=1'])
  queue.divide(sent)
  const [one, two] = [queue.take(), queue.take()]
  assert.deepEqual([shown(one), shown(two)], [['0:0-1=1'], ['0:5-5=1']])
  assert.deepEqual(queue.divide(two), two)
  assert.deepEqual(queue.divide(one), [])
  const [half, other] = [queue.take(), queue.take()]
  assert.deepEqual([shown(half), shown(other)], [['0:0-0=1'], ['0:1-1=1']])
  // Whoever waits for the whole hears of its halves.
  settled([...half, ...other], undefined)
  assert.deepEqual(
    (await one[0]?.settled)?.map(({ ranges }) => ranges.length),
    [1, 1],
  )
})

test('what is said last of an offset counts, also beside what was sent in vain', () => {
  const queue = queueOf([3])
  queue.add(of(0), range(4, AcknowledgeType.renew), { nowMs: 0 })
  queue.add(of(0), range(4, AcknowledgeType.release), { nowMs: 0 })
  const sent = queue.take()
  assert.deepEqual(shown(sent), ['0:3-4=1,2'])
  queue.putBack(sent)
  for (const each of sent) each.attempts++
  queue.add(of(0), range(4, AcknowledgeType.reject), { nowMs: 0 })
  assert.deepEqual(shown(queue.take()), ['0:3-4=1,3'])
})
