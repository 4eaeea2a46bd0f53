/**
 * The way out of a connection: requests in order. Those of one turn leave together, and while the socket is behind, the
 * next ones wait here: who asks for more looks at `waitingBytes` first.
 */
import type { Connection } from '../base/index.ts'
import type { Call } from './call.ts'

export class RequestStream {
  readonly #socket: Connection
  readonly #left: (call: Call) => void
  /** Requests that nobody answers: of `#chunks`, and of what was given to the socket. */
  #unanswered: Call[] = []
  #written: Call[] = []
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  /** Given to the socket, which has not taken all of it. */
  #writtenBytes = 0
  #isFlushQueued = false

  /** `left` is told of each request that nobody answers when the socket has taken all of it. */
  constructor(socket: Connection, left: (call: Call) => void) {
    this.#socket = socket
    this.#left = left
  }

  /** Bytes that the socket has not taken yet. */
  get waitingBytes(): number {
    return this.#chunkBytes + this.#writtenBytes
  }

  push(chunks: readonly Uint8Array[], call: Call): void {
    if (!call.isAnswered) this.#unanswered.push(call)
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
    for (const call of this.#written.splice(0)) this.#left(call)
    this.#flush()
  }

  /** The connection is gone: nothing more leaves. Returns the requests that nobody answers and that have not left. */
  close(): readonly Call[] {
    this.#chunks = []
    return [...this.#written.splice(0), ...this.#unanswered.splice(0)]
  }

  #flush(): void {
    if (this.#chunks.length === 0) return
    const chunks = this.#chunks
    const bytes = this.#chunkBytes
    this.#chunks = []
    this.#chunkBytes = 0
    const calls = this.#unanswered
    if (calls.length > 0) this.#unanswered = []
    if (this.#socket.write(chunks)) {
      for (const call of calls) this.#left(call)
      return
    }
    this.#writtenBytes = bytes
    this.#written.push(...calls)
  }
}
