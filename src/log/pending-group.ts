/** Which pending appends go into the next write: as many as fit one group and the segment. Pure; the log executes it. */
import type { Pending, Prepared } from './log-types.ts'

/** Bytes of pending appends that go into one write. */
const groupBytesMax = 8 * 1024 * 1024

/** `mustRoll`: whether the segment must be rolled before `next`, with `sizeBefore` bytes of the group written already. */
export function nextGroup(
  pending: readonly Pending[],
  mustRoll: (next: Prepared, sizeBefore: number) => boolean,
): Pending[] {
  const group: Pending[] = []
  let size = 0
  for (const next of pending) {
    const isTooMuch = size + next.bytes.length > groupBytesMax || mustRoll(next, size)
    if (group.length > 0 && next.batches.length > 0 && isTooMuch) break
    group.push(next)
    size += next.bytes.length
  }
  return group
}
