/** The standard output of a verb that writes as long as there is something: it waits for the reader, and sees when there is none. */

/** What this needs of `process.stdout`. */
export interface ByteStream {
  write(bytes: Uint8Array | string, done: (error?: Error | null) => void): boolean
  once(event: 'error' | 'drain', listener: (error: Error) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error' | 'drain', listener: (error: Error) => void): unknown
}

export class Output {
  readonly #stream: ByteStream
  readonly #ended: () => void
  #failure: Error | undefined
  #last: Promise<void> = Promise.resolve()

  /** `ended` is called once, when nobody reads any more, or it cannot be written to. */
  constructor(stream: ByteStream, ended: () => void = () => undefined) {
    this.#stream = stream
    this.#ended = ended
    // It stays: what is written behind that fails likewise.
    stream.on('error', (error) => this.#fail(error))
  }

  /** Nobody reads what is written: a pipe whose other end is closed. */
  get isBroken(): boolean {
    return this.#failure !== undefined && 'code' in this.#failure && this.#failure.code === 'EPIPE'
  }

  /** Why nothing can be written, where that is not for the want of a reader: a disk that is full. */
  get failure(): Error | undefined {
    return this.isBroken ? undefined : this.#failure
  }

  /** Resolves when there is room for more; at once where nothing can be written any more. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#failure !== undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    const hasRoom = this.#stream.write(bytes, (error) => {
      if (error !== null && error !== undefined) this.#fail(error)
      resolve()
    })
    if (!hasRoom) await promise
  }

  /** Resolves when all is handed to the system. */
  flushed(): Promise<void> {
    return this.#last
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#ended()
  }
}
