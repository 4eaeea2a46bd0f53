/** What happens to a cluster until it heals: one fault after the other, of the kinds that the seed has drawn. */
import type { SeededStream } from '../../../src/sim/index.ts'
import { type ClusterNode, reserveBytes, reservePath } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { type FaultKind, faultKinds } from './options.ts'
import { recordsTopic } from './record-history.ts'

/** Of the wall clock, either way: a minute, or now and then two hours. */
const skewMs = { usual: 60_000, long: 7_200_000 }
/** A stop is given up for dead by whoever looks after the node. */
const stopMsMax = 30_000
/** From the end of a partition's leader to that of the next, on average. */
const successionMs = 100
/** How long a disk is full: on average, and at most, or the reserve is used up. */
const fullMs = { mean: 3000, max: 10_000 }

export class Faults {
  readonly counts: Record<FaultKind | 'restart', number>
  readonly #cluster: ClusterWorld
  readonly #draw: SeededStream

  constructor(cluster: ClusterWorld) {
    this.#cluster = cluster
    this.#draw = cluster.world.random.stream('faults')
    const none = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
    this.counts = { ...none, restart: 0 }
  }

  /** Until that moment of virtual time. */
  async run(untilMs: number): Promise<void> {
    const { world, options } = this.#cluster
    while (world.nowMs < untilMs && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(Math.min(this.#draw.exponential(options.faultMs), untilMs - world.nowMs))
      const kind = options.faults[this.#draw.below(options.faults.length)]
      if (kind !== undefined && this.#inflict(kind)) this.counts[kind]++
      if (this.#draw.below(3) > 0) this.#restart()
      if (this.#draw.below(4) === 0) world.network.heal()
    }
  }

  #any(nodes: readonly ClusterNode[]): ClusterNode | undefined {
    return nodes[this.#draw.below(Math.max(1, nodes.length))]
  }

  /** Who leads, more often than chance would have it. */
  #victim(): ClusterNode | undefined {
    const alive = this.#cluster.nodes.filter(({ state }) => state !== 'down')
    return (this.#draw.below(3) === 0 ? this.#cluster.leader : undefined) ?? this.#any(alive)
  }

  /** One that is down comes back; one that takes too long to stop is killed. */
  #restart(): void {
    const { nodes, world } = this.#cluster
    for (const one of nodes) {
      if (one.state === 'stopping' && world.nowMs - one.sinceMs > stopMsMax && this.#mayEnd(one)) one.kill()
    }
    const down = this.#any(nodes.filter(({ state }) => state === 'down'))
    if (down === undefined) return
    down.start()
    this.counts.restart++
  }

  /** False: there was nobody to whom it could happen. */
  #inflict(kind: FaultKind): boolean {
    const { world } = this.#cluster
    if (kind === 'power') return this.#losePower()
    if (kind === 'succession') return this.#endLeaders()
    if (kind === 'full-disk') return this.#fillDisk()
    const victim = this.#victim()
    if (victim === undefined) return false
    if ((kind === 'kill' || kind === 'in-operation') && !this.#mayEnd(victim)) return false
    const { name } = victim
    const ofVictim = (): boolean => {
      if (kind === 'kill') victim.kill()
      else if (kind === 'in-operation') this.#endInOperation(victim)
      else if (kind === 'stop') victim.stop()
      else if (kind === 'pause') world.pause(name, this.#draw.below(this.#isLong() ? 12_000 : 1500))
      else if (kind === 'stall') world.disk(name).stall(this.#draw.below(this.#isLong() ? 6000 : 1000))
      else if (kind === 'skew') this.#skew(name)
      else if (kind === 'slow-disk') this.#slowDisk(name)
      else return false
      return true
    }
    return ofVictim() || this.#disturbNetwork(kind, name)
  }

  /** But under control. What a controller alone has written is synced. */
  #mayEnd({ id, isBroker }: ClusterNode): boolean {
    const { weakBroker } = this.#cluster.options
    return weakBroker === undefined || weakBroker === id || !isBroker
  }

  #losePower(): boolean {
    const { nodes, options } = this.#cluster
    if (options.weakBroker === undefined && this.#draw.below(8) === 0) return this.#cutAllPower()
    const weak = nodes.filter((one) => one.state !== 'down' && this.#mayEnd(one))
    const victim = options.weakBroker === undefined ? this.#victim() : this.#any(weak)
    victim?.cutPower()
    return victim !== undefined
  }

  /**
   * Nothing more is taken for a while, but for what the reserve of the node has room for. A node ends, as Kafka does, where its disk
   * is full again before there was room for another reserve.
   */
  #fillDisk(): boolean {
    const { world, nodes } = this.#cluster
    const hasReserve = ({ name }: ClusterNode): boolean => {
      const file = world.disk(name).tree.find(reservePath)
      return file?.kind === 'file' && file.size === reserveBytes
    }
    const victim = this.#any(nodes.filter(hasReserve))
    if (victim === undefined) return false
    const disk = world.disk(victim.name)
    disk.setFaults({ capacityBytes: disk.tree.usedBytes() + this.#draw.below(1000) })
    world.after(Math.min(this.#draw.exponential(fullMs.mean), fullMs.max), () =>
      disk.setFaults({ capacityBytes: Number.MAX_SAFE_INTEGER }),
    )
    return true
  }

  #endInOperation(victim: ClusterNode): void {
    const how = (['killed', 'torn', 'dropped', 'kept'] as const)[this.#draw.below(4)] ?? 'killed'
    victim.endInOperation(1 + this.#draw.below(40), how)
  }

  #isLong(): boolean {
    return this.#draw.below(4) === 0
  }

  /** Of the whole house: what was synced is there, and nothing else has to be. */
  #cutAllPower(): boolean {
    for (const one of this.#cluster.nodes) if (one.state !== 'down') one.cutPower()
    for (const one of this.#cluster.nodes) if (this.#draw.below(4) > 0) one.start()
    return true
  }

  /** Whoever leads a partition ends, and the next one as soon as it leads. */
  #endLeaders(): boolean {
    const first = this.#cluster.leaderOf(recordsTopic, 0)
    if (first === undefined || first.state === 'down') return false
    this.#end(first)
    void this.#endNext(first)
    return true
  }

  async #endNext(first: ClusterNode): Promise<void> {
    const { world, options } = this.#cluster
    const untilMs = world.nowMs + 2 * options.sessionTimeoutMs
    for (;;) {
      await this.#cluster.sleep(this.#draw.exponential(successionMs))
      if (this.#cluster.isHealed || world.nowMs > untilMs) return
      const next = this.#cluster.leaderOf(recordsTopic, 0)
      if (next === undefined || next === first) continue
      if (next.state !== 'down') this.#end(next)
      return
    }
  }

  #end(node: ClusterNode): void {
    if (!this.#mayEnd(node)) return
    const isPowerLost = this.#cluster.options.faults.includes('power') && this.#draw.below(2) === 0
    if (isPowerLost) node.cutPower()
    else node.kill()
  }

  #skew(name: string): void {
    const boundMs = this.#isLong() ? skewMs.long : skewMs.usual
    this.#cluster.world.skew(name, this.#draw.below(2 * boundMs) - boundMs)
  }

  #slowDisk(name: string): void {
    const isSlow = this.#draw.below(2) === 0
    this.#cluster.world.disk(name).setFaults({
      delayMsMean: isSlow ? this.#draw.exponential(10) : 0.1,
      slowRate: isSlow ? 0.02 : 0,
      slowMs: this.#draw.below(1000),
    })
  }

  #disturbNetwork(kind: FaultKind, name: string): boolean {
    const { world, nodes } = this.#cluster
    const { network } = world
    const names = nodes.map((one) => one.name)
    const other = names[this.#draw.below(names.length)] ?? name
    if (kind === 'cut') {
      // Connections break, and now and then the two lose sight of each other.
      network.cut(name, other)
      if (other !== name && this.#draw.below(2) === 0) network.partition([name], [other])
    } else if (kind === 'one-way') {
      if (other === name) return false
      network.block(name, other)
    } else if (kind === 'alone') {
      const side = names.filter((it) => it === name || this.#draw.below(4) === 0)
      network.partition(
        side,
        names.filter((it) => !side.includes(it)),
      )
    } else if (kind === 'slow-link') {
      network.clog({ from: name, to: other, forMs: this.#draw.below(3000) })
    }
    return true
  }

  /** Every fault is over; who is down comes back, but for those that are told to stay away. */
  heal(staysAway: (node: ClusterNode) => boolean): void {
    const { world, nodes } = this.#cluster
    world.network.heal()
    for (const one of nodes) {
      world.disk(one.name).setFaults({ delayMsMean: 0.1, slowRate: 0, capacityBytes: Number.MAX_SAFE_INTEGER })
      one.isWanted = !staysAway(one)
      world.disk(one.name).endInOperation(Number.POSITIVE_INFINITY, () => undefined)
      if (!one.isWanted) {
        if (one.state !== 'down') one.kill()
      } else if (one.state === 'down') one.start()
    }
    this.#cluster.isHealed = true
  }
}
