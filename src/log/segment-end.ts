/**
 * Which offset comes behind a segment whose indexes nobody has read: from the last entry of the index file, and the few
 * batches behind it. For a start that trusts its segments and yet wants to know whether one is missing.
 */
import { type Disk, DiskError } from '../base/index.ts'
import { batchHeader as header } from '../records/index.ts'
import { filePath, offsetIndexSuffix } from './file-names.ts'
import { HeaderWalk } from './header-walk.ts'
import { offsetIndexEntrySize } from './offset-index.ts'
import type { Segment } from './segment.ts'
import { storedLastOffset } from './stored-header.ts'

/** Behind the last entry, or without one: more is not worth a start. */
const walkedBytesMax = 1024 * 1024

/** Undefined where the index says nothing that fits. Throws DiskError. */
export async function endOffsetOf(disk: Disk, directory: string, segment: Segment): Promise<number | undefined> {
  const { baseOffset, sizeInBytes, handle } = segment
  const start = await lastPosition(disk, filePath(directory, baseOffset, offsetIndexSuffix))
  if (start === undefined || sizeInBytes - start > walkedBytesMax) return undefined
  const walk = new HeaderWalk(handle.file, sizeInBytes)
  let next = baseOffset
  for (let position = start; position < sizeInBytes; ) {
    const at = walk.at(position)
    if (at < 0 || header.baseOffset(walk.view, at) < next) return undefined
    next = storedLastOffset(walk.view, at) + 1
    position += header.sizeInBytes(walk.view, at)
  }
  return next
}

/** Undefined where the file is missing, or not trimmed to its entries. */
async function lastPosition(disk: Disk, path: string): Promise<number | undefined> {
  try {
    const file = await disk.open(path, { mode: 'read' })
    try {
      const size = file.size()
      if (size === 0) return 0
      const entry = Buffer.alloc(offsetIndexEntrySize)
      await file.read(entry, 0, entry.length, size - entry.length)
      const position = entry.readUInt32BE(4)
      return position === 0 ? undefined : position
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
}
