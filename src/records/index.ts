/** The door of `records`: record batches, their records, and the codecs. */
export * as batchHeader from './batch-header.ts'
export * from './compression-type.ts'
