/**
 * What becomes of a piece of plain bytes. The collector is told of memory outside of its heap, and runs for it: half of the CPU of a
 * broker that looked into compressed batches went there, until pieces that are looked at once gave theirs back.
 */

/** `kept` for as long as the caller wants, or looked at `once`, until he asks for the next one. */
export type PieceUse = 'kept' | 'once'

/** As Node has it where nobody has changed it. */
const poolBytes = 64 * 1024

/** Nobody looks any more at what a codec has made: its memory is free at once. Of nothing that lies in the compressed bytes. */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  // Small ones may be cut out of memory that is shared, which was made when the pool had another size, perhaps.
  const isWhole = byteLength === buffer.byteLength || buffer.byteLength > Math.max(Buffer.poolSize, poolBytes)
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
