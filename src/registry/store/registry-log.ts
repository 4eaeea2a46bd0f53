/** What a registry needs of where its records are. */
import type { RegistryRecord } from './registry-record.ts'

/** Where records are kept, and come back from, in one order for all. */
export interface RegistryLog {
  /** Resolves when all has been replayed that was there. */
  open(): Promise<void>
  /** Behind so many milliseconds nothing of `append` is on its way to the log any more, whatever became of it. */
  readonly appendMsMax: number
  /** Resolves when they are kept, and have been replayed. Rejects with RegistryError: then it is not known whether they are. */
  append(records: readonly RegistryRecord[]): Promise<void>
  /** Resolves when all has been replayed that was appended before. */
  catchUp(): Promise<void>
  close(): Promise<void>
}

/** Told of each record. Returns why it is not taken. */
export type Replay = (record: RegistryRecord) => string | undefined
