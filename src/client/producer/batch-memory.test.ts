/** When a batch gives its memory back: where somebody may still be sending it, the next batch must not be written into it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Offered, ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ProducerOptions } from '../index.ts'
import { BatchMemory } from './batch-memory.ts'

/** Sends one record. The n-th request is answered by the n-th of `answers`; those behind are stored. Returns how often memory was given back. */
async function givenBack(
  { mock }: TestContext,
  options: ProducerOptions,
  answers: readonly ((offered: Offered) => void)[] = [],
) {
  const give = mock.method(BatchMemory.prototype, 'give')
  const cluster = new ScriptedCluster()
  const waiting = [...answers]
  cluster.onOffer = (offered) => (waiting.shift() ?? ((it: Offered) => cluster.store(it)))(offered)
  let outcome = ''
  await cluster.run(async () => {
    await using producer = cluster.producer(options)
    outcome = await producer.send('t', { value: 'v' }).then(
      () => 'sent',
      () => 'failed',
    )
    await cluster.sleep(100)
  })
  give.mock.restore()
  return { outcome, offered: cluster.offered.length, given: give.mock.callCount() }
}

const withError =
  (errorCode: number) =>
  ({ answer }: Offered): void =>
    answer({ errorCode, baseOffset: -1 })

test('a batch that was answered at once gives its memory back', async (t) => {
  assert.deepEqual(await givenBack(t, {}), { outcome: 'sent', offered: 1, given: 1 })
  assert.deepEqual(await givenBack(t, { acks: 1 }), { outcome: 'sent', offered: 1, given: 1 })
})

test('a batch that was sent twice keeps its memory: the first request may still be under way', async (t) => {
  const refused = [withError(ErrorCode.NOT_ENOUGH_REPLICAS)]
  assert.deepEqual(await givenBack(t, {}, refused), { outcome: 'sent', offered: 2, given: 0 })
  assert.deepEqual(await givenBack(t, {}, [({ hangUp }) => hangUp()]), { outcome: 'sent', offered: 2, given: 0 })
})

test('a batch that nobody answers keeps its memory', async (t) => {
  const nothing = (): void => undefined
  assert.deepEqual(await givenBack(t, { acks: 0 }, [nothing]), { outcome: 'sent', offered: 1, given: 0 })
})

test('a batch that failed keeps its memory', async (t) => {
  const refused = [withError(ErrorCode.INVALID_RECORD)]
  assert.deepEqual(await givenBack(t, {}, refused), { outcome: 'failed', offered: 1, given: 0 })
})
