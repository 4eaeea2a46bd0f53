/**
 * A request's place in the order of its connection's replies, and what its handler is told of it: one object, for each
 * request makes one.
 */
import type { ReplyPart } from '../base/index.ts'
import { anonymous } from '../metadata/index.ts'
import type { RequestContext } from './handler.ts'
import type { RequestStart } from './request-frame.ts'
import type { RequestTally } from './request-tally.ts'

/** What a slot asks of its connection. */
export interface SlotOwner extends Pick<RequestContext, 'listenerName' | 'client'> {
  readonly remoteAddress: string
  /** The frames that are there now were complete then, at the latest; by the monotonic clock. */
  readonly receivedAtMs: number
  readonly proceeds: (slot: RequestSlot) => void
  readonly throttle: (throttleTimeMs: number) => void
  /** No request before it waits for its answer. */
  readonly isFirst: (slot: RequestSlot) => boolean
}

export class RequestSlot implements RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly tally: RequestTally
  readonly receivedAtMs: number
  clientId: string | null = null
  /** Of the reply, once it is there. */
  parts: readonly ReplyPart[] | undefined
  /** Of a reply that waits for those before it. */
  parkedBytes = 0
  /** The connection ends where its reply would be. */
  isEnd = false
  /** What its handler wants to be called if the connection goes. */
  closed: (() => void) | undefined
  /** What waits for those before it. */
  becameFirst: (() => void) | undefined
  readonly #connection: SlotOwner

  constructor(connection: SlotOwner, { start, tally }: { readonly start: RequestStart; readonly tally: RequestTally }) {
    this.#connection = connection
    this.apiKey = start.apiKey
    this.apiVersion = start.apiVersion
    this.correlationId = start.correlationId
    this.tally = tally
    this.receivedAtMs = connection.receivedAtMs
  }

  get listenerName(): string {
    return this.#connection.listenerName
  }

  get clientHost(): string {
    return this.#connection.remoteAddress
  }

  get principal(): RequestContext['principal'] {
    return anonymous
  }

  get client(): RequestContext['client'] {
    return this.#connection.client
  }

  proceed(): void {
    this.#connection.proceeds(this)
  }

  afterEarlier(): Promise<void> | undefined {
    if (this.#connection.isFirst(this)) return undefined
    return new Promise((resolve) => {
      this.becameFirst = resolve
    })
  }

  throttle(throttleTimeMs: number): void {
    if (throttleTimeMs > 0) this.#connection.throttle(throttleTimeMs)
  }

  onClose(run: () => void): void {
    this.closed = run
  }
}
