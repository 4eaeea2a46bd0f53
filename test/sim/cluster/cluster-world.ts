/** A cluster in a world from a seed: whole nodes, and what the network, the disks and the clocks do to them. */
import type { Env } from '../../../src/base/index.ts'
import { type LogLine, World } from '../../../src/sim/index.ts'
import { synchronousJobs } from '../synchronous-jobs.ts'
import { ClusterNode, placesOf, textsOf } from './cluster-node.ts'
import { type ClusterOptions, drawnOptions } from './options.ts'

/** Lines of the log that are told with a failure. */
const linesKept = 300

export class ClusterWorld {
  readonly options: ClusterOptions
  readonly world: World
  readonly nodes: readonly ClusterNode[]
  /** The last lines of all nodes' logs. */
  readonly lines: LogLine[] = []
  /** The first thing that must not be; the run ends with it. */
  failure: Error | undefined
  /** Called with each line of a log. */
  onLine: (line: LogLine) => void = () => undefined
  isHealed = false

  constructor(seed: number) {
    this.options = drawnOptions(seed, new World({ seed, turn: setImmediate }).random.stream('options'))
    const { delayMsMean, splitRate } = this.options
    this.world = new World({
      seed,
      turn: setImmediate,
      network: { delayMsMean, splitRate },
      jobs: synchronousJobs,
      log: (line) => this.#logged(line),
    })
    this.nodes = placesOf(this.options).map(
      (place) =>
        new ClusterNode({
          place,
          world: this.world,
          texts: textsOf(this.options, place),
          failed: (error) => this.fail(error),
        }),
    )
  }

  fail(error: Error): void {
    this.failure ??= error
  }

  #logged(line: LogLine): void {
    this.lines.push(line)
    if (this.lines.length > 2 * linesKept) this.lines.splice(0, linesKept)
    this.onLine(line)
  }

  get lastLines(): readonly LogLine[] {
    return this.lines.slice(-linesKept)
  }

  get clientEnv(): Env {
    return this.world.env('client')
  }

  get controllers(): readonly ClusterNode[] {
    return this.nodes.filter(({ isController }) => isController)
  }

  get brokers(): readonly ClusterNode[] {
    return this.nodes.filter(({ isBroker }) => isBroker)
  }

  /** Asks every node what it knows of its quorum. */
  look(): void {
    for (const one of this.nodes) one.view = one.node?.quorum.view
  }

  /** Who led at the last look, as the one with the highest epoch has it. */
  get leader(): ClusterNode | undefined {
    let leader: ClusterNode | undefined
    let epoch = -1
    for (const one of this.nodes) {
      const { view } = one
      if (view?.isLeader === true && view.leaderEpoch > epoch) {
        leader = one
        epoch = view.leaderEpoch
      }
    }
    return leader
  }

  /** As the active controller has it. */
  leaderOf(topic: string, partition: number): ClusterNode | undefined {
    const id = this.leader?.node?.quorum.image.topics.byName.get(topic)?.partitions.get(partition)?.leader
    return this.brokers.find((one) => one.id === id)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.after(ms, resolve))
  }
}
