/**
 * The files beside a segment, as `kafka-dump-log` prints them, or as JSON: its indexes by offset and by time, aborted transactions, and
 * what is known of producers.
 */
import { basename } from 'node:path'
import type { Disk } from '../../base/index.ts'
import { decodeProducerSnapshot, type ProducerEntry, parseFileName, TransactionIndex } from '../../log/index.ts'
import { batchHeader, batchHeaderSize } from '../../records/index.ts'
import type { DumpOptions, Found } from './dump-words.ts'
import { openToRead, readAt } from './segment-batches.ts'

/** An index of Kafka's has 10 MB unless told; a snapshot 46 bytes for each producer. */
const fileBytesMax = 1024 * 1024 * 1024

const said = (text: string, data: object, isJson: boolean): Found => ({ line: isJson ? JSON.stringify(data) : text })

const wrong = (text: string, isJson: boolean): Found => ({
  line: isJson ? JSON.stringify({ kind: 'wrong', text }) : text,
  isWrong: true,
})

async function bytesOf(disk: Disk, path: string): Promise<Buffer> {
  const file = await openToRead(disk, path)
  try {
    return await readAt(file, 0, Math.min(file.size(), fileBytesMax))
  } finally {
    await file.close()
  }
}

const baseOffsetOf = (path: string): number => parseFileName(basename(path))?.offset ?? 0

/** Zeros are room that was set aside; the first entry is shown even so, as Kafka's tool does. */
export async function* dumpOffsetIndex(disk: Disk, path: string, { isJson }: DumpOptions): AsyncGenerator<Found> {
  const bytes = await bytesOf(disk, path)
  const entries: { offset: number; position: number }[] = []
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const [relative, position] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
    if (relative === 0 && at > 0) break
    entries.push({ offset: baseOffsetOf(path) + relative, position })
  }
  if (entries.length === 0) {
    yield said(`${path} is empty.`, { kind: 'empty' }, isJson)
    return
  }
  const log = await openIfThere(disk, path.replace(/\.index$/, '.log'))
  try {
    for (const entry of entries) {
      yield said(`offset: ${entry.offset} position: ${entry.position}`, { kind: 'offset-entry', ...entry }, isJson)
      const isRoom = entry.offset === baseOffsetOf(path) && entry.position === 0
      const found = log === undefined || isRoom ? entry.offset : await lastOffsetAt(log, entry.position)
      if (found !== entry.offset) {
        yield wrong(
          `mismatch: offset: ${entry.offset} position: ${entry.position} offset in the log: ${found ?? 'no batch'}`,
          isJson,
        )
      }
    }
  } finally {
    await log?.close()
  }
}

type OpenFile = Awaited<ReturnType<typeof openToRead>>

async function openIfThere(disk: Disk, path: string): Promise<OpenFile | undefined> {
  return (await disk.stat(path)) === undefined ? undefined : openToRead(disk, path)
}

/** Of the batch that begins there; undefined where there is none. */
async function lastOffsetAt(log: OpenFile, position: number): Promise<number | undefined> {
  const head = await readAt(log, position, batchHeaderSize)
  if (head.length < batchHeaderSize) return undefined
  return batchHeader.lastOffset(new DataView(head.buffer, head.byteOffset, head.length), 0)
}

export async function* dumpTimeIndex(disk: Disk, path: string, { isJson }: DumpOptions): AsyncGenerator<Found> {
  const bytes = await bytesOf(disk, path)
  for (let at = 0; at + 12 <= bytes.length; at += 12) {
    const timestamp = Number(bytes.readBigInt64BE(at))
    const offset = baseOffsetOf(path) + bytes.readUInt32BE(at + 8)
    if (timestamp === 0 && at > 0) break
    yield said(`timestamp: ${timestamp} offset: ${offset}`, { kind: 'time-entry', timestamp, offset }, isJson)
  }
}

export async function* dumpTransactionIndex(disk: Disk, path: string, { isJson }: DumpOptions): AsyncGenerator<Found> {
  const index = TransactionIndex.decode(await bytesOf(disk, path), baseOffsetOf(path))
  if (index === undefined) {
    yield wrong(`${path} cannot be read`, isJson)
    return
  }
  for (const entry of index.entries) {
    const { producerId, firstOffset, lastOffset, lastStableOffset } = entry
    const text = `producerId: ${producerId} firstOffset: ${firstOffset} lastOffset: ${lastOffset}`
    yield said(
      `version: 0 ${text} lastStableOffset: ${lastStableOffset}`,
      { kind: 'aborted-transaction', ...entry },
      isJson,
    )
  }
}

export async function* dumpProducerSnapshot(disk: Disk, path: string, { isJson }: DumpOptions): AsyncGenerator<Found> {
  const entries = decodeProducerSnapshot(await bytesOf(disk, path))
  if (entries === undefined) {
    yield wrong(`${path} cannot be read`, isJson)
    return
  }
  for (const entry of entries) yield said(producerText(entry), { kind: 'producer', ...entry }, isJson)
}

function producerText({
  producerId,
  producerEpoch,
  coordinatorEpoch,
  currentTxnFirstOffset,
  ...entry
}: ProducerEntry): string {
  const first = currentTxnFirstOffset < 0 ? 'OptionalLong.empty' : `OptionalLong[${currentTxnFirstOffset}]`
  const text =
    `producerId: ${producerId} producerEpoch: ${producerEpoch} coordinatorEpoch: ${coordinatorEpoch} ` +
    `currentTxnFirstOffset: ${first} lastTimestamp: ${entry.lastTimestamp}`
  return [text, ...entry.batches.map(batchText)].join(' ')
}

function batchText({ lastSequence, lastOffset, offsetDelta, timestamp }: ProducerEntry['batches'][number]): string {
  const firstSequence = (lastSequence - offsetDelta + 2 ** 31) % 2 ** 31
  return (
    `firstSequence: ${firstSequence} lastSequence: ${lastSequence} lastOffset: ${lastOffset} ` +
    `offsetDelta: ${offsetDelta} timestamp: ${timestamp}`
  )
}
