/**
 * What a handler is: one API's answer to a decoded request. Handlers live in `handlers/NN-name.ts`; the router calls
 * them. A request's byte fields are views that are valid until the handler returns or first awaits: what is kept is
 * copied.
 */
import { type ApiError, assert, type Reader, type Writer } from '../base/index.ts'
import type { Principal } from '../metadata/index.ts'

/** Who asks, and how. */
export interface RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly listenerName: string
  readonly clientHost: string
  readonly principal: Principal
  /** Of the client software, as ApiVersions told it; empty before. */
  readonly client: { name: string; version: string }
  /**
   * The request has taken its place (its append is done, or decided and in order): the next one of this connection may
   * start while the reply waits. Only produce and OffsetCommit call it; every other suspended request holds back what
   * follows.
   */
  proceed(): void
  /**
   * Resolves when the requests before it on the connection are answered: for who must find what a commit that has
   * proceeded has committed. Undefined: they are.
   */
  afterEarlier(): Promise<void> | undefined
  /** No other request of this connection is begun for so long, whose asker has used more than its quota (KIP-219). */
  throttle(throttleTimeMs: number): void
  /** Called if the connection goes while this request holds it: nobody waits for the answer any more. */
  onClose(run: () => void): void
}

/** An answer that is not a response. */
export class Signal {
  readonly what: string

  constructor(what: string) {
    this.what = what
  }
}
/** No reply is sent: a produce with acks=0. */
export const noReply = new Signal('no reply')
/** The connection is closed instead of a reply: how Kafka makes an acks=0 producer refresh its metadata. */
export const closeConnection = new Signal('close connection')
export type Answer<Response> = Response | Signal

/**
 * An answer that comes later, without the turns of a promise: for requests that come by the hundred thousand (3 % of
 * the time of a commit of offsets). It is settled once; the request has proceeded before it is returned.
 */
export class LateAnswer<Response> {
  #answer: Answer<Response> | undefined
  #told: ((answer: Answer<Response>) => void) | undefined

  settle(answer: Answer<Response>): void {
    assert(this.#answer === undefined, 'an answer is settled once')
    this.#answer = answer
    this.#told?.(answer)
  }

  whenSettled(told: (answer: Answer<Response>) => void): void {
    if (this.#answer === undefined) this.#told = told
    else told(this.#answer)
  }
}

/** At once, or later. */
export type Answering<Response> = Answer<Response> | Promise<Answer<Response>> | LateAnswer<Response>

/** The two directions of one API, as `protocol` compiles them. */
interface Codec<Request, Response> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  readonly request: { decode(reader: Reader, version: number): Request }
  readonly response: { readonly fields: object; encode(writer: Writer, version: number, response: Response): void }
}

export interface Handler<Request, Response> {
  readonly api: Codec<Request, Response>
  /** Answers at once, or later: a promise suspends the connection until it settles (see `proceed`). */
  handle(request: Request, context: RequestContext): Answering<Response>
  /** The reply that carries an error for the whole request; without it the connection is closed. */
  fail?(request: Request, error: ApiError, context: RequestContext): Response
}

/** A handler whose types the router need not know: decoding, handling and encoding tied together. */
export interface BoundHandler {
  readonly key: number
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  /** Answers with a function that writes the body, with `noReply`, or with `closeConnection`. */
  run(reader: Reader, context: RequestContext, elsewhere?: Elsewhere): Answering<BodyWriter>
}
export type BodyWriter = (writer: Writer) => void
/** What is answered in the place of error 41: the controller that the handler asked is not the active one. May throw. */
export type Elsewhere = () => Answer<BodyWriter> | Promise<Answer<BodyWriter>>
