/** Loops whose records take their time to be decoded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../../base/index.ts'
import { ManualClock } from '../../server/handlers/handler-fixture.ts'
import type { Deserializer } from '../serdes/serde.ts'
import { AssignedPartition } from './assigned-partition.ts'
import type { ConsumedRecord } from './consumed-record.ts'
import { Decoder } from './decoder.ts'
import { Handout } from './handout.ts'
import { decodedRecords } from './records-loop.ts'

const quiet: Logger = { child: () => quiet, log: () => undefined }
const anyKey: Deserializer<null> = { deserialize: () => null }

/** A loop over one partition that has two records; each is decoded when it is said what comes of it. */
function stage() {
  const partition = new AssignedPartition('t', 0)
  const assigned = [partition]
  const clock = new ManualClock()
  const handout = new Handout({
    clock,
    logger: quiet,
    isOffered: (each) => assigned.includes(each),
    taken: () => undefined,
  })
  const decoding: PromiseWithResolvers<string>[] = []
  const slowly: Deserializer<string> = {
    deserialize() {
      const result = Promise.withResolvers<string>()
      decoding.push(result)
      return result.promise
    },
  }
  const loop = { handout, asked: () => handout.asked(), begins: () => undefined, check: () => undefined }
  const topic = { name: 't', key: anyKey, value: slowly }
  const records = decodedRecords(loop, new Decoder([topic]))[Symbol.asyncIterator]()
  const begin = (offset: number): void => {
    if (partition.position === undefined) partition.jump({ offset, leaderEpoch: 1 })
    const batches = [[record(offset), record(offset + 1)]]
    const end = { offset: offset + 2, leaderEpoch: 1 }
    handout.received(partition, {
      sizeInBytes: 10,
      highWatermark: 99,
      next: () => batches.shift(),
      leaderEpoch: 1,
      end,
    })
  }
  return { partition, assigned, clock, handout, decoding, records, begin }
}

const record = (offset: number): ConsumedRecord<Buffer | null, Buffer | null> => ({
  ...{ topic: 't', partition: 0, offset, timestampMs: 0, timestampType: 'CreateTime', leaderEpoch: 1 },
  ...{ key: null, value: null, headers: [] },
})

const turn = (): Promise<void> => new Promise(setImmediate)

for (const isBroken of [false, true]) {
  const what = isBroken ? 'cannot be decoded' : 'is decoded'
  test(`behind a seek no record from before is handed out that ${what} meanwhile`, async () => {
    const { partition, clock, handout, decoding, records, begin } = stage()
    begin(0)
    const next = records.next()
    await turn()
    partition.jump({ offset: 7, leaderEpoch: -1 })
    begin(7)
    if (isBroken) decoding[0]?.reject(new Error('broken'))
    else decoding[0]?.resolve('a')
    await turn()
    // What was fetched is dropped with what was in hand.
    assert.deepEqual([partition.fetchFrom?.offset, partition.hasFetched], [7, false])
    // The application waits still.
    clock.advance(1000)
    assert.equal(handout.silentMs, 0)
    begin(7)
    await turn()
    decoding[1]?.resolve('h')
    const { value } = await next
    assert.deepEqual([value?.offset, value?.value], [7, 'h'])
  })
}

test('what is given up while it is decoded is not handed out, and its partition is free', async () => {
  for (const giveUp of ['unsubscribe', 'revoke'] as const) {
    const { partition, assigned, handout, decoding, records, begin } = stage()
    begin(0)
    let got = 'nothing'
    const next = records.next().then(({ done }) => {
      got = done === true ? 'end' : 'record'
    })
    await turn()
    if (giveUp === 'unsubscribe') handout.undo()
    assigned.length = 0
    const free = handout.whenFree(new Set([partition]))
    decoding[0]?.resolve('a')
    await free
    await turn()
    assert.deepEqual([got, partition.processed?.offset], ['nothing', 0])
    handout.close()
    await next
    assert.equal(got, 'end')
  }
})
