/** All that a plan names, in memory: for those who load a log, not for the fetch path. */
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
