/** A snapshot of the model: what it says of the batches before its offset, and its bytes. */
import type { OffsetAndEpoch } from '../../../src/raft/index.ts'
import type { ModelBatch } from './model-log.ts'

export interface ModelSnapshot extends OffsetAndEpoch {
  /** Of all batches that it covers, in order. */
  readonly sum: number
  /** What it says of the quorum. */
  readonly quorum: string
  readonly sizeInBytes: number
}

/** Goes on from the sum of what came before. */
export function sumOf(before: number, batches: readonly ModelBatch[]): number {
  let sum = before
  for (const { baseOffset, epoch, text } of batches) {
    for (const char of `${baseOffset} ${epoch} ${text}`) sum = (Math.imul(sum, 31) + (char.codePointAt(0) ?? 0)) >>> 0
  }
  return sum
}

/** Some more bytes than one piece has. */
export const bytesOf = ({ offset, epoch, sum, quorum }: Omit<ModelSnapshot, 'sizeInBytes'>): Buffer =>
  Buffer.from(`snapshot ${offset} ${epoch} ${sum} [${quorum}] whole`)

/** Undefined where the bytes are no whole snapshot. */
export function snapshotFrom(bytes: Buffer): ModelSnapshot | undefined {
  const [, offset, epoch, sum, quorum] = /^snapshot (\d+) (\d+) (\d+) \[([ -~]*)\] whole$/.exec(bytes.toString()) ?? []
  if (offset === undefined || quorum === undefined) return undefined
  return { offset: Number(offset), epoch: Number(epoch), sum: Number(sum), quorum, sizeInBytes: bytes.length }
}
