/** A data log, or a snapshot of the metadata, as `kafka-dump-log` prints it, or as JSON. */
import { basename } from 'node:path'
import type { Disk } from '../../base/index.ts'
import { batchHeader, type Record, type TimestampTypeName } from '../../records/index.ts'
import { controlText } from './control-text.ts'
import { dumpMessages } from './dump-messages.ts'
import { base64, codecText, contents, type DumpOptions, type Found, unreadable } from './dump-words.ts'
import { openToRead, type SegmentBatch, segmentBatches } from './segment-batches.ts'

interface Batch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitionLeaderEpoch: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly deleteHorizonMs: number | undefined
  readonly position: number
  readonly timestampType: TimestampTypeName
  readonly maxTimestampMs: number
  readonly size: number
  readonly magic: number
  readonly compression: string
  readonly crc: number
  readonly isValid: boolean
}

function batchOf({ view, position, sizeInBytes, magic, isValid, timestampType }: SegmentBatch): Batch {
  return {
    baseOffset: batchHeader.baseOffset(view, 0),
    lastOffset: batchHeader.lastOffset(view, 0),
    count: batchHeader.recordCount(view, 0),
    baseSequence: batchHeader.baseSequence(view, 0),
    lastSequence: batchHeader.lastSequence(view, 0),
    producerId: batchHeader.producerId(view, 0),
    producerEpoch: batchHeader.producerEpoch(view, 0),
    partitionLeaderEpoch: batchHeader.partitionLeaderEpoch(view, 0),
    isTransactional: batchHeader.isTransactional(view, 0),
    isControl: batchHeader.isControl(view, 0),
    deleteHorizonMs: batchHeader.hasDeleteHorizon(view, 0) ? batchHeader.baseTimestamp(view, 0) : undefined,
    position,
    timestampType,
    maxTimestampMs: batchHeader.maxTimestamp(view, 0),
    size: sizeInBytes,
    magic,
    compression: codecText(batchHeader.codecId(view, 0)),
    crc: batchHeader.storedCrc(view, 0),
    isValid,
  }
}

const optionalLong = (value: number | undefined): string =>
  value === undefined ? 'OptionalLong.empty' : `OptionalLong[${value}]`

const batchText = (it: Batch): string =>
  [
    `baseOffset: ${it.baseOffset} lastOffset: ${it.lastOffset} count: ${it.count}`,
    `baseSequence: ${it.baseSequence} lastSequence: ${it.lastSequence}`,
    `producerId: ${it.producerId} producerEpoch: ${it.producerEpoch}`,
    `partitionLeaderEpoch: ${it.partitionLeaderEpoch}`,
    `isTransactional: ${it.isTransactional} isControl: ${it.isControl}`,
    `deleteHorizonMs: ${optionalLong(it.deleteHorizonMs)} position: ${it.position}`,
    `${it.timestampType}: ${it.maxTimestampMs} size: ${it.size} magic: ${it.magic}`,
    `compresscodec: ${it.compression} crc: ${it.crc} isvalid: ${it.isValid}`,
  ].join(' ')

/** Of a record in its batch; -1 where the producer has none. */
const sequenceOf = ({ baseSequence, baseOffset }: Batch, { offset }: Record): number =>
  baseSequence < 0 ? -1 : (baseSequence + offset - baseOffset) % 2 ** 31

function recordText(batch: Batch, record: Record): string {
  const { offset, timestamp, key, value, headers } = record
  const parts = [
    `| offset: ${offset} ${batch.timestampType}: ${timestamp}`,
    `keySize: ${key?.length ?? -1} valueSize: ${value?.length ?? -1} sequence: ${sequenceOf(batch, record)}`,
    `headerKeys: [${headers.map((it) => it.key).join(',')}]`,
  ]
  if (batch.isControl) parts.push(controlText(record))
  else {
    parts.push(...contents(record))
  }
  return parts.join(' ')
}

function recordData(batch: Batch, record: Record): object {
  const { offset, timestampMs, key, value, headers } = record
  const sequence = sequenceOf(batch, record)
  const common = { kind: 'record', offset, timestampMs, sequence }
  if (batch.isControl) return { ...common, control: controlText(record) }
  const named = headers.map((it) => ({ key: it.key, valueBase64: base64(it.value) }))
  return { ...common, keyBase64: base64(key), valueBase64: base64(value), headers: named }
}

/** By the names of files: what precedes the batches. */
function headText(name: string): string {
  const [, offset, epoch] = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name) ?? []
  if (offset !== undefined) return `Snapshot end offset: ${Number(offset)}, epoch: ${Number(epoch)}`
  if (name.endsWith('.checkpoint')) return 'KRaft bootstrap snapshot'
  return `Log starting offset: ${Number(/^\d{20}/.exec(name)?.[0] ?? 0)}`
}

export async function* dumpLog(disk: Disk, path: string, { withRecords, isJson }: DumpOptions): AsyncGenerator<Found> {
  const file = await openToRead(disk, path)
  try {
    if (!isJson) yield { line: headText(basename(path)) }
    const batches = segmentBatches(file)
    for (;;) {
      const next = await batches.next()
      if (next.done === true) {
        const left = file.size() - next.value
        if (left > 0) yield invalidEnd(basename(path), left, isJson)
        return
      }
      yield* dumpBatch(next.value, { withRecords, isJson })
    }
  } finally {
    await file.close()
  }
}

function* dumpBatch(found: SegmentBatch, { withRecords, isJson }: DumpOptions): Generator<Found> {
  if (found.magic < 2) {
    yield* dumpMessages(found, { withRecords, isJson })
    return
  }
  const batch = batchOf(found)
  yield { line: isJson ? JSON.stringify({ kind: 'batch', ...batch }) : batchText(batch), isWrong: !batch.isValid }
  if (!withRecords) return
  const records = found.records()
  if (typeof records === 'string') {
    yield unreadable(records, isJson)
    return
  }
  for (const record of records) {
    yield { line: isJson ? JSON.stringify(recordData(batch, record)) : recordText(batch, record) }
  }
}

function invalidEnd(name: string, bytes: number, isJson: boolean): Found {
  const text = `Found ${bytes} invalid bytes at the end of ${name}`
  return { line: isJson ? JSON.stringify({ kind: 'invalid-end', bytes }) : text, isWrong: true }
}
