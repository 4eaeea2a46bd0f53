import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ControlRecordType } from '../records/index.ts'
import { encodeQuorumRecord } from './quorum-records.ts'
import { SnapshotEncoder, SnapshotFormatError } from './snapshot-format.ts'
import { SnapshotStream } from './snapshot-stream.ts'

/** More than one batch of them. */
const texts = Array.from({ length: 1030 }, (_, i) => `record ${i}`)
const control = [encodeQuorumRecord({ kind: 'kraft-version', version: 1 })]

function snapshot(): Buffer {
  const encoder = new SnapshotEncoder(3)
  const batches: Uint8Array[] = [encoder.header({ lastContainedLogTimestampMs: 77, control, nowMs: 5 })]
  for (const text of texts) {
    const full = encoder.add(Buffer.from(text), 6)
    if (full !== undefined) batches.push(full)
  }
  return Buffer.concat([...batches, ...encoder.end(8)])
}

function through(bytes: Buffer, cuts: readonly number[]) {
  const stream = new SnapshotStream()
  let from = 0
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    stream.add(bytes.subarray(from, cut))
    from = cut
  }
  return stream.end()
}

test('a snapshot is the same, wherever its pieces are cut', () => {
  const bytes = snapshot()
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 200 })
  fc.assert(
    fc.property(cuts, (places) => {
      const { timestampMs, records, control: told } = through(bytes, places)
      assert.equal(timestampMs, 77)
      assert.deepEqual(
        records.map((record) => Buffer.from(record).toString()),
        texts,
      )
      assert.deepEqual(
        told.map(({ type }) => type),
        [ControlRecordType.kraftVersion],
      )
    }),
  )
})

function leaderEpochs(bytes: Buffer): Set<number> {
  const positions = new Set<number>()
  for (let batch = 0; batch < bytes.length; batch += 12 + bytes.readInt32BE(batch + 8)) {
    for (let i = 0; i < 4; i++) positions.add(batch + 12 + i)
  }
  return positions
}

test('a piece that is damaged or missing is found', () => {
  const bytes = snapshot()
  const at = fc.nat(bytes.length - 1)
  fc.assert(
    fc.property(at, fc.integer({ min: 1, max: 255 }), (position, bits) => {
      const changed = Buffer.from(bytes)
      changed[position] = (changed[position] ?? 0) ^ bits
      // The leader epoch lies outside the checksum, and says nothing here.
      if (leaderEpochs(bytes).has(position)) assert.equal(through(changed, []).records.length, texts.length)
      else assert.throws(() => through(changed, []), SnapshotFormatError)
    }),
  )
  fc.assert(
    fc.property(at, (size) => {
      assert.throws(() => through(bytes.subarray(0, size), []), SnapshotFormatError)
    }),
  )
})
