/**
 * One way to the active controller: requests in order, one at a time, on a connection of their own. As Kafka's
 * NodeToControllerRequestThread: whoever answers that it is not the controller, and whoever is lost, is followed by the
 * question who leads now, and the request goes out again, also where it has left before: what it asks for may then be done
 * twice. It is given up when its time is over, between two attempts.
 */
import { ApiError, type Clock, type Logger, type Timer } from '../base/index.ts'
import { isNotController } from '../metadata/index.ts'
import { type Peer, PeerError, type Peers, UnsupportedVersionError } from '../peer/index.ts'
import { ErrorCode } from '../protocol/index.ts'

export interface ControllerAddress {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface ControllerLineOptions {
  /** In the log. */
  readonly name: string
  /** Where the quorum says that the active controller is; undefined while it has none. */
  readonly leader: () => ControllerAddress | undefined
  readonly peers: Peers
  readonly clock: Clock
  readonly logger: Logger
  /** From when on a request is not sent again; Infinity: never. */
  readonly retryMsMax: number
  /** `controller.socket.timeout.ms`: of one attempt, at most `retryMsMax`. */
  readonly attemptMsMax: number
}

/**
 * Sends the request once. Rejects with ApiError 41 where the controller is elsewhere, with PeerError where there is no reply;
 * what else it rejects with is the answer.
 */
export type Attempt<R> = (peer: Peer, timeoutMs: number) => Promise<R>

/** A request with its types put away. */
interface Waiting {
  readonly attempt: (peer: Peer) => Promise<void>
  readonly fail: (error: unknown) => void
  timer: Timer | undefined
  isSettled: boolean
  isOver: boolean
}

/** Kafka's own pauses: while nobody leads, and before another attempt. */
const leaderlessMs = 100
const retryMs = 50
/** Each of a client's connections has one at most; what topics are asked for is not bounded otherwise. */
const waitingMax = 10_000

export class ControllerLine {
  readonly #options: ControllerLineOptions
  readonly #attemptMs: number
  /** The first one is being asked. */
  #queue: Waiting[] = []
  #isAttempting = false
  #peer: Peer | undefined
  #leader: ControllerAddress | undefined
  #pause: { readonly timer: Timer; readonly end: () => void } | undefined
  #isClosed = false

  constructor(options: ControllerLineOptions) {
    this.#options = options
    this.#attemptMs = Math.min(options.attemptMsMax, options.retryMsMax)
  }

  /** Rejects with ApiError 7 when the time is over, or the line is closed; else as the last attempt did. */
  ask<R>(attempt: Attempt<R>): Promise<R> {
    if (this.#isClosed) return Promise.reject(timedOut('this node stops'))
    if (this.#queue.length >= waitingMax) return Promise.reject(timedOut(`${waitingMax} requests wait already`))
    const { promise, resolve, reject } = Promise.withResolvers<R>()
    const waiting: Waiting = {
      attempt: (peer) => attempt(peer, this.#attemptMs).then(resolve),
      fail: reject,
      timer: undefined,
      isSettled: false,
      isOver: false,
    }
    const { clock, retryMsMax } = this.#options
    if (Number.isFinite(retryMsMax)) waiting.timer = clock.after(retryMsMax, () => this.#over(waiting))
    this.#queue.push(waiting)
    if (this.#queue.length === 1) void this.#work()
    return promise
  }

  /** What waits is answered with ApiError 7. */
  close(): void {
    this.#isClosed = true
    for (const waiting of this.#queue) this.#settle(waiting, timedOut('this node stops'))
    this.#peer?.close()
    this.#pause?.end()
  }

  #over(waiting: Waiting): void {
    waiting.isOver = true
    const isUnderWay = this.#isAttempting && this.#queue[0] === waiting
    if (isUnderWay) return
    this.#settle(waiting, timedOut('no controller answered in time'))
    // Who is first is taken off by who works on it.
    if (this.#queue[0] !== waiting) this.#queue = this.#queue.filter((it) => it !== waiting)
  }

  #settle(waiting: Waiting, error?: unknown): void {
    if (waiting.isSettled) return
    waiting.isSettled = true
    waiting.timer?.cancel()
    if (error !== undefined) waiting.fail(error)
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      while (!first.isSettled) {
        const pauseMs = await this.#try(first)
        if (!first.isSettled) await this.#wait(pauseMs)
      }
      this.#queue.shift()
    }
  }

  /** Unless that settles it, returns how long to wait for the next attempt. */
  async #try(first: Waiting): Promise<number> {
    const peer = this.#toLeader()
    if (peer === undefined) return leaderlessMs
    this.#isAttempting = true
    try {
      await first.attempt(peer)
      this.#settle(first)
    } catch (error) {
      if (!mayBeElsewhere(error)) this.#settle(first, error)
      else if (first.isOver) this.#settle(first, timedOut('no controller answered in time'))
    }
    this.#isAttempting = false
    return retryMs
  }

  /** A connection that is still good is kept, where it leads to who leads now. */
  #toLeader(): Peer | undefined {
    const { name, leader, peers, logger } = this.#options
    const now = leader()
    if (now === undefined || this.#isClosed) return undefined
    const known = this.#leader
    if (this.#peer !== undefined && known?.id === now.id && known.host === now.host && known.port === now.port) {
      return this.#peer
    }
    logger.log('info', 'found the active controller', { line: name, ...now })
    this.#peer?.close()
    this.#leader = now
    this.#peer = peers.to({ host: now.host, port: now.port })
    return this.#peer
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#pause = undefined
        resolve()
      }
      const timer = this.#options.clock.after(ms, end)
      this.#pause = { timer, end }
    })
  }
}

/** Another version of the request is not at hand, whoever leads: as in Kafka that is an answer. */
const mayBeElsewhere = (error: unknown): boolean =>
  isNotController(error) || (error instanceof PeerError && !(error instanceof UnsupportedVersionError))

const timedOut = (reason: string): ApiError =>
  new ApiError(ErrorCode.REQUEST_TIMED_OUT, `The active controller could not be asked: ${reason}.`)
