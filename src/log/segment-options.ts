/** What a segment is made with, and the settings of its log that it goes by. */
import type { Disk } from '../base/index.ts'

interface SegmentSettings {
  readonly segmentBytes: number
  readonly preallocate: boolean
  readonly indexIntervalBytes: number
  readonly segmentIndexBytes: number
}

export interface SegmentOptions {
  readonly disk: Disk
  readonly directory: string
  readonly baseOffset: number
  readonly rollJitterMs: number
  /** Read at each append: may change at run time. */
  readonly settings: () => SegmentSettings
}
