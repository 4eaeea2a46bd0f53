/**
 * The network between simulated nodes: `SimFabric` is the world's, with its faults; `SimNetwork` is one process's view.
 * A node is reached by its name or address; streams are in order; a partition holds what is under way, as TCP does.
 */
import {
  type Connection,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  TlsError,
} from '../base/index.ts'
import type { SeededRandom, SeededStream } from './random.ts'
import { CallEvent, type Life, type Scheduler } from './scheduler.ts'
import { SimConnection } from './sim-connection.ts'
import { Link, type NetworkFaults } from './sim-link.ts'

const windowBytes = 256 * 1024
const connectTimeoutMs = 10_000
const retransmitMs = 1000
const readsMsMax = 0.2
const firstFreePort = 32_768

interface Host {
  readonly name: string
  readonly address: string
  readonly listeners: Map<number, { readonly life: Life; readonly accept: ListenOptions['accept'] }>
  connections: { readonly near: SimConnection; readonly far: string }[]
  nextPort: number
}

interface Call extends ConnectOptions {
  readonly from: Host
  readonly life: Life
}

const failure = (code: string, place: string): Error => Object.assign(new Error(`${code}: ${place}`), { code })

export class SimFabric {
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #hosts = new Map<string, Host>()
  readonly #links = new Map<string, Map<string, Link>>()
  readonly #readsId: number
  readonly #reads: SeededStream
  #faults: NetworkFaults

  constructor(options: { scheduler: Scheduler; random: SeededRandom; faults: NetworkFaults }) {
    this.#scheduler = options.scheduler
    this.#random = options.random
    this.#faults = options.faults
    this.#readsId = options.scheduler.trace.id('reads')
    this.#reads = options.random.stream('reads')
  }

  setFaults(faults: Partial<NetworkFaults>): void {
    this.#faults = { ...this.#faults, ...faults }
  }

  /** Nothing from `from` arrives at `to` until `heal`; call it both ways for a symmetric partition. */
  block(from: string, to: string): void {
    this.link(from, to).blocked = true
  }

  /** Parts two groups of nodes from each other, both ways. */
  partition(left: readonly string[], right: readonly string[]): void {
    for (const a of left) {
      for (const b of right) {
        this.block(a, b)
        this.block(b, a)
      }
    }
  }

  /** Ends every block and clog; what was already clogged still takes its time. */
  heal(): void {
    for (const links of this.#links.values()) {
      for (const link of links.values()) {
        link.blocked = false
        link.cloggedUntilMs = 0
      }
    }
    for (const { connections } of this.#hosts.values()) for (const { near } of connections) near.wake()
  }

  /** What goes from `from` to `to` arrives after `forMs` at the soonest. */
  clog(options: { from: string; to: string; forMs: number }): void {
    this.link(options.from, options.to).cloggedUntilMs = this.#scheduler.nowMs + options.forMs
  }

  /** Resets every connection between two nodes. */
  cut(a: string, b: string): void {
    for (const { near, far } of this.host(a).connections) if (far === b) near.cut()
    if (a === b) return
    for (const { near, far } of this.host(b).connections) if (far === a) near.cut()
  }

  /** The node's process died: its listeners are gone, its peers are told. */
  crash(name: string): void {
    const host = this.host(name)
    host.listeners.clear()
    for (const { near } of host.connections) near.abandon()
    host.connections = []
  }

  host(name: string): Host {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      const index = this.#hosts.size + 1
      const address = `10.0.${index >> 8}.${index & 255}`
      host = { name, address, listeners: new Map(), connections: [], nextPort: firstFreePort }
      this.#hosts.set(name, host)
    }
    return host
  }

  link(from: string, to: string): Link {
    let links = this.#links.get(from)
    if (links === undefined) {
      links = new Map()
      this.#links.set(from, links)
    }
    let link = links.get(to)
    if (link === undefined) {
      const name = `${from}>${to}`
      const traceId = this.#scheduler.trace.id(`net ${name}`)
      link = new Link({ random: this.#random.stream(name), traceId, faults: () => this.#faults })
      links.set(to, link)
    }
    return link
  }

  /** Two deliveries hardly ever fall into one instant: reading takes a while, so that several connections meet in it. */
  afterReads(life: Life, then: () => void): void {
    const endMs = this.#scheduler.nowMs + this.#reads.float() * readsMsMax
    this.#scheduler.at(endMs, new CallEvent({ traceId: this.#readsId, life, call: then }))
  }

  namesOf(name: string, from: Host): readonly string[] {
    const host = this.#resolve(name, from)
    if (host === undefined) throw failure('ENOTFOUND', name)
    return [host.name]
  }

  connect(call: Call): Promise<Connection> {
    const target = this.#resolve(call.host, call.from)
    const place = `${call.host}:${call.port}`
    const name = `connect ${call.from.name}>${call.host}`
    const { life, from, signal } = call
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(failure('ABORT_ERR', place))
        return
      }
      let made: SimConnection | undefined
      const later = (delayMs: number, then: () => void): void => {
        const call = (): void => {
          if (signal?.aborted !== true) then()
        }
        this.#scheduler.call({ name, delayMs, life, call })
      }
      const giveUp = (): void => {
        made?.destroy()
        reject(failure('ABORT_ERR', place))
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      const fail = (code: string): void => {
        signal?.removeEventListener('abort', giveUp)
        reject(failure(code, place))
      }
      if (target === undefined) {
        later(0, () => fail('ENOTFOUND'))
        return
      }
      const [out, back] = [this.link(from.name, target.name), this.link(target.name, from.name)]
      const listener = () => target.listeners.get(call.port)
      const deadlineMs = this.#scheduler.nowMs + connectTimeoutMs
      const attempt = (): void => {
        const { nowMs } = this.#scheduler
        if (nowMs >= deadlineMs) fail('ETIMEDOUT')
        else if (out.blocked || back.blocked) later(retransmitMs, attempt)
        else if (Math.max(out.cloggedUntilMs, back.cloggedUntilMs) > nowMs) later(retransmitMs, attempt)
        else if (listener()?.life.alive !== true) later(back.delayMs(), () => fail('ECONNREFUSED'))
        else if ((listener()?.life.pausedUntilMs ?? 0) > nowMs) later(retransmitMs, attempt)
        else {
          const backMs = back.delayMs()
          const near = this.#establish(call, target, nowMs + backMs)
          made = near
          later(backMs, () => {
            signal?.removeEventListener('abort', giveUp)
            near.attach(call.handler)
            resolve(near)
          })
        }
      }
      later(out.delayMs(), attempt)
    })
  }

  /** Makes both ends at the moment the call arrives; the caller's gets nothing before `fromMs`. */
  #establish(call: Call, target: Host, fromMs: number): SimConnection {
    const listener = target.listeners.get(call.port)
    const scheduler = this.#scheduler
    const near = new SimConnection({
      scheduler,
      life: call.life,
      inward: this.link(target.name, call.from.name),
      remoteAddress: target.address,
      remotePort: call.port,
      windowBytes,
    })
    const far = new SimConnection({
      scheduler,
      life: listener?.life ?? call.life,
      inward: this.link(call.from.name, target.name),
      remoteAddress: call.from.address,
      remotePort: call.from.nextPort++,
      windowBytes,
    })
    near.join(far, fromMs)
    far.join(near, scheduler.nowMs)
    this.#remember(call.from, near, target.name)
    this.#remember(target, far, call.from.name)
    const handler = listener?.accept(far)
    if (handler === undefined) far.destroy()
    else far.attach(handler)
    return near
  }

  #remember(host: Host, near: SimConnection, far: string): void {
    host.connections = host.connections.filter((known) => !known.near.closed)
    host.connections.push({ near, far })
  }

  #resolve(name: string, from: Host): Host | undefined {
    if (name === 'localhost' || name === '127.0.0.1') return from
    for (const host of this.#hosts.values()) if (host.name === name || host.address === name) return host
    return undefined
  }
}

export class SimNetwork implements Network {
  readonly #fabric: SimFabric
  readonly #host: Host
  readonly #life: Life

  constructor(options: { fabric: SimFabric; node: string; life: Life }) {
    this.#fabric = options.fabric
    this.#host = options.fabric.host(options.node)
    this.#life = options.life
  }

  afterReads(then: () => void): void {
    this.#fabric.afterReads(this.#life, then)
  }

  async listen({ host, port, accept }: ListenOptions): Promise<Listener> {
    const { listeners } = this.#host
    const bound = port === 0 ? this.#host.nextPort++ : port
    if (listeners.get(bound)?.life.alive === true) throw failure('EADDRINUSE', `${host}:${bound}`)
    const listener = { life: this.#life, accept }
    listeners.set(bound, listener)
    const close = async (): Promise<void> => {
      if (listeners.get(bound) === listener) listeners.delete(bound)
    }
    return { host, port: bound, close }
  }

  connect(options: ConnectOptions): Promise<Connection> {
    if (options.tls !== undefined) return Promise.reject(new TlsError('a simulated network has no TLS'))
    return this.#fabric.connect({ ...options, from: this.#host, life: this.#life })
  }
  async canonicalNames(host: string): Promise<readonly string[]> {
    return this.#fabric.namesOf(host, this.#host)
  }
}
