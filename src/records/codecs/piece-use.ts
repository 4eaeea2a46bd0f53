/**
 * What becomes of a piece of plain bytes. The collector is told of memory outside of its heap, and runs for it: half of the CPU of a
 * broker that looked into compressed batches went there, until pieces that are looked at once gave theirs back.
 */

/** `kept` for as long as the caller wants, or looked at `once`, until he asks for the next one. */
export type PieceUse = 'kept' | 'once'

/** Nobody looks any more at what a codec has made: its memory is free at once. Of nothing that lies in the compressed bytes. */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  // Small ones may be cut out of memory that is shared.
  const isWhole = byteLength === buffer.byteLength || buffer.byteLength > Buffer.poolSize
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
