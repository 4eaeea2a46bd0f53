/** The log and the vote file of one node, as batches: what is durable, and what a cut of the power takes. */
import assert from 'node:assert/strict'
import type { ElectionState, Entry, FetchedBatch, OffsetAndEpoch } from '../../../src/raft/index.ts'

const noVote: ElectionState = { epoch: 0, leaderId: -1, voted: undefined }

export interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  /** What it says: equal batches are equal in this. */
  readonly text: string
}

export class ModelLog {
  batches: ModelBatch[] = []
  flushedOffset = 0
  election: ElectionState = noVote
  #durableElection: ElectionState = noVote

  get endOffset(): number {
    return (this.batches.at(-1)?.lastOffset ?? -1) + 1
  }

  append(entry: Entry): void {
    assert.equal(entry.baseOffset, this.endOffset, 'entries are for the end of the log')
    if (entry.kind === 'fetched') {
      for (const { baseOffset, lastOffset, epoch, bytes } of entry.batches) {
        assert.equal(baseOffset, this.endOffset, 'batches follow each other')
        this.batches.push({ baseOffset, lastOffset, epoch, text: Buffer.from(bytes).toString() })
      }
      return
    }
    const { baseOffset, epoch } = entry
    const texts =
      entry.kind === 'records' ? entry.records.map((it) => Buffer.from(it).toString()) : [`leader ${entry.leaderId}`]
    this.batches.push({ baseOffset, lastOffset: baseOffset + texts.length - 1, epoch, text: texts.join() })
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter((batch) => batch.lastOffset < offset)
    assert.equal(this.endOffset, offset, 'a log is cut between batches')
    this.flushedOffset = Math.min(this.flushedOffset, offset)
  }

  flush(): void {
    this.flushedOffset = this.endOffset
  }

  /** `isSynced` false: the file is written and may be lost. */
  persist(election: ElectionState, isSynced: boolean): void {
    this.election = election
    if (isSynced) this.#durableElection = election
  }

  /** `keeps` says how much of what was not flushed survives. */
  cutPower(keeps: (bound: number) => number): void {
    const unflushed = this.batches.filter((batch) => batch.baseOffset >= this.flushedOffset).length
    const kept = this.batches.length - unflushed + keeps(unflushed + 1)
    this.batches = this.batches.slice(0, kept)
    this.flushedOffset = this.endOffset
    this.election = this.#durableElection
  }

  read(offset: number, bytesMax: number): FetchedBatch[] {
    const found: FetchedBatch[] = []
    let size = 0
    for (const { baseOffset, lastOffset, epoch, text } of this.batches) {
      if (lastOffset < offset) continue
      const bytes = Buffer.from(text)
      size += bytes.length
      if (found.length > 0 && size > bytesMax) break
      found.push({ baseOffset, lastOffset, epoch, bytes })
    }
    return found
  }

  get epochs(): OffsetAndEpoch[] {
    const epochs: OffsetAndEpoch[] = []
    for (const { baseOffset, epoch } of this.batches) {
      if (epoch !== epochs.at(-1)?.epoch) epochs.push({ offset: baseOffset, epoch })
    }
    return epochs
  }
}
