/**
 * What is to be told of records that were acquired, by their offsets in one partition: pure. Runs of offsets become ranges, so that
 * five hundred records that were accepted take as many bytes on the wire as one.
 */

/** As the wire has them (KIP-932; renew: KIP-1222). A gap is an offset at which there is no record. */
export const AcknowledgeType = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const
export type AcknowledgeType = (typeof AcknowledgeType)[keyof typeof AcknowledgeType]

export interface AcknowledgedRange {
  readonly firstOffset: number
  /** Included. */
  readonly lastOffset: number
  readonly type: AcknowledgeType
}

/** One type for all offsets, or one for each. */
export interface AcknowledgementBatch {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly acknowledgeTypes: number[]
}

/** Up to so many of one type lie with their neighbours in one batch, a byte for each; more are a batch of their own. */
const shortRun = 16

/** In order, without overlaps: those that touch and are of one type are one. */
export function coalesced(ranges: Iterable<AcknowledgedRange>): AcknowledgedRange[] {
  const sorted = [...ranges].sort((a, b) => a.firstOffset - b.firstOffset)
  const whole: AcknowledgedRange[] = []
  for (const range of sorted) {
    const last = whole.at(-1)
    if (last !== undefined && last.type === range.type && last.lastOffset + 1 === range.firstOffset) {
      whole[whole.length - 1] = { ...last, lastOffset: range.lastOffset }
    } else whole.push(range)
  }
  return whole
}

/** `ranges` as `coalesced` gives them. */
export function acknowledgementBatches(ranges: readonly AcknowledgedRange[]): AcknowledgementBatch[] {
  const batches: AcknowledgementBatch[] = []
  let isOpen = false
  for (const { firstOffset, lastOffset, type } of ranges) {
    const count = lastOffset - firstOffset + 1
    const last = batches.at(-1)
    if (count <= shortRun && isOpen && last !== undefined && last.lastOffset + 1 === firstOffset) {
      const acknowledgeTypes = [...last.acknowledgeTypes, ...new Array<number>(count).fill(type)]
      batches[batches.length - 1] = { ...last, lastOffset, acknowledgeTypes }
    } else {
      isOpen = count <= shortRun
      batches.push({ firstOffset, lastOffset, acknowledgeTypes: new Array<number>(isOpen ? count : 1).fill(type) })
    }
  }
  return batches.map(withOneType)
}

function withOneType(batch: AcknowledgementBatch): AcknowledgementBatch {
  const [first, ...others] = batch.acknowledgeTypes
  const isOne = first !== undefined && others.every((type) => type === first)
  return isOne ? { ...batch, acknowledgeTypes: [first] } : batch
}
