/**
 * The requests on their way, one for each destination (KIP-595): the next one goes when the last is answered, has failed
 * and backed off, or has taken too long.
 */
import type { Destination, OutgoingRequest } from './messages.ts'

type State =
  | { readonly kind: 'waiting'; readonly correlationId: number; readonly untilMs: number }
  | { readonly kind: 'backing-off'; readonly untilMs: number }
  /** Nobody has answered in time, and nobody has taken notice of that yet. */
  | { readonly kind: 'timed-out'; readonly untilMs: number }

export interface OutgoingOptions {
  /** `controller.quorum.request.timeout.ms` and `controller.quorum.retry.backoff.ms`. */
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
}

export class Outgoing {
  readonly #options: OutgoingOptions
  readonly #states = new Map<number, State>()
  #requests: OutgoingRequest[] = []
  #nextCorrelationId = 0

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  /** What has passed is taken notice of: to be called before anything is asked or sent. */
  expire(nowMs: number): void {
    for (const [id, { kind, untilMs }] of this.#states) {
      if (nowMs < untilMs) continue
      if (kind === 'waiting') this.#states.set(id, { kind: 'timed-out', untilMs: Number.POSITIVE_INFINITY })
      else this.#states.delete(id)
    }
  }

  /** The last request there has just failed, or was not answered in time: another is asked, once. */
  hasFailed(id: number): boolean {
    const kind = this.#states.get(id)?.kind
    if (kind === 'timed-out') this.#states.delete(id)
    return kind === 'backing-off' || kind === 'timed-out'
  }

  get isAnyWaiting(): boolean {
    for (const { kind } of this.#states.values()) if (kind === 'waiting') return true
    return false
  }

  /** Sends unless something is waited for from there; true: it is sent. */
  send(to: Destination, request: OutgoingRequest['request'], nowMs: number): boolean {
    const kind = this.#states.get(to.id)?.kind
    if (kind === 'waiting' || kind === 'backing-off') return false
    const correlationId = this.#nextCorrelationId++
    this.#states.set(to.id, { kind: 'waiting', correlationId, untilMs: nowMs + this.#options.requestTimeoutMs })
    this.#requests.push({ to, correlationId, request })
    return true
  }

  /** Whether somebody waits for this answer still. */
  isAwaited(id: number, correlationId: number): boolean {
    const state = this.#states.get(id)
    return state?.kind === 'waiting' && state.correlationId === correlationId
  }

  /** An answer came, or none will. */
  settle({ id, correlationId, hasFailed }: Settled, nowMs: number): void {
    if (!this.isAwaited(id, correlationId)) return
    if (hasFailed) this.#states.set(id, { kind: 'backing-off', untilMs: nowMs + this.#options.retryBackoffMs })
    else this.#states.delete(id)
  }

  /** What was asked in another role is not waited for any more. */
  forgetAll(): void {
    this.#states.clear()
    this.#requests = []
  }

  /** When the first of those that are waited for, or back off, has had its time; infinity: there is none. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { untilMs } of this.#states.values()) next = Math.min(next, untilMs)
    return next
  }

  get hasRequests(): boolean {
    return this.#requests.length > 0
  }

  take(): readonly OutgoingRequest[] {
    const requests = this.#requests
    this.#requests = []
    return requests
  }
}

interface Settled {
  readonly id: number
  readonly correlationId: number
  readonly hasFailed: boolean
}
