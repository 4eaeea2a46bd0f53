/**
 * A connection of the generator: whole frames are sent, and those that come are handed out where they lie. It receives into
 * one buffer of its own; nothing is allocated for a reply.
 */
import { connect, type Socket } from 'node:net'
import { LoadError, type LoadOptions } from './options.ts'

export interface LinkHandler {
  /** A frame without its size, `[start, end)` of `bytes`, valid until this returns. */
  frame(bytes: Buffer, start: number, end: number): void
  /** All frames of one read were handed out. */
  turned?(): void
}

const prefixBytes = 4

export class Link {
  readonly #socket: Socket
  readonly #buffer: Buffer
  readonly #failed: (error: unknown) => void
  #handler: LinkHandler | undefined
  #start = 0
  #end = 0
  #isClosed = false

  /** `roomBytes`: the largest frame that may come. `failed` is told why the connection can go on no more. */
  static open(options: LoadOptions, roomBytes: number, failed: (error: unknown) => void): Promise<Link> {
    const { host, port } = options
    return new Promise((resolve, reject) => {
      const link = new Link(options, roomBytes, failed)
      const refused = ({ message }: Error): void =>
        reject(new LoadError(`cannot connect to ${host}:${port}: ${message}`))
      link.#socket.once('error', refused).once('connect', () => {
        link.#socket.off('error', refused).on('error', ({ message }) => link.#broken(message))
        link.#socket.on('close', () => link.#broken('the broker closed the connection'))
        resolve(link)
      })
    })
  }

  private constructor({ host, port }: LoadOptions, roomBytes: number, failed: (error: unknown) => void) {
    this.#buffer = Buffer.allocUnsafeSlow(prefixBytes + roomBytes)
    this.#failed = failed
    const onread = {
      buffer: () => this.#room(),
      callback: (size: number) => {
        this.#received(size)
        return true
      },
    }
    this.#socket = connect({ host, port, noDelay: true, onread })
  }

  handle(handler: LinkHandler): void {
    this.#handler = handler
  }

  /** The bytes stay as they are until they have left: until a reply has come. */
  send(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  #broken(why: string): void {
    if (!this.#isClosed) this.#failed(new LoadError(why))
    this.#isClosed = true
  }

  #room(): Buffer {
    return this.#end === 0 ? this.#buffer : this.#buffer.subarray(this.#end)
  }

  #received(size: number): void {
    this.#end += size
    try {
      this.#cut()
      this.#handler?.turned?.()
    } catch (error) {
      this.close()
      this.#failed(error)
    }
  }

  #cut(): void {
    const bytes = this.#buffer
    while (this.#end - this.#start >= prefixBytes) {
      const size = bytes.readInt32BE(this.#start)
      if (size < 4 || size > bytes.length - prefixBytes) throw new LoadError(`a reply of ${size} bytes`)
      const start = this.#start + prefixBytes
      if (this.#end < start + size) break
      this.#start = start + size
      this.#handler?.frame(bytes, start, start + size)
    }
    if (this.#start > 0 && this.#start < this.#end) bytes.copyWithin(0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
  }
}
