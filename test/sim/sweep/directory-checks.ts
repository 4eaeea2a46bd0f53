/** What stands on the disk of the sweep, file by file, when nobody works on it. */
import assert from 'node:assert/strict'
import type { Disk } from '../../../src/base/index.ts'
import { parseDirectoryName, parseFileName, readWholeFile } from '../../../src/log/index.ts'
import { batchesOf, type StoredBatch } from './stored.ts'
import { directory } from './sweep-process.ts'

const sizeMax = 10_000_000

async function contentOf(disk: Disk, path: string): Promise<Buffer> {
  return (await readWholeFile(disk, path, sizeMax)) ?? Buffer.alloc(0)
}

async function partitions(disk: Disk): Promise<readonly string[]> {
  const found = await disk.list(directory)
  return found.filter(({ kind }) => kind === 'directory').map(({ name }) => name)
}

const unfinished = /\.(cleaned|swap|tmp|deleted|part)$/

/** Nothing is left of what the last process did not come to an end with. */
export async function checkNothingUnfinished(disk: Disk): Promise<void> {
  for (const name of await partitions(disk)) {
    for (const file of await disk.list(`${directory}/${name}`)) {
      assert.ok(!unfinished.test(file.name), `${name}/${file.name} is left over`)
    }
  }
}

/** Also no directory of what was deleted: its time is over. */
export async function checkNothingDeleted(disk: Disk): Promise<void> {
  await checkNothingUnfinished(disk)
  for (const name of await partitions(disk)) assert.equal(parseDirectoryName(name)?.tag, 'live', `${name} is left over`)
}

/** Each entry of an index is that of a batch. */
export async function checkIndexes(disk: Disk): Promise<void> {
  for (const name of await partitions(disk)) {
    const files = (await disk.list(`${directory}/${name}`)).map((file) => file.name)
    for (const file of files.filter((it) => it.endsWith('.log'))) {
      const path = `${directory}/${name}/${file.slice(0, -'.log'.length)}`
      const baseOffset = parseFileName(file)?.offset ?? 0
      const bytes = await contentOf(disk, `${path}.log`)
      checkOffsetIndex(await contentOf(disk, `${path}.index`), { path, baseOffset, bytes })
      checkTimeIndex(await contentOf(disk, `${path}.timeindex`), { path, baseOffset, batches: batchesOf(bytes) })
    }
  }
}

function checkOffsetIndex(
  index: Buffer,
  { path, baseOffset, bytes }: { readonly path: string; readonly baseOffset: number; readonly bytes: Buffer },
): void {
  assert.equal(index.length % 8, 0, `${path}.index has whole entries`)
  for (let at = 0; at < index.length; at += 8) {
    const offset = baseOffset + index.readUInt32BE(at)
    const position = index.readUInt32BE(at + 4)
    const size = position + 12 <= bytes.length ? 12 + bytes.readInt32BE(position + 8) : 0
    const [batch] =
      size > 12 && position + size <= bytes.length ? batchesOf(bytes.subarray(position, position + size)) : []
    assert.equal(batch?.lastOffset, offset, `${path}.index: offset ${offset} at ${position}`)
  }
}

function checkTimeIndex(
  index: Buffer,
  segment: { readonly path: string; readonly baseOffset: number; readonly batches: readonly StoredBatch[] },
): void {
  const { path, baseOffset, batches } = segment
  assert.equal(index.length % 12, 0, `${path}.timeindex has whole entries`)
  for (let at = 0; at < index.length; at += 12) {
    const timestamp = Number(index.readBigInt64BE(at))
    const offset = baseOffset + index.readUInt32BE(at + 8)
    const batch = batches.find((it) => it.maxTimestamp >= timestamp)
    assert.equal(batch?.maxTimestamp, timestamp, `${path}.timeindex: ${timestamp}`)
    assert.ok(batch.lastOffset <= offset, `${path}.timeindex: ${timestamp} is at ${batch.lastOffset}, not at ${offset}`)
  }
}
