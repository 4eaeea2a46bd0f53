/** The codecs of record batches, by the numbers that stand in the attributes. */
export const CompressionType = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

export type CompressionType = (typeof CompressionType)[keyof typeof CompressionType]

/** Kafka's names, as in `compression.type`. */
export type CompressionName = keyof typeof CompressionType

const names: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** The codec of three bits of attributes, or undefined: 5 to 7 are not taken. */
export function compressionType(id: number): CompressionType | undefined {
  return id === 0 || id === 1 || id === 2 || id === 3 || id === 4 ? id : undefined
}

export function compressionName(type: CompressionType): CompressionName {
  return names[type] ?? 'none'
}

/** What a topic stores its batches in. Plain data: it goes to workers as it is. */
export interface TargetCompression {
  readonly codec: CompressionType
  /** Undefined for a codec that has none, or for its default. */
  readonly level: number | undefined
}
