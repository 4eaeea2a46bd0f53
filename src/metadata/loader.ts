/**
 * Committed records in, images out, on every node. What a metadata transaction (KIP-868) holds is published whole when it
 * ends, or never. Decides nothing and reads nothing: the quorum hands it what is committed, listeners get images.
 */
import { assert } from '../base/index.ts'
import { type MetadataChanges, MetadataDelta } from './delta.ts'
import { emptyImage, type MetadataImage, type Provenance } from './image/metadata-image.ts'
import type { MetadataRecord } from './record.ts'
import type { KnownPartition } from './topics-delta.ts'

export interface MetadataBatch {
  readonly baseOffset: number
  /** Beyond `baseOffset + records.length - 1` in a control batch, whose records are the quorum's own. */
  readonly lastOffset: number
  readonly epoch: number
  readonly timestampMs: number
  readonly records: readonly MetadataRecord[]
}

export interface MetadataSnapshot {
  /** Of the last record that the snapshot covers: one less than the offset in its name. */
  readonly provenance: Provenance
  readonly records: Iterable<MetadataRecord>
}

export interface MetadataUpdate {
  readonly before: MetadataImage
  readonly image: MetadataImage
  readonly changes: MetadataChanges
}

export interface MetadataLoaderOptions {
  /** Called at once, with each image in order. */
  readonly publish: (update: MetadataUpdate) => void
  /** What the controller of this node has, which is told before the loader. */
  readonly known?: KnownPartition
}

export class MetadataLoader {
  readonly #publish: (update: MetadataUpdate) => void
  #image: MetadataImage = emptyImage
  readonly #known: KnownPartition | undefined
  #delta: MetadataDelta
  /** Of the last record taken, published or not. */
  #loaded: Provenance = emptyImage.provenance
  /** Whether a record was taken since the last image. */
  #dirty = false
  #inTransaction = false

  constructor({ publish, known }: MetadataLoaderOptions) {
    this.#publish = publish
    this.#known = known
    this.#delta = new MetadataDelta(emptyImage, known)
  }

  /** The last image published. */
  get image(): MetadataImage {
    return this.#image
  }

  get inTransaction(): boolean {
    return this.#inTransaction
  }

  /** Takes what is committed, in order; publishes one image for all of it, unless a transaction is open at its end. */
  loadBatches(batches: Iterable<MetadataBatch>): void {
    for (const batch of batches) this.#loadBatch(batch)
    if (this.#dirty && !this.#inTransaction) this.#publishPending()
  }

  #loadBatch({ baseOffset, lastOffset, epoch, timestampMs, records }: MetadataBatch): void {
    assert(baseOffset > this.#loaded.offset, `offset ${baseOffset} comes after ${this.#loaded.offset}`)
    assert(lastOffset >= baseOffset + records.length - 1, 'a batch ends behind its records')
    assert(epoch >= this.#loaded.epoch, `epoch ${epoch} comes after ${this.#loaded.epoch}`)
    for (const [i, record] of records.entries()) {
      this.#load(record)
      this.#loaded = { offset: baseOffset + i, epoch, timestampMs }
      this.#dirty = true
    }
    this.#loaded = { offset: lastOffset, epoch, timestampMs }
    this.#dirty = true
  }

  #load(record: MetadataRecord): void {
    switch (record.kind) {
      case 'beginTransaction':
        assert(!this.#inTransaction, 'a metadata transaction begins inside another')
        // Readers need not wait for the transaction to see what came before it.
        if (this.#dirty) this.#publishPending()
        this.#inTransaction = true
        return
      case 'endTransaction':
        assert(this.#inTransaction, 'no metadata transaction to end')
        this.#inTransaction = false
        return
      case 'abortTransaction':
        assert(this.#inTransaction, 'no metadata transaction to abort')
        this.#inTransaction = false
        this.#delta = new MetadataDelta(this.#image, this.#known)
        return
      default:
        this.#delta.replay(record)
    }
  }

  /** Replaces everything. A transaction that was open is gone: a snapshot holds what is committed and ended. */
  loadSnapshot({ provenance, records }: MetadataSnapshot): void {
    assert(provenance.offset >= this.#image.provenance.offset, 'a snapshot is not older than the image')
    this.#inTransaction = false
    this.#delta = new MetadataDelta(this.#image, this.#known)
    this.#delta.clear()
    for (const record of records) this.#delta.replay(record)
    this.#loaded = provenance
    this.#publishPending()
  }

  #publishPending(): void {
    const before = this.#image
    const delta = this.#delta
    this.#image = delta.apply(this.#loaded)
    this.#delta = new MetadataDelta(this.#image, this.#known)
    this.#dirty = false
    this.#publish({ before, image: this.#image, changes: delta.changes() })
  }
}
