/** Why compressed bytes gave nothing: they are not what they say, or they are more than the caller takes. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly reason: 'corrupt' | 'limit'

  constructor(reason: 'corrupt' | 'limit', message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

export function corrupt(message: string, cause?: unknown): CompressionError {
  return new CompressionError('corrupt', message, { cause })
}

export function overLimit(limitBytes: number): CompressionError {
  return new CompressionError('limit', `more than ${limitBytes} bytes after decompression`)
}
