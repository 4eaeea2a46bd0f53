/**
 * Where the replicas of new partitions go: over the racks in turn, within a rack over its brokers in turn, each partition
 * starting one further (Kafka's striped placement). Leaders go to unfenced brokers only; fenced ones come last.
 */
import { ApiError, assert, present, type RandomStream } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'

export interface UsableBroker {
  readonly brokerId: number
  readonly rack: string | null
  readonly fenced: boolean
}

export interface PlacementOptions {
  readonly brokers: readonly UsableBroker[]
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly random: RandomStream
}

function shuffle<T>(items: T[], random: RandomStream): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const a = present(items[i], 'item')
    items[i] = present(items[j], 'item')
    items[j] = a
  }
}

/** Brokers in turn; each partition goes round once, starting one further than the one before. */
class Ring {
  readonly #brokerIds: number[]
  readonly #random: RandomStream
  #offset: number
  #taken = 0

  constructor(brokerIds: readonly number[], random: RandomStream) {
    this.#brokerIds = brokerIds.toSorted((a, b) => a - b)
    this.#random = random
    this.#offset = this.#brokerIds.length === 0 ? 0 : random.below(this.#brokerIds.length)
  }

  get size(): number {
    return this.#brokerIds.length
  }

  nextPartition(): void {
    this.#taken = 0
    this.#offset++
  }

  /** Undefined: this partition has had them all. */
  take(): number | undefined {
    if (this.#taken >= this.size) return undefined
    return this.#brokerIds[(this.#offset + this.#taken++) % this.size]
  }

  shuffle(): void {
    shuffle(this.#brokerIds, this.#random)
  }
}

class Rack {
  readonly name: string
  readonly unfenced: Ring
  readonly #fenced: Ring

  constructor(name: string, brokers: readonly UsableBroker[], random: RandomStream) {
    const ids = (fenced: boolean) => brokers.filter((it) => it.fenced === fenced).map((it) => it.brokerId)
    this.name = name
    this.unfenced = new Ring(ids(false), random)
    this.#fenced = new Ring(ids(true), random)
  }

  take(): number | undefined {
    return this.unfenced.take() ?? this.#fenced.take()
  }

  nextPartition(): void {
    this.unfenced.nextPartition()
    this.#fenced.nextPartition()
  }

  shuffle(): void {
    this.unfenced.shuffle()
    this.#fenced.shuffle()
  }
}

function racksOf(brokers: readonly UsableBroker[], random: RandomStream): Rack[] {
  const byRack = Map.groupBy(brokers, (broker) => broker.rack ?? '')
  const names = [...byRack.keys()].sort()
  return names.map((name) => new Rack(name, present(byRack.get(name), 'rack'), random))
}

/** The leader comes from the first rack, from `start` on, that has an unfenced broker; then every rack in turn. */
function placeOne(racks: readonly Rack[], start: number, replicationFactor: number): number[] {
  const replicas: number[] = []
  const at = (i: number): Rack => present(racks[i % racks.length], 'rack')
  let skipped = -1
  for (let i = start; replicas.length === 0; i++) {
    assert(i < start + racks.length, 'a rack has an unfenced broker')
    const leader = at(i).unfenced.take()
    if (leader === undefined) continue
    replicas.push(leader)
    skipped = i % racks.length
  }
  for (let i = start; replicas.length < replicationFactor; i++) {
    // The rack of the leader has had its first turn.
    if (i % racks.length === skipped) {
      skipped = -1
      continue
    }
    const replica = at(i).take()
    if (replica !== undefined) replicas.push(replica)
  }
  return replicas
}

/** The replicas of each partition, leader first. Throws ApiError INVALID_REPLICATION_FACTOR. */
export function placeReplicas(options: PlacementOptions): readonly (readonly number[])[] {
  const { brokers, partitionCount, replicationFactor, random } = options
  const refuse = (reason: string): never => {
    const what = `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`
    throw new ApiError(ErrorCode.INVALID_REPLICATION_FACTOR, what)
  }
  const unfencedCount = brokers.filter((it) => !it.fenced).length
  if (unfencedCount === 0) refuse('All brokers are currently fenced, or have all their log directories cordoned.')
  if (replicationFactor > brokers.length) {
    const only = `only ${brokers.length} broker(s) are registered or some brokers have all their log directories cordoned.`
    refuse(`The target replication factor of ${replicationFactor} cannot be reached because ${only}`)
  }
  const racks = racksOf(brokers, random)
  const placed: (readonly number[])[] = []
  let start = random.below(racks.length)
  for (let partition = 0; partition < partitionCount; partition++) {
    // After as many partitions as brokers the same assignments would come again.
    if (partition > 0 && partition % unfencedCount === 0 && unfencedCount > 1) {
      shuffle(racks, random)
      for (const rack of racks) rack.shuffle()
    }
    placed.push(placeOne(racks, start, replicationFactor))
    for (const rack of racks) rack.nextPartition()
    start = (start + 1) % racks.length
  }
  return placed
}
