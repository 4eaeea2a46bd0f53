/** What a batch of many frames (zstd) or members (gzip) may cost. Writers make one, or one each time they flush. */
import { corrupt } from './compression-error.ts'

/** Kafka has no bound. Frames of nothing are 9 bytes each, and this many cost a worker 0.1 s. */
export const framesMax = 4096

/** A context is made for each frame: 20 us, as much as this many blocks of the codecs that have small ones. */
const piecesPerFrame = 64
const nothing = new Uint8Array(0)

/** Pieces of nothing, for those who bound what a batch costs them by its pieces. */
export function* frameToll(frames = 1): Generator<Uint8Array, void, void> {
  for (let i = 0; i < frames * piecesPerFrame; i++) yield nothing
}

/** Throws when there are more frames than are looked at. */
export function checkFrameCount(count: number): void {
  if (count > framesMax) throw corrupt(`more than ${framesMax} frames`)
}
