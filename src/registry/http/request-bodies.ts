/** Bodies of requests as they come in, as text and as JSON: each is bounded, and so are all together. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RegistryError } from '../registry-error.ts'

/** Bytes of a request: room for the largest schema, each of whose characters may be escaped. */
const bodyBytesMax = 8 * 1024 * 1024
/** What a piece of a body takes beside its bytes: whoever sends each byte by itself is not to get by with that. */
const pieceBytes = 256

/** It was not read to its end: no other request can come on this connection. */
export class BodyRefusedError extends Error {
  readonly statusCode: 413 | 503

  constructor(statusCode: 413 | 503, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

export class RequestBodies {
  readonly #texts = new WeakMap<FastifyRequest, string>()
  /** Of those that are coming in, and those whose answer is not sent yet. */
  readonly #bytes = new WeakMap<IncomingMessage, number>()
  readonly #bytesMax: number
  #allBytes = 0

  constructor(server: FastifyInstance, bytesMax: number) {
    this.#bytesMax = bytesMax
    server.addHook('preParsing', ({ raw }, reply, _payload, done) => {
      reply.raw.once('finish', () => this.#free(raw))
      reply.raw.once('close', () => this.#free(raw))
      done()
    })
    // Clients send what they like: `application/json`, Confluent's own types, or none. It is JSON all the same.
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
      this.#json(request, payload),
    )
  }

  /** As it came. */
  textOf(request: FastifyRequest): string | undefined {
    return this.#texts.get(request)
  }

  async #json(request: FastifyRequest, payload: IncomingMessage): Promise<unknown> {
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) throw tooLarge()
    const text = String(await this.#received(request.raw, payload))
    this.#texts.set(request, text)
    try {
      return text === '' ? undefined : JSON.parse(text)
    } catch (error) {
      throw new RegistryError(
        'invalidRequest',
        `The request is no JSON: ${error instanceof Error ? error.message : ''}`,
      )
    }
  }

  #received(raw: IncomingMessage, payload: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = []
      let length = 0
      // A loop over the pieces would take the connection with it where it ends early, and the answer too.
      const take = (piece: Buffer): void => {
        length += piece.length
        if (length > bodyBytesMax) fail(tooLarge())
        else if (!this.#takes(raw, piece.length + pieceBytes)) fail(noRoom())
        else pieces.push(piece)
      }
      const fail = (error: Error): void => {
        payload.off('data', take)
        pieces.length = 0
        reject(error)
      }
      payload.on('data', take)
      payload.once('end', () => resolve(Buffer.concat(pieces)))
      payload.once('error', fail)
    })
  }

  #takes(raw: IncomingMessage, count: number): boolean {
    if (this.#allBytes + count > this.#bytesMax) return false
    this.#allBytes += count
    this.#bytes.set(raw, (this.#bytes.get(raw) ?? 0) + count)
    return true
  }

  #free(raw: IncomingMessage): void {
    this.#allBytes -= this.#bytes.get(raw) ?? 0
    this.#bytes.delete(raw)
  }
}

const tooLarge = (): Error => new BodyRefusedError(413, 'Request body is too large')
const noRoom = (): Error => new BodyRefusedError(503, 'Too much is being received, try again')
