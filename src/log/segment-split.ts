/**
 * Splits a segment with offsets that its indexes cannot hold, as old compactions of Kafka made them: nothing in it is lost.
 * The parts come as the outcome of a compaction does, by renames that a start finishes or undoes.
 */
import type { Disk } from '../base/index.ts'
import { relativeOffsetMax } from './batch-info.ts'
import { cleanedSuffix, filePath, logSuffix, swapSuffix } from './file-names.ts'
import type { Segment } from './segment.ts'
import { scanBatches } from './segment-scan.ts'
import { writeFully } from './whole-file.ts'

const chunkSize = 1024 * 1024

/** The segment of this base offset must be split before the log can be recovered. */
export class OffsetOverflowError extends Error {
  override readonly name = 'OffsetOverflowError'
  readonly baseOffset: number

  constructor(baseOffset: number) {
    super(`the segment ${baseOffset} has offsets that its indexes cannot hold`)
    this.baseOffset = baseOffset
  }
}

interface Part {
  readonly baseOffset: number
  readonly position: number
}

/** Durable on return; what it was made from is removed by `finishInterruptedChanges`. */
export async function splitSegment(disk: Disk, directory: string, segment: Segment): Promise<void> {
  const parts = await partsOf(segment)
  for (const [i, part] of parts.entries()) {
    const end = parts[i + 1]?.position ?? segment.handle.file.size()
    await copy(disk, { path: filePath(directory, part.baseOffset, logSuffix) + cleanedSuffix, segment, part, end })
  }
  // The first one last: as long as it is a `.cleaned`, a start takes none of them.
  for (const { baseOffset } of parts.toReversed()) {
    const path = filePath(directory, baseOffset, logSuffix)
    await disk.rename(path + cleanedSuffix, path + swapSuffix)
  }
  await disk.syncDirectory(directory)
}

/** The first keeps the name of the whole, though there be nothing in it. A torn tail goes with the last one. */
async function partsOf({ baseOffset, handle }: Segment): Promise<readonly Part[]> {
  const parts: Part[] = [{ baseOffset, position: 0 }]
  let base = baseOffset
  await scanBatches({
    file: handle.file,
    from: 0,
    to: handle.file.size(),
    isCrcChecked: true,
    visit: (info, position) => {
      if (info.lastOffset - base > relativeOffsetMax) {
        base = info.baseOffset
        parts.push({ baseOffset: base, position })
      }
      return true
    },
  })
  return parts
}

interface Copy {
  readonly path: string
  readonly segment: Segment
  readonly part: Part
  readonly end: number
}

async function copy(disk: Disk, { path, segment, part, end }: Copy): Promise<void> {
  const file = await disk.open(path, { mode: 'create' })
  const { position } = part
  try {
    const chunk = new Uint8Array(chunkSize)
    for (let at = position; at < end; ) {
      const size = await segment.handle.file.read(chunk, 0, Math.min(chunkSize, end - at), at)
      if (size === 0) break
      await writeFully({ file, chunks: [chunk.subarray(0, size)], position: at - position })
      at += size
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
