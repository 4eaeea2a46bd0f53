/** The files of a log are cut at an offset: segments behind it go, and the one that holds it loses its end. Off the hot path. */
import { type Disk, present } from '../base/index.ts'
import type { Removals } from './removals.ts'
import type { Segments } from './segments.ts'

export interface CutOptions {
  readonly segments: Segments
  readonly removals: Removals
  readonly disk: Disk
  readonly directory: string
  /** The log ends there now. */
  readonly cutTo: (offset: number) => void
}

/** The log begins before `offset` and ends behind it. Returns where it ends: with a whole batch. */
export async function cutFiles(offset: number, { segments, removals, disk, directory, cutTo }: CutOptions) {
  const at = segments.floor(offset)
  const segment = present(segments.all[at], 'a segment of the log')
  if (!segment.isIndexed) await segment.loadIndexes()
  const found = await segments.retryIndexed(offset, () => segment.find(offset))
  const end = Math.min(offset, found?.baseOffset ?? offset)
  const later = segments.all.slice(at + 1)
  // The newest first, and durably before the file is cut: an end in the middle leaves no hole.
  for (const old of later.toReversed()) {
    segments.all = segments.all.slice(0, -1)
    cutTo(old.baseOffset)
    await old.markDeleted()
    removals.now(old)
  }
  await segment.removeIndexes()
  if (later.length > 0) await disk.syncDirectory(directory)
  segment.truncateTo(offset)
  cutTo(end)
  return end
}
