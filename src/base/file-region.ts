/**
 * Part of a log file that goes to a socket as it lies, in a reply next to chunks of memory. The source keeps the file
 * open until `release`, and notices when the bytes are no longer those that were promised (a truncation, a short read).
 */
export interface FileRegion {
  readonly kind: 'region'
  readonly sizeInBytes: number
  /** Reads the bytes from `position` of the region into `into`; true when all of them were there. */
  readSync(into: Uint8Array, position: number): boolean
  /** Called once, when the last byte has been read or the connection is gone. */
  release(): void
}

/** What a reply is made of. */
export type ReplyPart = Uint8Array | FileRegion

export const isRegion = (part: ReplyPart): part is FileRegion => !(part instanceof Uint8Array)
export const partSizeInBytes = (part: ReplyPart): number => (isRegion(part) ? part.sizeInBytes : part.length)
