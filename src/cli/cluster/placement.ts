/**
 * Where the replicas of a cluster are, and where they go while a plan is made: each replica can take another broker's place, and
 * any replica the first place, that of the preferred leader. Counts are kept as that happens. Pure.
 */
import { present } from '../../base/index.ts'

export interface PlanBroker {
  readonly id: number
  readonly rack: string | null
  /** Gets no replicas, and those that it has stay: it may come back. */
  readonly isFenced: boolean
}

export interface PlanPartition {
  readonly topic: string
  readonly partition: number
  /** Those it has, or is on its way to; the first is the preferred leader. */
  readonly replicas: readonly number[]
}

/** A partition in the plan. */
export interface Placed {
  readonly topic: string
  readonly partition: number
  readonly from: readonly number[]
  readonly to: number[]
}

/** What a broker holds. */
export interface Load {
  readonly brokerId: number
  readonly replicas: number
  readonly leaders: number
}

export class Placement {
  readonly partitions: readonly Placed[]
  /** Brokers that may get replicas, by id. */
  readonly usable: readonly number[]
  readonly #racks: ReadonlyMap<number, string>
  readonly #on: ReadonlyMap<number, Set<Placed>>
  readonly #ledBy: ReadonlyMap<number, Set<Placed>>
  /** Replicas of a topic on a broker. */
  readonly #ofTopic = new Map<string, Map<number, number>>()

  constructor(brokers: readonly PlanBroker[], partitions: readonly PlanPartition[]) {
    const usable = brokers.filter(({ isFenced }) => !isFenced).toSorted((a, b) => a.id - b.id)
    this.usable = usable.map(({ id }) => id)
    this.#racks = new Map(brokers.map(({ id, rack }) => [id, rack ?? '']))
    this.#on = new Map(this.usable.map((id) => [id, new Set<Placed>()]))
    this.#ledBy = new Map(this.usable.map((id) => [id, new Set<Placed>()]))
    this.partitions = partitions.map(({ topic, partition, replicas }) => ({
      topic,
      partition,
      from: replicas,
      to: [...replicas],
    }))
    for (const placed of this.partitions) {
      for (const id of placed.to) this.#count(placed, id, 1)
      this.#lead(placed)
    }
  }

  /** The racks of brokers that may get replicas. */
  get rackCount(): number {
    return new Set(this.usable.map((id) => this.#racks.get(id))).size
  }

  rackOf(id: number): string {
    return this.#racks.get(id) ?? ''
  }

  isUsable(id: number): boolean {
    return this.#on.has(id)
  }

  replicasOn(id: number): ReadonlySet<Placed> {
    return present(this.#on.get(id), 'a usable broker')
  }

  ledBy(id: number): ReadonlySet<Placed> {
    return present(this.#ledBy.get(id), 'a usable broker')
  }

  ofTopic(topic: string, id: number): number {
    return this.#ofTopic.get(topic)?.get(id) ?? 0
  }

  /** In how many racks the replicas are, `left` of them in the place of which there is `taken`. */
  rackSpread({ to }: Placed, left?: number, taken?: number): number {
    const racks = new Set<string>()
    for (const id of to) racks.add(this.rackOf(id === left && taken !== undefined ? taken : id))
    return racks.size
  }

  /** Whether there would be fewer racks with `taken` in the place of `left`: the same as by `rackSpread`, for the many that are tried. */
  losesRack({ to }: Placed, left: number, taken: number): boolean {
    const lost = this.rackOf(left)
    const gained = this.rackOf(taken)
    if (lost === gained) return false
    let isNew = true
    for (const id of to) {
      if (id === left) continue
      const rack = this.rackOf(id)
      if (rack === lost) return false
      if (rack === gained) isNew = false
    }
    return !isNew
  }

  /** `taken`, which has no replica of it, in the place of `left`. */
  replace(placed: Placed, left: number, taken: number): void {
    this.#ledBy.get(placed.to[0] ?? -1)?.delete(placed)
    placed.to[placed.to.indexOf(left)] = taken
    this.#count(placed, left, -1)
    this.#count(placed, taken, 1)
    this.#lead(placed)
  }

  /** `id`, which has a replica, is to lead; the others stay in their order. */
  prefer(placed: Placed, id: number): void {
    this.#ledBy.get(placed.to[0] ?? -1)?.delete(placed)
    placed.to.splice(placed.to.indexOf(id), 1)
    placed.to.unshift(id)
    this.#lead(placed)
  }

  loads(): readonly Load[] {
    return this.usable.map((id) => ({
      brokerId: id,
      replicas: this.replicasOn(id).size,
      leaders: this.ledBy(id).size,
    }))
  }

  #lead(placed: Placed): void {
    this.#ledBy.get(placed.to[0] ?? -1)?.add(placed)
  }

  #count(placed: Placed, id: number, change: 1 | -1): void {
    const on = this.#on.get(id)
    if (change === 1) on?.add(placed)
    else on?.delete(placed)
    const byBroker = this.#ofTopic.get(placed.topic) ?? new Map<number, number>()
    this.#ofTopic.set(placed.topic, byBroker.set(id, (byBroker.get(id) ?? 0) + change))
  }
}
