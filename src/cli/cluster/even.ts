/**
 * Makes loads even, by ways from a broker that has at least two more than another. A way of one step moves a replica from the one
 * to the other; where racks forbid that, of several ones over brokers between, whose loads stay. Each takes one from the fullest
 * and gives it to the emptiest, so that no step is taken in vain. Pure.
 */
import type { Placed, Placement } from './placement.ts'

interface Step {
  readonly placed: Placed
  readonly left: number
  readonly taken: number
}

/** Replicas: from the fullest to the emptiest, until they are within one, or racks are in the way. */
export function evenReplicas(placement: Placement, mayMove: MayMove): void {
  const size = (id: number): number => placement.replicasOn(id).size
  const vain = new VainSteps(placement, mayMove)
  const step = (left: number, taken: number): Placed | undefined => {
    if (vain.has(left, taken)) return undefined
    const placed = movable(placement, { left, taken, mayMove })
    if (placed === undefined) vain.add(left, taken)
    return placed
  }
  for (;;) {
    const way = oneStep(placement.usable, size, step) ?? wayOf(placement.usable, size, step)
    if (way === undefined) return
    for (const { placed, left, taken } of way) {
      placement.replace(placed, left, taken)
      vain.changed(placed)
    }
  }
}

type MayMove = (placed: Placed, left: number) => boolean

/**
 * Steps for which there was no partition, of all that a broker has: where racks are in the way that is so of most of them, time and
 * again. A step is no longer in vain only by a partition that was moved.
 */
class VainSteps {
  readonly #placement: Placement
  readonly #mayMove: MayMove
  /** From a broker to others. */
  readonly #vain = new Map<number, Set<number>>()

  constructor(placement: Placement, mayMove: MayMove) {
    this.#placement = placement
    this.#mayMove = mayMove
  }

  has(left: number, taken: number): boolean {
    return this.#vain.get(left)?.has(taken) === true
  }

  add(left: number, taken: number): void {
    const others = this.#vain.get(left) ?? new Set()
    this.#vain.set(left, others.add(taken))
  }

  /** It has moved. */
  changed(placed: Placed): void {
    for (const left of placed.to) {
      const others = this.#vain.get(left)
      for (const taken of others ?? []) {
        if (canMove(this.#placement, placed, { left, taken, mayMove: this.#mayMove })) others?.delete(taken)
      }
    }
  }
}

/** Preferred leaders of the partitions that may change; only the order of their replicas does. */
export function evenLeaders(placement: Placement, mayChange: (placed: Placed) => boolean): void {
  const size = (id: number): number => placement.ledBy(id).size
  const step = (left: number, taken: number): Placed | undefined => {
    for (const placed of placement.ledBy(left)) if (mayChange(placed) && placed.to.includes(taken)) return placed
    return undefined
  }
  for (;;) {
    const way = wayOf(placement.usable, size, step)
    if (way === undefined) return
    for (const { placed, taken } of way) placement.prefer(placed, taken)
  }
}

interface Wanted {
  readonly left: number
  readonly taken: number
  readonly mayMove: MayMove
}

/** Not where its racks would be fewer. */
const canMove = (placement: Placement, placed: Placed, { left, taken, mayMove }: Wanted): boolean =>
  !placed.to.includes(taken) && mayMove(placed, left) && !placement.losesRack(placed, left, taken)

/**
 * The best partition to move: one that moves anyway before one that would not, then one of a topic that has many replicas on the
 * one broker and few on the other. None is taken where its racks would be fewer.
 */
function movable(placement: Placement, { left, taken, mayMove }: Wanted): Placed | undefined {
  let best: Placed | undefined
  let bestScore = Number.NEGATIVE_INFINITY
  for (const placed of placement.replicasOn(left)) {
    if (placed.to.includes(taken) || !mayMove(placed, left)) continue
    const moved = (placed.from.includes(taken) ? 2 : 0) + (placed.from.includes(left) ? 0 : 1)
    const skew = placement.ofTopic(placed.topic, left) - placement.ofTopic(placed.topic, taken)
    const score = moved * 1_000_000 + skew
    if (score <= bestScore) continue
    if (placement.losesRack(placed, left, taken)) continue
    best = placed
    bestScore = score
  }
  return best
}

type Size = (id: number) => number
type FindStep = (left: number, taken: number) => Placed | undefined

function oneStep(ids: readonly number[], size: Size, find: FindStep): readonly Step[] | undefined {
  const byLoad = ids.toSorted((a, b) => size(a) - size(b))
  for (const left of byLoad.toReversed()) {
    for (const taken of byLoad) {
      if (size(left) - size(taken) < 2) break
      const placed = find(left, taken)
      if (placed !== undefined) return [{ placed, left, taken }]
    }
  }
  return undefined
}

/** A shortest way from the fullest broker that has one. */
function wayOf(ids: readonly number[], size: Size, find: FindStep): readonly Step[] | undefined {
  const least = Math.min(...ids.map(size))
  for (const start of ids.toSorted((a, b) => size(b) - size(a))) {
    if (size(start) - least < 2) return undefined
    const way = wayFrom(start, { ids, size, find })
    if (way !== undefined) return way
  }
  return undefined
}

interface Graph {
  readonly ids: readonly number[]
  readonly size: Size
  readonly find: FindStep
}

function wayFrom(start: number, { ids, size, find }: Graph): readonly Step[] | undefined {
  const ways = new Map<number, readonly Step[]>([[start, []]])
  const queue = [start]
  for (const left of queue) {
    for (const taken of ids) {
      if (ways.has(taken)) continue
      const placed = find(left, taken)
      const before = ways.get(left) ?? []
      // What one step says of a partition does not hold once another one has moved it.
      if (placed === undefined || before.some((step) => step.placed === placed)) continue
      const way = [...before, { placed, left, taken }]
      if (size(start) - size(taken) >= 2) return way
      ways.set(taken, way)
      queue.push(taken)
    }
  }
  return undefined
}
