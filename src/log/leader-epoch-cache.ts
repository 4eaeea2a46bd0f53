/**
 * Where each leader epoch starts in a log (KIP-101, KIP-279), and the text of `leader-epoch-checkpoint`. Pure: the log
 * writes the file. Epochs and start offsets rise from entry to entry.
 */
import { assert } from '../base/index.ts'
import { checkpointLines } from './checkpoint.ts'

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export interface EpochEndOffset {
  readonly leaderEpoch: number
  readonly endOffset: number
}

const undefinedEpoch = -1
const undefinedEpochOffset = -1
const unknown: EpochEndOffset = { leaderEpoch: undefinedEpoch, endOffset: undefinedEpochOffset }

export class LeaderEpochCache {
  #entries: readonly EpochEntry[] = []
  #version = 0

  constructor(entries: readonly EpochEntry[] = []) {
    for (const { epoch, startOffset } of entries) this.assign(epoch, startOffset)
    this.#version = 0
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  get latest(): EpochEntry | undefined {
    return this.#entries.at(-1)
  }

  /** Counts the changes: what was written is known by it. */
  get version(): number {
    return this.#version
  }

  /**
   * The epoch starts at `startOffset`, or has started before; entries that contradict are dropped. A leader that had lost its tail may
   * have begun an epoch behind an older one that goes on here: that one keeps its start (Kafka lets it start anew).
   */
  assign(epoch: number, startOffset: number): void {
    assert(epoch >= 0 && startOffset >= 0, 'an epoch and its start are not negative')
    const startsBefore = (entry: EpochEntry): boolean => entry.epoch === epoch && entry.startOffset <= startOffset
    if (this.latest !== undefined && startsBefore(this.latest)) return
    const isOlder = (entry: EpochEntry): boolean => entry.epoch < epoch && entry.startOffset < startOffset
    const kept = this.#entries.filter((entry) => isOlder(entry) || startsBefore(entry))
    const isKnown = kept.at(-1)?.epoch === epoch
    this.#replace(isKnown ? kept : [...kept, { epoch, startOffset }])
  }

  /** A batch of `epoch` begins at `offset`: entries that say something else of it are dropped. */
  learn(epoch: number, offset: number): void {
    const isContradicted = (entry: EpochEntry): boolean => entry.epoch > epoch && entry.startOffset <= offset
    if (this.latest !== undefined && isContradicted(this.latest)) {
      this.#replace(this.#entries.filter((entry) => !isContradicted(entry)))
    }
    if (epoch > (this.latest?.epoch ?? undefinedEpoch)) this.assign(epoch, offset)
  }

  /** The log ends before `endOffset` now. */
  truncateFromEnd(endOffset: number): void {
    if ((this.latest?.startOffset ?? -1) < endOffset) return
    this.#replace(this.#entries.filter((entry) => entry.startOffset < endOffset))
  }

  /** The log starts at `startOffset` now: the epoch that holds it starts there. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries[0]
    if (first === undefined || first.startOffset >= startOffset) return
    const holding = this.#entries.findLast((entry) => entry.startOffset <= startOffset)
    const behind = this.#entries.filter((entry) => entry.startOffset > startOffset)
    this.#replace(holding === undefined ? behind : [{ epoch: holding.epoch, startOffset }, ...behind])
  }

  /** Older epochs, before all that are known; one that is known already begins earlier now. */
  putBefore(older: readonly EpochEntry[]): void {
    const [first = { epoch: Number.MAX_SAFE_INTEGER, startOffset: Number.MAX_SAFE_INTEGER }] = this.#entries
    const entries = older.filter(({ epoch, startOffset }) => epoch <= first.epoch && startOffset < first.startOffset)
    const isFirstKnown = entries.at(-1)?.epoch === first.epoch
    if (entries.length > 0) this.#replace([...entries, ...this.#entries.slice(isFirstKnown ? 1 : 0)])
  }

  clear(): void {
    if (this.#entries.length > 0) this.#replace([])
  }

  /** The last epoch up to `epoch` that the log knows, and where it ends; -1 and -1 where nothing is known. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    const latest = this.latest
    if (epoch === undefinedEpoch || latest === undefined) return unknown
    if (latest.epoch === epoch) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const higher = this.#entries.find((entry) => entry.epoch > epoch)
    if (higher === undefined) return unknown
    const floor = this.#entries.findLast((entry) => entry.epoch <= epoch)
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: higher.startOffset }
  }

  epochOf(offset: number): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch
  }

  #replace(entries: readonly EpochEntry[]): void {
    this.#entries = entries
    this.#version++
  }
}

export const encodeLeaderEpochs = (entries: readonly EpochEntry[]): string =>
  `0\n${entries.length}\n${entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`).join('')}`

/** Throws RangeError on anything else than what `encodeLeaderEpochs` wrote. */
export function decodeLeaderEpochs(text: string): readonly EpochEntry[] {
  return checkpointLines(text).map((line, i) => {
    const [, epoch, startOffset] = /^(\d{1,10}) (\d{1,19})$/.exec(line) ?? []
    if (epoch === undefined || startOffset === undefined) throw new RangeError(`no 'epoch offset' in line ${i + 3}`)
    return { epoch: Number(epoch), startOffset: Number(startOffset) }
  })
}
