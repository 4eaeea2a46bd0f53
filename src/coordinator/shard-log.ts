/** The partition that a shard of a coordinator lives in, as the runtime writes to it: batch after batch. */

export interface ShardLog<R> {
  /** A batch that will begin at the log's end, as long as nobody else writes there. */
  open(): ShardBatch<R>
}

export interface ShardBatch<R> {
  /** Of its first record, unless somebody else writes first. */
  readonly baseOffset: number
  /**
   * Adds the records of one decision, which lie in one batch or nowhere; false if there is no room beside what is in it.
   * Throws ApiError where no batch has room for them.
   */
  add(records: readonly R[]): boolean
  /**
   * Appends it and tells where it begins; `committed` settles when the high watermark has passed it, or rejects with
   * ApiError if it never will: batches that are lost are told in the order of the log, before anything is appended in
   * their place. Throws ApiError where nothing was appended.
   */
  append(): { readonly baseOffset: number; readonly committed: Promise<void> }
}
