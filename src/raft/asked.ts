/** The requests of other nodes that wait for the machine's answer, by token. */
import { ApiError } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { QuorumReply } from './messages.ts'

/** The answer to another node. */
export interface QuorumAnswer {
  /** Of a fetch of a snapshot: with its bytes. */
  readonly reply: QuorumReply
  /** Of a fetch: whole batches, the last one may be cut. */
  readonly records: Uint8Array
}

interface Waiting {
  readonly resolve: (answer: QuorumAnswer) => void
  readonly reject: (error: unknown) => void
}

export class Asked {
  readonly #waiting = new Map<number, Waiting>()
  #nextToken = 0
  #isOver = false

  /** `answer` rejects with ApiError BROKER_NOT_AVAILABLE when the node stops. */
  add(): { readonly token: number; readonly answer: Promise<QuorumAnswer> } {
    const { promise, resolve, reject } = Promise.withResolvers<QuorumAnswer>()
    const token = this.#nextToken++
    if (this.#isOver) reject(stopped())
    else this.#waiting.set(token, { resolve, reject })
    return { token, answer: promise }
  }

  isWaiting(token: number): boolean {
    return this.#waiting.has(token)
  }

  /** Nobody waits any more. */
  forget(token: number): void {
    this.#waiting.delete(token)
  }

  /** Once it is read. Settles when it is given; rejects with what kept it from being read. */
  async give(token: number, answer: Promise<QuorumAnswer>): Promise<void> {
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    try {
      waiting.resolve(await answer)
    } catch (error) {
      waiting.reject(stopped())
      throw error
    } finally {
      this.#waiting.delete(token)
    }
  }

  /** The node stops: nobody is answered any more. */
  end(): void {
    this.#isOver = true
    for (const { reject } of this.#waiting.values()) reject(stopped())
    this.#waiting.clear()
  }
}

const stopped = (): ApiError => new ApiError(ErrorCode.BROKER_NOT_AVAILABLE, 'this node leaves the quorum')
