import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { uuidFromLatin1, zeroUuid } from '../../base/index.ts'
import { BatchBuilder, buildBatch } from '../../records/index.ts'
import type { CommittedOffset, OffsetRecord } from './group-record.ts'
import { encodeGroupRecord, groupRecordCodec } from './group-record-codec.ts'

const value: fc.Arbitrary<CommittedOffset | null> = fc
  .record({
    offset: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    leaderEpoch: fc.integer({ min: -1 }),
    metadata: fc.constantFrom('', 'a', 'b', 'ä'.repeat(70)),
    commitTimestampMs: fc.constantFrom(1_795_459_300_000n, 1_795_459_300_001n),
    expireTimestampMs: fc.constantFrom(undefined, 1_795_459_400_000n, 1_795_459_400_001n),
    topicId: fc.constantFrom(zeroUuid, uuidFromLatin1('a'.repeat(16))),
  })
  .map(({ expireTimestampMs, ...rest }) => (expireTimestampMs === undefined ? rest : { ...rest, expireTimestampMs }))

const offset: fc.Arbitrary<OffsetRecord> = fc.record({
  kind: fc.constant('offset'),
  groupId: fc.constantFrom('g', 'h'),
  topic: fc.constantFrom('t', 'a-longer-topic'),
  partition: fc.integer({ min: 0 }),
  value: fc.option(value, { freq: 20 }),
})

/** As a request has them: one group, one topic. */
const run: fc.Arbitrary<readonly OffsetRecord[]> = fc
  .tuple(offset, fc.array(fc.tuple(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.nat()), { maxLength: 70 }))
  .map(([first, others]) => [
    first,
    ...others.map(([partition, position, leaderEpoch]) => {
      const { value } = first
      return { ...first, partition, value: value && { ...value, offset: position, leaderEpoch } }
    }),
  ])

test('commits that lie side by side are the bytes that each would be on its own', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(run, fc.array(offset)), { minLength: 1, maxLength: 5 }), (appends) => {
      fc.pre(appends.some((records) => records.length > 0))
      const timestampMs = 1_795_459_300_000
      const builder = new BatchBuilder({ capacity: 100 })
      for (const records of appends) builder.addCoded(records, { codec: groupRecordCodec, timestampMs })
      const each = appends.flat().map((record) => ({ ...encodeGroupRecord(record), timestampMs }))
      assert.deepEqual(builder.finish(), buildBatch(each))
    }),
    { numRuns: 300 },
  )
})
