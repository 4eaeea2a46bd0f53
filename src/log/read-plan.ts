/** All that a plan names, in memory: for those who load or copy a log, not for the fetch path. */
import type { ReadPlan } from './log-types.ts'

/** Undefined where the log was cut meanwhile or the disk refused to read, which the log was told of. */
export function readPlan(plan: ReadPlan): Uint8Array | undefined {
  const bytes = new Uint8Array(plan.sizeInBytes)
  const regions = plan.open()
  try {
    let at = 0
    for (const region of regions) {
      if (!region.readSync(bytes.subarray(at, at + region.sizeInBytes), 0)) return undefined
      at += region.sizeInBytes
    }
    return bytes
  } finally {
    for (const region of regions) region.release()
  }
}

/** The same off the loop, for what is seldom in the page cache. Undefined where not all of it was there. Rejects with DiskError. */
export async function readPlanLater(plan: ReadPlan): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(plan.sizeInBytes)
  const regions = plan.open()
  try {
    let at = 0
    for (const { handle, position, sizeInBytes } of regions) {
      const end = at + sizeInBytes
      for (let from = position; at < end; ) {
        const size = await handle.file.read(bytes, at, end, from)
        if (size === 0) return undefined
        at += size
        from += size
      }
    }
    return bytes
  } finally {
    for (const region of regions) region.release()
  }
}
