/** How the formats that have blocks of their own (snappy, lz4) are written: a start, blocks that stand alone, an end. */
export interface BlockFrame {
  /** Plain bytes of each block but the last. */
  readonly blockSize: number
  start(): Uint8Array
  /** May hold `plain` itself: it is to be written, or copied, before `plain` changes. */
  block(plain: Uint8Array): readonly Uint8Array[]
  end(): Uint8Array
}
