import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Load } from './placement.ts'
import { copiesOf, type Plan, type PlanCluster, PlanError, planDrain, planRebalance } from './plan.ts'

interface Shape {
  readonly brokerCount: number
  /** 0: brokers have none. */
  readonly rackCount: number
  readonly factors: readonly number[]
  readonly seed: number
  /** Replicas are on the first so many brokers: the others are new. */
  readonly oldCount: number
}

/** Partitions with their replicas anywhere among the old brokers, in two topics. */
function clusterOf({ brokerCount, rackCount, factors, seed, oldCount }: Shape): PlanCluster {
  let state = seed
  const draw = (bound: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * bound)
  }
  const brokers = Array.from({ length: brokerCount }, (_, i) => ({
    id: i + 1,
    rack: rackCount === 0 ? null : `rack-${i % rackCount}`,
    isFenced: false,
  }))
  const partitions = factors.map((factor, partition) => {
    const left = Array.from({ length: Math.max(oldCount, factor) }, (_, i) => i + 1)
    const replicas = Array.from({ length: factor }, () => left.splice(draw(left.length), 1)[0] ?? 0)
    return { topic: partition % 3 === 0 ? 'a' : 'b', partition, replicas }
  })
  return { brokers, partitions }
}

const shapes = (rackCounts: fc.Arbitrary<number>): fc.Arbitrary<Shape> =>
  fc
    .record({
      brokerCount: fc.integer({ min: 1, max: 9 }),
      rackCount: rackCounts,
      seed: fc.integer({ min: 0, max: 1e9 }),
    })
    .chain(({ brokerCount, ...rest }) =>
      fc.record({
        brokerCount: fc.constant(brokerCount),
        rackCount: fc.constant(rest.rackCount),
        seed: fc.constant(rest.seed),
        oldCount: fc.integer({ min: 1, max: brokerCount }),
        factors: fc.array(fc.integer({ min: 1, max: Math.min(4, brokerCount) }), { maxLength: 40 }),
      }),
    )

const range = (loads: readonly Load[], of: (load: Load) => number): number =>
  Math.max(...loads.map(of)) - Math.min(...loads.map(of))

const racksOf = ({ brokers }: PlanCluster, replicas: readonly number[]): number =>
  new Set(replicas.map((id) => brokers.find((broker) => broker.id === id)?.rack)).size

/** The cluster as the plan leaves it; throws where a move is not of a partition as it is. */
function carriedOut(cluster: PlanCluster, { moves }: Plan): PlanCluster {
  const left = new Map(moves.map((move) => [`${move.topic}-${move.partition}`, move]))
  const partitions = cluster.partitions.map((it) => {
    const move = left.get(`${it.topic}-${it.partition}`)
    if (move === undefined) return it
    left.delete(`${it.topic}-${it.partition}`)
    assert.deepEqual(move.from, it.replicas)
    return { ...it, replicas: move.to }
  })
  assert.equal(left.size, 0)
  return { ...cluster, partitions }
}

/** What holds of every plan; and its loads are those of the cluster that it leaves. */
function checkSound(cluster: PlanCluster, plan: Plan): PlanCluster {
  const after = carriedOut(cluster, plan)
  const ids = new Set(cluster.brokers.map(({ id }) => id))
  for (const { from, to } of plan.moves) {
    assert.equal(new Set(to).size, to.length)
    assert.equal(to.length, from.length)
    for (const id of to) assert.ok(ids.has(id))
    assert.ok(racksOf(cluster, to) >= racksOf(cluster, from) || from.some((id) => !to.includes(id)))
  }
  for (const { brokerId, replicas, leaders } of plan.after) {
    assert.equal(replicas, after.partitions.filter((it) => it.replicas.includes(brokerId)).length)
    assert.equal(leaders, after.partitions.filter((it) => it.replicas[0] === brokerId).length)
  }
  return after
}

const copies = ({ moves }: Plan): number => moves.reduce((sum, move) => sum + copiesOf(move), 0)

/** As many as leave those that have too many, or as come to those that have too few: no plan has fewer. */
function fewestCopies({ before }: Plan): number {
  const total = before.reduce((sum, { replicas }) => sum + replicas, 0)
  const floor = Math.floor(total / before.length)
  const ceiling = Math.ceil(total / before.length)
  const over = before.reduce((sum, { replicas }) => sum + Math.max(0, replicas - ceiling), 0)
  const under = before.reduce((sum, { replicas }) => sum + Math.max(0, floor - replicas), 0)
  return Math.max(over, under)
}

describe('a plan to rebalance', () => {
  it('without racks: replicas are even within one, by the fewest copies that can make them so', () => {
    fc.assert(
      fc.property(shapes(fc.constant(0)), (shape) => {
        const cluster = clusterOf(shape)
        const plan = planRebalance(cluster)
        checkSound(cluster, plan)
        assert.ok(range(plan.after, (it) => it.replicas) <= 1)
        assert.equal(copies(plan), fewestCopies(plan))
      }),
    )
  })

  it('leaders are even within one where all partitions have as many replicas', () => {
    const uniform = shapes(fc.constant(0)).map((shape) => ({
      ...shape,
      factors: shape.factors.map(() => shape.factors[0] ?? 1),
    }))
    fc.assert(
      fc.property(uniform, (shape) => {
        const { after } = planRebalance(clusterOf(shape))
        assert.ok(range(after, (it) => it.leaders) <= 1)
      }),
    )
  })

  it('with racks: each partition is in as many as can be, and what was done is not done again', () => {
    fc.assert(
      fc.property(shapes(fc.integer({ min: 1, max: 4 })), (shape) => {
        const cluster = clusterOf(shape)
        const plan = planRebalance(cluster)
        const after = checkSound(cluster, plan)
        const rackCount = new Set(cluster.brokers.map(({ rack }) => rack)).size
        for (const { replicas } of after.partitions) {
          assert.equal(racksOf(cluster, replicas), Math.min(replicas.length, rackCount))
        }
        assert.deepEqual(planRebalance(after).moves, [])
      }),
    )
  })

  it('with racks of one size that have room for a replica each, replicas are even within one', () => {
    const equal = fc.record({ rackCount: fc.integer({ min: 1, max: 4 }), perRack: fc.integer({ min: 1, max: 3 }) })
    const arbitrary = fc.tuple(equal, shapes(fc.constant(0))).map(([{ rackCount, perRack }, shape]) => ({
      ...shape,
      rackCount,
      brokerCount: rackCount * perRack,
      oldCount: Math.min(shape.oldCount, rackCount * perRack),
      factors: shape.factors.map((factor) => Math.min(factor, rackCount)),
    }))
    fc.assert(
      fc.property(arbitrary, (shape) => {
        const { after } = planRebalance(clusterOf(shape))
        assert.ok(range(after, (it) => it.replicas) <= 1, JSON.stringify(after))
      }),
    )
  })

  it('a new broker gets its share, of each topic, from those that have most; fenced ones stay as they are', () => {
    const brokers = [1, 2, 3, 4, 5].map((id) => ({ id, rack: null, isFenced: id === 5 }))
    const partitions = ['a', 'b'].flatMap((topic) =>
      Array.from({ length: 6 }, (_, partition) => ({
        topic,
        partition,
        replicas: [(partition % 3) + 1, ((partition + 1) % 3) + 1, ...(partition === 0 ? [5] : [])],
      })),
    )
    const plan = planRebalance({ brokers, partitions })
    assert.deepEqual(
      plan.after.map(({ replicas }) => replicas),
      [6, 6, 6, 6],
    )
    assert.equal(copies(plan), 6)
    const toNew = plan.moves.filter(({ from, to }) => to.includes(4) && !from.includes(4))
    assert.deepEqual(
      ['a', 'b'].map((topic) => toNew.filter((move) => move.topic === topic).length),
      [3, 3],
    )
    for (const { from, to } of plan.moves) assert.equal(to.includes(5), from.includes(5))
    assert.deepEqual(
      plan.after.map(({ leaders }) => leaders),
      [3, 3, 3, 3],
    )
  })

  it('no broker, no partition: nothing to do', () => {
    assert.deepEqual(planRebalance({ brokers: [], partitions: [] }), { moves: [], before: [], after: [] })
  })
})

describe('a plan to drain a broker', () => {
  it('moves its replicas and no others, into racks that have none yet, where they make the loads most even', () => {
    fc.assert(
      fc.property(shapes(fc.integer({ min: 0, max: 4 })), (shape) => {
        const cluster = clusterOf(shape)
        const isPossible = cluster.partitions.every(
          ({ replicas }) => !replicas.includes(1) || replicas.length < cluster.brokers.length,
        )
        if (!isPossible) {
          assert.throws(() => planDrain(cluster, 1), PlanError)
          return
        }
        const plan = planDrain(cluster, 1)
        checkSound(cluster, plan)
        assert.equal(plan.moves.length, cluster.partitions.filter(({ replicas }) => replicas.includes(1)).length)
        const load = new Map(plan.after.map(({ brokerId, replicas }) => [brokerId, replicas]))
        for (const move of plan.moves) {
          const { from, to } = move
          const kept = from.filter((id) => id !== 1)
          const [taken = 0] = to.filter((id) => !from.includes(id))
          assert.equal(copiesOf(move), 1)
          for (const id of kept) assert.ok(to.includes(id))
          for (const { id } of cluster.brokers) {
            if (id === 1 || to.includes(id)) continue
            assert.ok(racksOf(cluster, [...kept, id]) <= racksOf(cluster, to))
            if (racksOf(cluster, [...kept, id]) < racksOf(cluster, to)) continue
            assert.ok((load.get(taken) ?? 0) - (load.get(id) ?? 0) <= 1)
          }
        }
      }),
    )
  })

  it('says why it cannot be', () => {
    const brokers = [1, 2].map((id) => ({ id, rack: null, isFenced: false }))
    assert.throws(() => planDrain({ brokers, partitions: [{ topic: 't', partition: 0, replicas: [1, 2] }] }, 1), {
      name: 'PlanError',
      message: /^t-0 has 2 replicas, and without broker 1 there are 1 brokers for them/,
    })
  })

  it('its leaders are spread over those that stay', () => {
    const brokers = [1, 2, 3, 4].map((id) => ({ id, rack: null, isFenced: false }))
    const partitions = Array.from({ length: 6 }, (_, partition) => ({ topic: 't', partition, replicas: [1, 2, 3] }))
    const { after } = planDrain({ brokers, partitions }, 1)
    assert.deepEqual(after, [
      { brokerId: 2, replicas: 6, leaders: 2 },
      { brokerId: 3, replicas: 6, leaders: 2 },
      { brokerId: 4, replicas: 6, leaders: 2 },
    ])
  })
})
