/** Stands between two that talk Kafka's protocol, passes on what they say, and keeps it. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Exchange {
  /** Frames behind their sizes. */
  readonly request: Buffer
  readonly reply: Buffer
}

export class Recorder {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #connections: { readonly there: Buffer[]; readonly back: Buffer[] }[] = []
  readonly #toPort: number

  private constructor(toPort: number) {
    this.#toPort = toPort
    this.#server = createServer((client) => this.#join(client))
  }

  /** In front of whoever listens at that port, by the time that somebody connects. */
  static async start(toPort: number): Promise<Recorder> {
    const recorder = new Recorder(toPort)
    await new Promise<void>((resolve) => recorder.#server.listen(0, '127.0.0.1', resolve))
    return recorder
  }

  get port(): number {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? 0 : address.port
  }

  #join(client: Socket): void {
    const server = connect(this.#toPort, '127.0.0.1')
    const heard = { there: [], back: [] }
    this.#connections.push(heard)
    this.#pass(client, server, heard.there)
    this.#pass(server, client, heard.back)
  }

  #pass(from: Socket, to: Socket, heard: Buffer[]): void {
    this.#sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.on('data', (chunk: Buffer) => {
      heard.push(chunk)
      to.write(chunk)
    })
  }

  /** Requests of one API that were answered, in the order of each connection. */
  exchanges(apiKey: number): readonly Exchange[] {
    return this.#connections.flatMap(({ there, back }) => {
      const replies = new Map(frames(back).map((reply) => [reply.readInt32BE(0), reply]))
      return frames(there).flatMap((request) => {
        const reply = replies.get(request.readInt32BE(4))
        return request.readInt16BE(0) === apiKey && reply !== undefined ? [{ request, reply }] : []
      })
    })
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

function frames(chunks: readonly Buffer[]): readonly Buffer[] {
  const bytes = Buffer.concat(chunks)
  const whole: Buffer[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at)
    if (end > bytes.length) break
    whole.push(bytes.subarray(at + 4, end))
    at = end
  }
  return whole
}
