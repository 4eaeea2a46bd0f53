/**
 * The way out of a connection: requests in order. Those of one turn leave together, and while the socket is behind, the
 * next ones wait here: who asks for more looks at `waitingBytes` first.
 */
import type { Connection } from '../base/index.ts'

export class RequestStream {
  readonly #socket: Connection
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  /** Given to the socket, which has not taken all of it. */
  #writtenBytes = 0
  #isFlushQueued = false

  constructor(socket: Connection) {
    this.#socket = socket
  }

  /** Bytes that the socket has not taken yet. */
  get waitingBytes(): number {
    return this.#chunkBytes + this.#writtenBytes
  }

  push(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#chunks.push(chunk)
      this.#chunkBytes += chunk.length
    }
    if (this.#isFlushQueued || this.#writtenBytes > 0) return
    this.#isFlushQueued = true
    queueMicrotask(() => {
      this.#isFlushQueued = false
      this.#flush()
    })
  }

  drained(): void {
    this.#writtenBytes = 0
    this.#flush()
  }

  /** The connection is gone: nothing more leaves. */
  close(): void {
    this.#chunks = []
  }

  #flush(): void {
    if (this.#chunks.length === 0) return
    const chunks = this.#chunks
    const bytes = this.#chunkBytes
    this.#chunks = []
    this.#chunkBytes = 0
    if (!this.#socket.write(chunks)) this.#writtenBytes = bytes
  }
}
