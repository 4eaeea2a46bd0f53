/** Which segments a compaction joins to one, so that they do not become smaller and smaller. Pure. */
export interface GroupedSegment {
  readonly baseOffset: number
  readonly sizeInBytes: number
  readonly offsetIndexSize: number
  readonly timeIndexSize: number
}

export interface GroupLimits {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  /** The offset behind the last segment. */
  readonly endOffset: number
}

const relativeOffsetMax = 2 ** 31 - 1

/** Neighbours whose sizes, and those of their indexes, fit into one segment of the log. */
export function groupSegments<S extends GroupedSegment>(segments: readonly S[], limits: GroupLimits): readonly S[][] {
  const groups: S[][] = []
  let sum = { sizeInBytes: 0, offsetIndexSize: 0, timeIndexSize: 0 }
  for (const [i, segment] of segments.entries()) {
    const group = groups.at(-1)
    const lastOffset = (segments[i + 1]?.baseOffset ?? limits.endOffset) - 1
    const together = {
      sizeInBytes: sum.sizeInBytes + segment.sizeInBytes,
      offsetIndexSize: sum.offsetIndexSize + segment.offsetIndexSize,
      timeIndexSize: sum.timeIndexSize + segment.timeIndexSize,
    }
    const fits =
      together.sizeInBytes <= limits.segmentBytes &&
      together.offsetIndexSize <= limits.segmentIndexBytes &&
      together.timeIndexSize <= limits.segmentIndexBytes
    const isNumbered = group !== undefined && lastOffset - (group[0]?.baseOffset ?? 0) <= relativeOffsetMax
    if (group !== undefined && fits && (segment.sizeInBytes === 0 || isNumbered)) {
      group.push(segment)
      sum = together
    } else {
      groups.push([segment])
      sum = segment
    }
  }
  return groups
}
