/**
 * The way of the commands to a cluster: requests to any of its brokers, in turn where one is gone, or to one of them. Whatever is
 * asked here may be asked again: it says what is to be, not what is to change.
 */
import type { Env } from '../../base/index.ts'
import { software } from '../../node/index.ts'
import { type Peer, type PeerAddress, PeerError, Peers, UnsupportedVersionError } from '../../peer/index.ts'
import { type Api, ErrorCode, errorName, type Fields, type Infer } from '../../protocol/index.ts'
import { AdminError } from './admin-error.ts'

const timeoutMs = 30_000
const retryMs = 500
const attemptsMax = 20
/** The metadata of some hundred thousand partitions. */
const replyBytesMax = 100 * 1024 * 1024
const limits = { replyBytesMax, inFlightMax: 1, queuedBytesMax: 8 * 1024 * 1024, waitingMax: 10 }
/** The controller is on its way to another place, or has no time now. */
const passing: ReadonlySet<number> = new Set([
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

type Create<Q extends Fields, S extends Fields> = Parameters<Api<Q, S>['request']['create']>[0]

export interface BrokerAddress extends PeerAddress {
  readonly id: number
}

export class ClusterAdmin {
  readonly #env: Env
  readonly #peers: Peers
  readonly #bootstrap: readonly PeerAddress[]
  readonly #open = new Map<string, Peer>()
  #brokers: readonly BrokerAddress[] = []
  /** It has answered last. */
  #preferred: PeerAddress | undefined

  constructor(env: Env, bootstrap: readonly PeerAddress[]) {
    const { network, clock, random } = env
    this.#env = env
    this.#bootstrap = bootstrap
    this.#peers = new Peers({
      network,
      clock,
      random: random.stream('peers'),
      clientId: 'odradek-cluster',
      software,
      limits,
      reconnect: { initialMs: 50, maxMs: 1000 },
      setupTimeout: { initialMs: 5000, maxMs: 10_000 },
      poison: false,
    })
  }

  get clock(): Env['clock'] {
    return this.#env.clock
  }

  /** Brokers that may be asked too, and by their ids. */
  learn(brokers: readonly BrokerAddress[]): void {
    this.#brokers = brokers
  }

  /** Of whichever broker answers. Throws AdminError. */
  async ask<Q extends Fields, S extends Fields>(api: Api<Q, S>, request: Create<Q, S>): Promise<Infer<S>> {
    const failures: string[] = []
    const others = [...this.#bootstrap, ...this.#brokers]
    const all = this.#preferred === undefined ? others : [this.#preferred, ...others]
    const tried = new Set<string>()
    for (const address of all) {
      if (tried.has(nameOf(address))) continue
      tried.add(nameOf(address))
      try {
        const reply = await this.#send(address, api, request)
        this.#preferred = address
        return reply
      } catch (error) {
        if (!(error instanceof PeerError) || error instanceof UnsupportedVersionError) throw asAdminError(error)
        failures.push(error.message)
      }
    }
    throw new AdminError(`no broker answers: ${failures.join('; ')}`)
  }

  /** Of that broker: what concerns it alone. Throws AdminError. */
  async askBroker<Q extends Fields, S extends Fields>(
    id: number,
    api: Api<Q, S>,
    request: Create<Q, S>,
  ): Promise<Infer<S>> {
    const address = this.#brokers.find((broker) => broker.id === id)
    if (address === undefined) throw new AdminError(`broker ${id} is not there`)
    try {
      return await this.#send(address, api, request)
    } catch (error) {
      throw asAdminError(error)
    }
  }

  /** Again while the error code of the whole reply says that it passes. Throws AdminError. */
  async askWhole<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Create<Q, S>,
    errorOf: (reply: Infer<S>) => { readonly errorCode: number; readonly errorMessage?: string | null },
  ): Promise<Infer<S>> {
    for (let attempt = 1; ; attempt++) {
      const reply = await this.ask(api, request)
      const { errorCode, errorMessage } = errorOf(reply)
      if (errorCode === ErrorCode.NONE) return reply
      if (!passing.has(errorCode) || attempt >= attemptsMax) {
        throw new AdminError(`${api.name}: ${errorText(errorCode, errorMessage ?? null)}`)
      }
      await this.pause(retryMs)
    }
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve))
  }

  close(): void {
    for (const peer of this.#open.values()) peer.close()
    this.#open.clear()
  }

  #send<Q extends Fields, S extends Fields>(
    address: PeerAddress,
    api: Api<Q, S>,
    request: Create<Q, S>,
  ): Promise<Infer<S>> {
    const name = nameOf(address)
    const peer = this.#open.get(name) ?? this.#peers.to(address)
    this.#open.set(name, peer)
    return peer.send(api, api.request.create(request), { timeoutMs })
  }
}

const nameOf = ({ host, port }: PeerAddress): string => `${host}:${port}`

const asAdminError = (error: unknown): unknown => (error instanceof PeerError ? new AdminError(error.message) : error)

export const errorText = (code: number, message: string | null): string =>
  message === null || message === '' ? errorName(code) : `${errorName(code)}: ${message}`
