/**
 * The connections of one client. To a broker there are several, by what they are for: a broker serves one request of a
 * connection after the other, and what waits there, a produce, a fetch or a join, must not hold up the rest.
 */
import type { Clock, Network, RandomStream } from '../../base/index.ts'
import { type Peer, Peers, type Prepare } from '../../peer/index.ts'
import type { ClientEnv } from '../client-env.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Address } from './address.ts'
import type { BrokerView, ClusterView } from './cluster-view.ts'
import { saslPreparation } from './sasl.ts'

/** What a connection is for. */
export type Lane = 'main' | 'produce' | 'fetch' | 'coordinator' | 'join'

const softwareName = 'odradek'
const softwareVersion = '0.1.0'
/**
 * Of an answer with records: brokers send one batch whole, however large, or nobody would come past it; and which they take from producers
 * they do not tell. Beyond 64 MB memory is taken for what has come, not for what is announced.
 */
export const fetchedBytesMax = 2 ** 31 - 1
const queuedBytesMax = 16 * 1024 * 1024
const waitingMax = 10_000

interface Line {
  readonly address: Address
  readonly peer: Peer
}

export class Connections {
  readonly #clock: Clock
  readonly #network: Network
  readonly #options: ConnectionOptions
  readonly #peers: Peers
  readonly #draw: RandomStream
  readonly #prepare: ((address: Address) => Prepare) | undefined
  readonly #lines = new Map<string, Line>()
  /** Ends the rest of somebody. */
  readonly #resting = new Set<() => void>()
  #isClosed = false

  constructor(env: ClientEnv, options: ConnectionOptions) {
    const { clock, network, random } = env
    this.#clock = clock
    this.#network = network
    this.#options = options
    this.#draw = random.stream('client-connections')
    const { sasl, requestTimeoutMs: timeoutMs, connectionsMaxIdleMs } = options
    if (sasl !== undefined) {
      this.#prepare = saslPreparation(sasl, { random: random.stream('client-sasl'), timeoutMs })
    }
    this.#peers = new Peers({
      network,
      clock,
      random: this.#draw,
      clientId: options.clientId,
      software: { name: softwareName, version: softwareVersion },
      limits: {
        ...{ replyBytesMax: options.replyBytesMax, inFlightMax: options.inFlightMax },
        ...{ queuedBytesMax, waitingMax },
      },
      reconnect: { initialMs: options.reconnectBackoffMs, maxMs: options.reconnectBackoffMaxMs },
      setupTimeout: {
        initialMs: options.socketConnectionSetupTimeoutMs,
        maxMs: options.socketConnectionSetupTimeoutMaxMs,
      },
      ...(connectionsMaxIdleMs >= 0 && { idleMsMax: connectionsMaxIdleMs }),
      trace: env.trace?.request,
      refusal: (error) => KafkaError.ofRefusal(error),
      poison: options.poison,
    })
  }

  /** Throws KafkaError where the client is closed. */
  to({ id, host, port }: BrokerView, lane: Lane): Peer {
    return this.#line(`${id} ${lane}`, { host, port })
  }

  /** All that may be asked about the cluster: first those that are connected, the others by chance. */
  candidates(view: ClusterView): readonly Peer[] {
    const known = [...view.brokers.values()].map((broker) => this.to(broker, 'main'))
    return [...this.#shuffled(known.filter((it) => it.isOpen)), ...this.#shuffled(known.filter((it) => !it.isOpen))]
  }

  /** The servers that the client was given, for when nothing is known, or nobody that is known answers. */
  async bootstrapCandidates(): Promise<readonly Peer[]> {
    const addresses = await this.#bootstrap()
    return this.#isClosed ? [] : this.#shuffled(addresses.map((address) => this.#line(bootstrapName(address), address)))
  }

  /** A name that nobody knows stands for itself: the attempt to connect says what is wrong. */
  async #bootstrap(): Promise<readonly Address[]> {
    const { bootstrap, clientDnsLookup } = this.#options
    if (clientDnsLookup === 'use_all_dns_ips') return bootstrap
    const canonical = await Promise.all(
      bootstrap.map(async ({ host, port }) => {
        const names = await this.#network.canonicalNames(host).catch(() => [host])
        return names.map((name): Address => ({ host: name, port }))
      }),
    )
    return [...new Map(canonical.flat().map((address) => [bootstrapName(address), address])).values()]
  }

  /** Brokers are known: the connections that led to them have done their work; so have those to brokers that are gone. */
  settle({ brokers }: ClusterView): void {
    for (const [name, { peer }] of this.#lines) {
      const [id = ''] = name.split(' ')
      if (id !== '' && brokers.has(Number(id))) continue
      this.#lines.delete(name)
      peer.close()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const { peer } of this.#lines.values()) peer.close()
    this.#lines.clear()
    for (const end of this.#resting) end()
  }

  /** Between two attempts of the same. Rejects with KafkaError as soon as the client is closed: no timer outlives it. */
  async rest(ms: number): Promise<void> {
    this.#checkOpen()
    await new Promise<void>((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#resting.delete(end)
        resolve()
      }
      const timer = this.#clock.after(ms, end)
      this.#resting.add(end)
    })
    this.#checkOpen()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KafkaError('CLOSED', 'the client is closed')
  }

  #line(name: string, address: Address): Peer {
    this.#checkOpen()
    const known = this.#lines.get(name)
    if (known !== undefined && known.address.host === address.host && known.address.port === address.port) {
      return known.peer
    }
    known?.peer.close()
    const { tls } = this.#options
    const prepare = this.#prepare?.(address)
    const peer = this.#peers.to({ ...address, ...(tls && { tls }), ...(prepare && { prepare }) })
    this.#lines.set(name, { address, peer })
    return peer
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.#draw.below(i + 1)
      const [a, b] = [shuffled[i], shuffled[j]]
      if (a === undefined || b === undefined) continue
      shuffled[i] = b
      shuffled[j] = a
    }
    return shuffled
  }
}

/** Without a number in front, as brokers have. */
const bootstrapName = ({ host, port }: Address): string => ` ${host}:${port}`
