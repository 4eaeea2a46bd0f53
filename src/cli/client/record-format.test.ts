import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../client/index.ts'
import { formatWriter } from './record-format.ts'

type Given = ConsumedRecord<Buffer | null, Buffer | null>

function written(format: string, given: Partial<Given>): string {
  const record: Given = {
    ...{ topic: 't', partition: 1, offset: 2, timestampMs: 5, timestampType: 'CreateTime', leaderEpoch: 0 },
    ...{ key: null, value: null, headers: [], ...given },
  }
  const into: Uint8Array[] = []
  formatWriter(format, Buffer.from('NULL'))(record, into)
  return Buffer.concat(into).toString()
}

test('the time of a record as Kafka’s formatter has it; in logs from before Kafka 0.10 there is none', () => {
  assert.equal(written('%C %o', {}), 'CreateTime:5 2')
  assert.equal(written('%C', { timestampType: 'LogAppendTime', timestampMs: 7 }), 'LogAppendTime:7')
  assert.equal(
    written('%C %Y %T', { timestampType: 'NoTimestampType', timestampMs: -1 }),
    'NO_TIMESTAMP NoTimestampType -1',
  )
})
