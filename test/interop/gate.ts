/** Stands in front of a listener, and can hold all that comes by, or let it by slowly: nothing is lost, it only waits. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Gate {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #toPort: number
  #isHeld = false
  /** Of each connection, in each direction. */
  #bytesPerSecond = Number.POSITIVE_INFINITY

  private constructor(toPort: number) {
    this.#toPort = toPort
    this.#server = createServer((client) => this.#join(client))
  }

  /** In front of whoever listens at that port by the time that somebody connects. */
  static async start(toPort: number): Promise<Gate> {
    const gate = new Gate(toPort)
    gate.#server.listen(0, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the gate has no port')
    return address.port
  }

  #join(client: Socket): void {
    const server = connect(this.#toPort, '127.0.0.1')
    this.#pass(client, server)
    this.#pass(server, client)
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    from.on('data', (chunk: Buffer) => {
      to.write(chunk)
      const pauseMs = (chunk.length / this.#bytesPerSecond) * 1000
      if (pauseMs < 1) return
      from.pause()
      setTimeout(() => this.#isHeld || from.resume(), pauseMs)
    })
    if (this.#isHeld) from.pause()
  }

  hold(): void {
    this.#isHeld = true
    for (const socket of this.#sockets) socket.pause()
  }

  release(): void {
    this.#isHeld = false
    for (const socket of this.#sockets) socket.resume()
  }

  pace(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
