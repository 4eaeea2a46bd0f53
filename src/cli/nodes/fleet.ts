/** The nodes of `odradek start --nodes N` while they run: started together, stopped in order, their lines passed on. */
import type { Clock, Logger } from '../../base/index.ts'
import { ChildNode } from './child-node.ts'
import type { PreparedNode } from './prepare.ts'

export interface FleetOptions {
  readonly nodes: readonly PreparedNode[]
  /** Of the nodes, and of those that are not started: without most of them no cluster comes to be. */
  readonly voters: readonly number[]
  /** Of `odradek start`, for each of them. */
  readonly flags: readonly string[]
  readonly json: boolean
  /** One that fails takes the others with it, under control. */
  readonly stopsOnFailure: boolean
  readonly clock: Clock
  /** So long a node may take to leave; then the others stop, in milliseconds. */
  readonly leaveMsMax: number
  readonly logger: Logger
  /** Takes a line with its end. */
  readonly write: (line: string) => void
}

export class Fleet {
  readonly #options: FleetOptions
  readonly #children: readonly ChildNode[]
  readonly #ended = Promise.withResolvers<boolean>()
  #isStopping = false
  #wasReady = false
  /** A node was ready: there was a cluster. */
  #hasServed = false

  constructor(options: FleetOptions) {
    const { nodes, flags } = options
    this.#options = options
    this.#children = nodes.map(
      ({ id, path }) =>
        new ChildNode({
          id,
          path,
          flags,
          onLine: (line) => this.#pass(id, line),
          onReady: () => this.#tellReady(),
          onEnd: () => this.#tellEnd(id),
        }),
    )
    for (const { id, pid } of this.#children) options.logger.log('info', 'started', { nodeId: id, pid })
  }

  /** Settles when all have ended: true if all of them did so as they were told. */
  get ended(): Promise<boolean> {
    return this.#ended.promise
  }

  /** All brokers leave while the quorum can let them go; then all nodes stop. */
  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    await this.#leave()
    await Promise.all(this.#children.map((child) => child.stop()))
  }

  /** One that hangs does not hold up the others for ever. */
  async #leave(): Promise<void> {
    const { clock, leaveMsMax, logger } = this.#options
    const late = new Set(this.#children)
    const limit = Promise.withResolvers<void>()
    const timer = clock.after(leaveMsMax, () => limit.resolve())
    const leave = async (child: ChildNode): Promise<void> => {
      await child.leave()
      late.delete(child)
    }
    await Promise.race([limit.promise, Promise.all(this.#children.map(leave))])
    timer.cancel()
    for (const { id } of late) {
      const seconds = leaveMsMax / 1000
      logger.log('warn', `node ${id} has not left within ${seconds} s: the others stop all the same`, { nodeId: id })
    }
  }

  endAtOnce(): void {
    for (const child of this.#children) if (!child.isOver) child.endAtOnce()
  }

  #pass(id: number, line: string): void {
    const { json, logger, write } = this.#options
    if (!json) write(`[node ${id}] ${line}\n`)
    else if (line.startsWith('{"')) write(`{"nodeId":${id},${line.slice(1)}\n`)
    else logger.log('error', line, { nodeId: id })
  }

  #tellReady(): void {
    this.#hasServed ||= this.#children.some(({ isReady }) => isReady)
    const { logger, nodes } = this.#options
    if (this.#wasReady || this.#isStopping || !this.#children.every((child) => child.isReady || child.isOver)) return
    this.#wasReady = true
    const running = nodes.filter(({ id }) => this.#children.some((child) => child.id === id && child.isReady))
    logger.log('info', 'the cluster is ready', {
      nodes: running.length,
      bootstrap: running.map(({ bootstrap }) => bootstrap).join(','),
    })
  }

  #tellEnd(id: number): void {
    const { logger } = this.#options
    const child = this.#children.find((it) => it.id === id)
    const running = this.#children.filter(({ isOver }) => !isOver)
    if (child?.failure !== undefined) this.#tellFailure(child, running)
    else if (!this.#isStopping) {
      const { stops, others } = this.#fate(running, false)
      logger.log('info', `node ${id} was stopped: ${others}`, { nodeId: id })
      if (stops) void this.stop()
    }
    if (running.length === 0) this.#ended.resolve(this.#children.every(({ failure }) => failure === undefined))
    else this.#tellReady()
  }

  #tellFailure({ id, failure }: ChildNode, running: readonly ChildNode[]): void {
    const { logger, stopsOnFailure } = this.#options
    const { stops, others } = this.#fate(running, stopsOnFailure)
    logger.log('error', `node ${id} ${failure}: ${others}`, {
      nodeId: id,
      running: running.map((it) => it.id).join(','),
    })
    if (stops) void this.stop()
  }

  /** What becomes of those that run, and how that is told. */
  #fate(running: readonly ChildNode[], stopsAll: boolean): { readonly stops: boolean; readonly others: string } {
    if (running.length === 0) return { stops: false, others: 'no other one runs' }
    const { voters } = this.#options
    const left = voters.filter((voter) => running.some((it) => it.id === voter)).length
    // A cluster that has served goes on as far as it can; one that has not would wait for ever.
    const isHopeless = !this.#hasServed && !this.#isStopping && left * 2 <= voters.length
    if (isHopeless)
      return { stops: true, others: `the others stop, for ${left} of ${voters.length} voters are no majority` }
    return { stops: stopsAll, others: stopsAll ? 'the others stop' : 'the others go on' }
  }
}
