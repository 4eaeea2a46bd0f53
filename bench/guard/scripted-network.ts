/**
 * A network without sockets: bytes come in as the script says, and what leaves is counted. A machine would cut large requests
 * where its kernel likes, and each time elsewhere.
 */
import type { Connection, ConnectionHandler, Listener, ListenOptions, Network } from '../../src/base/index.ts'

export interface NetworkMachine {
  /** `setImmediate`, that nobody counts. */
  readonly later: (then: () => void) => void
  /** `Buffer.prototype.copy`, that nobody counts. */
  readonly copy: typeof Buffer.prototype.copy
  /** Told of each call, and of the bytes that it moved. */
  readonly count: (name: string, bytes: number) => void
}

const prefixBytes = 4

export class ScriptedConnection implements Connection {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 50_000
  readonly #machine: NetworkMachine
  #handler: ConnectionHandler | undefined
  #isPaused = false
  #isEnded = false
  /** What is still to come, from `#at` on. */
  #coming: Buffer | undefined
  #at = 0
  /** Of the reply that is leaving: bytes of its size that came, and those that are left of it. */
  #prefix = 0
  #size = 0
  #left = 0
  /** The replies so far as bytes, while somebody wants to look into them. */
  kept: Buffer[] | undefined
  /** Called for each whole reply. */
  replied: () => void = () => undefined

  constructor(machine: NetworkMachine) {
    this.#machine = machine
  }

  open(handler: ConnectionHandler): void {
    this.#handler = handler
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** As from a socket that has all of it: in one turn, as far as there is room for it. */
  deliver(bytes: Buffer): void {
    if (this.#coming !== undefined) throw new Error('the broker has not read what was sent before')
    this.#coming = bytes
    this.#at = 0
    this.#deliver()
  }

  readonly #deliver = (): void => {
    const bytes = this.#coming
    if (bytes === undefined || this.#handler === undefined) return
    while (this.#at < bytes.length && !this.#isPaused) {
      const room = this.#handler.receiveBuffer()
      const size = Math.min(room.length, bytes.length - this.#at)
      this.#machine.copy.call(bytes, room, 0, this.#at, this.#at + size)
      this.#at += size
      this.#machine.count('socket reads', size)
      this.#handler.received(size)
    }
    if (this.#at === bytes.length) this.#coming = undefined
  }

  write(chunks: readonly Uint8Array[]): boolean {
    let size = 0
    for (let i = 0; i < chunks.length; i++) {
      const chunk = chunks[i]
      if (chunk === undefined) continue
      size += chunk.length
      this.#machine.count('chunks written', chunk.length)
      if (this.kept !== undefined) this.kept.push(Buffer.from(chunk))
      this.#take(chunk)
    }
    this.#machine.count('socket writes', size)
    return true
  }

  #take(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#prefix < prefixBytes) {
        this.#size = ((this.#size << 8) | (chunk[at++] ?? 0)) >>> 0
        if (++this.#prefix === prefixBytes) this.#left = this.#size
      } else {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        at += taken
      }
      if (this.#prefix < prefixBytes || this.#left > 0) continue
      this.#prefix = 0
      this.#size = 0
      this.replied()
    }
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    if (this.#coming !== undefined) this.#machine.later(this.#deliver)
  }

  end(): void {
    this.#isEnded = true
  }

  destroy(): void {
    this.#isEnded = true
  }
}

export class ScriptedNetwork implements Network {
  readonly #machine: NetworkMachine
  readonly #listeners = new Map<number, ListenOptions>()

  constructor(machine: NetworkMachine) {
    this.#machine = machine
  }

  /** A client comes. */
  open(port: number): ScriptedConnection {
    const connection = new ScriptedConnection(this.#machine)
    const handler = this.#listeners.get(port)?.accept(connection)
    if (handler === undefined) throw new Error(`nobody accepts connections at port ${port}`)
    connection.open(handler)
    return connection
  }

  afterReads(then: () => void): void {
    this.#machine.count('turns after reads', 0)
    this.#machine.later(then)
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const { host, port } = options
    this.#listeners.set(port, options)
    const close = async (): Promise<void> => {
      this.#listeners.delete(port)
    }
    return { host, port, close }
  }

  connect(): Promise<Connection> {
    return Promise.reject(new Error('a broker that is alone asks nobody'))
  }

  async canonicalNames(host: string): Promise<readonly string[]> {
    return [host]
  }
}
