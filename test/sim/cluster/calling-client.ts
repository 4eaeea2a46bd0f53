/** A line to some node of the cluster, another one every now and then, for one request at a time. */
import assert from 'node:assert/strict'
import type { Api, Fields, Infer } from '../../../src/protocol/index.ts'
import type { SeededStream } from '../../../src/sim/index.ts'
import { Wire } from '../../wire.ts'
import { brokerPort, type ClusterNode, controllerPort } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'

/** Nothing was heard within the time of a client, or the connection was lost. */
export class Unheard extends Error {}

/** A client's own time-out. */
const callMsMax = 15_000

export class CallingClient {
  readonly #cluster: ClusterWorld
  readonly #draw: SeededStream
  #line: { readonly wire: Wire; readonly isController: boolean } | undefined

  constructor(cluster: ClusterWorld, draw: SeededStream) {
    this.#cluster = cluster
    this.#draw = draw
  }

  /** The next request goes elsewhere. */
  leave(): void {
    this.#line?.wire.destroy()
    this.#line = undefined
  }

  /** Whom the next request asks. Throws Unheard where nobody listens. */
  async connect(): Promise<{ readonly wire: Wire; readonly isController: boolean }> {
    if (this.#line !== undefined && !this.#line.wire.isClosed) return this.#line
    // Most ask brokers: who asks a controller directly has to find the active one.
    const { nodes, brokers } = this.#cluster
    const candidates = this.#draw.below(5) === 0 ? nodes : brokers
    const node = candidates[this.#draw.below(candidates.length)]
    assert.ok(node !== undefined)
    const isController = !node.isBroker || (node.isController && this.#draw.below(3) === 0)
    const connecting = this.#open(node, isController ? controllerPort : brokerPort)
    this.#line = { wire: await this.#within(connecting), isController }
    return this.#line
  }

  async #open(node: ClusterNode, port: number): Promise<Wire> {
    try {
      return await Wire.connect(this.#cluster.clientEnv.network, node.name, port)
    } catch (error) {
      throw new Unheard(node.name, { cause: error })
    }
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    const { clock } = this.#cluster.clientEnv
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = clock.after(callMsMax, () => reject(new Unheard('time is over')))
    try {
      return await Promise.race([work, promise])
    } catch (error) {
      this.leave()
      if (error instanceof Error && /connection was closed/.test(error.message)) throw new Unheard(error.message)
      throw error
    } finally {
      timer.cancel()
    }
  }

  /** Makes a change now and then, each with another node; what is not heard of is let be. */
  async keepChanging(
    { thinkMs, isOver }: { readonly thinkMs: number; readonly isOver: () => boolean },
    change: () => Promise<void>,
  ): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#draw.exponential(thinkMs))
      if (isOver()) break
      try {
        await change()
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
      }
      this.leave()
    }
  }

  /** Throws Unheard. */
  async call<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
  ): Promise<Infer<S>> {
    const { wire } = await this.connect()
    return this.#within(wire.call(api, request))
  }
}
