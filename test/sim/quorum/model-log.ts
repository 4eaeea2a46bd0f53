/**
 * The log, the snapshots and the vote file of one node, as batches: what is durable, and what a cut of the power takes.
 */
import assert from 'node:assert/strict'
import type { ElectionState, Entry, FetchedBatch, OffsetAndEpoch } from '../../../src/raft/index.ts'
import type { LoggedRecord } from '../../../src/raft/quorum-records.ts'
import { bytesOf, type ModelSnapshot, sumOf } from './model-snapshot.ts'
import { quorumText, recordsIn, textOf } from './quorum-text.ts'

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
  startOffset = 0
  flushedOffset = 0
  /** Durable, oldest first. */
  snapshots: ModelSnapshot[] = []
  election: ElectionState = noVote
  #durableElection: ElectionState = noVote

  get endOffset(): number {
    return (this.batches.at(-1)?.lastOffset ?? this.startOffset - 1) + 1
  }

  get latestSnapshot(): ModelSnapshot | undefined {
    return this.snapshots.at(-1)
  }

  /** Of the first batch that does not end before `offset`; the number of batches where there is none. */
  indexOf(offset: number): number {
    let [low, high] = [0, this.batches.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.batches[middle]?.lastOffset ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low
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
    const texts = textOf(entry)
    this.batches.push({ baseOffset, lastOffset: baseOffset + texts.length - 1, epoch, text: texts.join('|') })
  }

  /** What it says of the quorum, and the snapshot that it goes on from. */
  get logged(): LoggedRecord[] {
    const from = this.snapshots.find(({ offset }) => offset === this.startOffset)
    return [from?.quorum ?? '', ...this.batches.map(({ text }) => text)].flatMap(recordsIn)
  }

  truncateTo(offset: number): void {
    this.batches = this.batches.filter((batch) => batch.lastOffset < offset)
    assert.equal(this.endOffset, offset, 'a log is cut between batches')
    this.flushedOffset = Math.min(this.flushedOffset, offset)
  }

  flush(): void {
    this.flushedOffset = this.endOffset
  }

  /** Of all batches before `offset`. Undefined where none ends there, or nothing is before. */
  snapshotAt(offset: number, logged: readonly LoggedRecord[]): ModelSnapshot | undefined {
    const last = this.batches.findLast((batch) => batch.lastOffset < offset)
    if (last === undefined || last.lastOffset + 1 !== offset) return undefined
    const from = this.snapshots.find((snapshot) => snapshot.offset === this.startOffset)
    assert.ok(this.startOffset === 0 || from !== undefined, 'a log starts at a snapshot or at 0')
    const sum = sumOf(
      from?.sum ?? 0,
      this.batches.filter((batch) => batch.lastOffset < offset),
    )
    const made = { offset, epoch: last.epoch, sum, quorum: quorumText(logged, offset) }
    return { ...made, sizeInBytes: bytesOf(made).length }
  }

  /** Before the newest snapshot nothing is needed. */
  cutBehindSnapshot(): void {
    const latest = this.latestSnapshot
    if (latest === undefined) return
    this.batches = this.batches.filter((batch) => batch.lastOffset >= latest.offset)
    this.startOffset = latest.offset
    this.snapshots = [latest]
  }

  startFrom(snapshot: ModelSnapshot): void {
    this.batches = []
    this.startOffset = snapshot.offset
    this.flushedOffset = snapshot.offset
    this.snapshots = [snapshot]
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
    // Snapshots are made of what is known to be committed, which may be more than what is durable here.
    const latest = this.latestSnapshot
    if (latest !== undefined && !this.#goesOnFrom(latest)) this.startFrom(latest)
  }

  /** As a start finds it: the log is that of the snapshot. */
  #goesOnFrom({ offset, epoch }: ModelSnapshot): boolean {
    if (this.endOffset < offset) return false
    const last = this.batches.findLast((batch) => batch.lastOffset < offset)
    const lastEpoch = this.batches.at(-1)?.epoch
    return lastEpoch === undefined || (lastEpoch >= epoch && (last === undefined || last.epoch <= epoch))
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
