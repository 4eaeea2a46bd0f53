/**
 * Replies that are ready at once leave when the sockets of this turn have been read, those of all connections one
 * behind the other: a peer that shares the machine is woken for many and not for each, which took 7 % of the time of
 * heartbeats.
 */

/** Replies wait in it. */
interface Waiting {
  sendReplies(): void
}

/** So many wait for each other at most: the first reply of a thousand sockets is not behind all of them. */
const waitingMax = 32
/** Or behind so much: a socket is read many times in a turn, and what it brings is served before the next one is read. */
const readBytesMax = 128 * 1024

export class ReplyRound {
  readonly #afterReads: (then: () => void) => void
  #waiting: Waiting[] = []
  /** Since the first of them waits. */
  #readBytes = 0

  constructor(afterReads: (then: () => void) => void) {
    this.#afterReads = afterReads
  }

  add(connection: Waiting): void {
    this.#waiting.push(connection)
    if (this.#waiting.length === 1) this.#afterReads(this.#end)
    else if (this.#waiting.length >= waitingMax) this.#end()
  }

  /** So many bytes were read, and what they ask was begun. */
  read(sizeInBytes: number): void {
    if (this.#waiting.length === 0) return
    this.#readBytes += sizeInBytes
    if (this.#readBytes >= readBytesMax) this.#end()
  }

  readonly #end = (): void => {
    const all = this.#waiting
    this.#waiting = []
    this.#readBytes = 0
    for (const connection of all) connection.sendReplies()
  }
}
