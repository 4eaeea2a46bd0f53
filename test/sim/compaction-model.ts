/** What a compacted log must hold, said as simply as it can be: lists of batches and records, walked from front to back. */
export interface ModelRecord {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly timestampMs: number
}

export interface ModelBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly kind: 'data' | 'commit' | 'abort'
  readonly isTransactional: boolean
  /** Of a marker there is one, without a key. */
  records: readonly ModelRecord[]
  horizonMs: number | undefined
}

interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastDataOffset: number
}

interface Cleaning {
  readonly endOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly producers: readonly Producer[]
}

export class CompactionModel {
  batches: ModelBatch[] = []

  get endOffset(): number {
    return (this.batches.at(-1)?.lastOffset ?? -1) + 1
  }

  /** The end of the transaction that the batch at `i` belongs to; undefined where none is. */
  #outcome(i: number): ModelBatch['kind'] | undefined {
    const { producerId } = this.batches[i] ?? { producerId: -1 }
    return this.batches.slice(i + 1).find((later) => later.producerId === producerId && later.kind !== 'data')?.kind
  }

  #isAborted(i: number): boolean {
    return this.batches[i]?.isTransactional === true && this.#outcome(i) === 'abort'
  }

  /** The newest record of each key that no aborted transaction wrote. */
  newest(endOffset: number): ReadonlyMap<string, ModelRecord> {
    const newest = new Map<string, ModelRecord>()
    for (const [i, { kind, lastOffset, records }] of this.batches.entries()) {
      if (kind !== 'data' || lastOffset >= endOffset || this.#isAborted(i)) continue
      for (const record of records) newest.set(record.key, record)
    }
    return newest
  }

  clean({ endOffset, nowMs, deleteRetentionMs, producers }: Cleaning): void {
    const newest = this.newest(endOffset)
    const aborted = new Set(this.batches.filter((batch, i) => batch.kind === 'data' && this.#isAborted(i)))
    /** Producers of which something was met since their last marker. */
    const met = new Set<number>()
    const kept: ModelBatch[] = []
    for (const batch of this.batches) {
      if (batch.lastOffset >= endOffset) {
        kept.push(batch)
        continue
      }
      const isDue = batch.horizonMs !== undefined && batch.horizonMs <= nowMs
      let needsHorizon = false
      let { records } = batch
      if (batch.kind === 'data') {
        if (batch.isTransactional) met.add(batch.producerId)
        records = aborted.has(batch)
          ? []
          : records.filter((it) => newest.get(it.key)?.offset === it.offset && (it.value !== null || !isDue))
        needsHorizon = records.some(({ value }) => value === null)
      } else {
        const isLeft = met.delete(batch.producerId)
        if (!isLeft && isDue) records = []
        needsHorizon = !isLeft
      }
      const last = producers.find(({ producerId }) => producerId === batch.producerId)
      const isLastOfProducer =
        last !== undefined &&
        (last.lastDataOffset >= 0
          ? last.lastDataOffset === batch.lastOffset
          : batch.kind !== 'data' && last.producerEpoch === batch.producerEpoch)
      if (records.length === 0) {
        if (isLastOfProducer || batch.lastOffset + 1 === endOffset)
          kept.push({ ...batch, records, horizonMs: undefined })
        continue
      }
      const horizonMs = batch.horizonMs ?? (needsHorizon ? nowMs + deleteRetentionMs : undefined)
      kept.push({ ...batch, records, horizonMs })
    }
    this.batches = kept
  }
}
