import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type MapView, type OnChange, type Snapshot, Timeline, type VersionedMap } from './versioned-map.ts'

/** Copies everything at every epoch. */
class Model {
  readonly versions = new Map<number, ReadonlyMap<number, string>>([[-1, new Map()]])
  newest = new Map<number, string>()

  at(epoch: number): ReadonlyMap<number, string> {
    const version = this.versions.get(epoch)
    assert.ok(version)
    return version
  }
}

const sorted = (entries: Iterable<[number, string]>): [number, string][] => [...entries].sort(([a], [b]) => a - b)

function same(view: MapView<number, string>, expected: ReadonlyMap<number, string>): void {
  assert.equal(view.size, expected.size)
  assert.deepEqual(sorted(view.entries()), sorted(expected.entries()))
  for (let key = 0; key < 6; key++) {
    assert.equal(view.get(key), expected.get(key))
    assert.equal(view.has(key), expected.has(key))
  }
}

const key = fc.nat(5)
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), key, value: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), by: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), share: fc.float({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('revert' as const), share: fc.float({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('snapshot' as const), share: fc.float({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('take back' as const), share: fc.float({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const) }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

class Run {
  readonly timeline = new Timeline()
  readonly told = new Map<number, string>()
  readonly #tell: OnChange<number, string> = (key, before, after) => {
    assert.equal(this.told.get(key), before)
    if (after === undefined) this.told.delete(key)
    else this.told.set(key, after)
  }
  readonly map: VersionedMap<number, string> = this.timeline.map(this.#tell)
  readonly model = new Model()
  snapshots: Snapshot[] = []

  /** An epoch between the committed and the newest one. */
  #between(share: number): number {
    const { committedEpoch, epoch } = this.timeline
    return committedEpoch + Math.floor(share * (epoch - committedEpoch))
  }

  #write(change: () => void): void {
    if (this.timeline.epoch > this.timeline.committedEpoch) change()
    this.model.versions.set(this.timeline.epoch, new Map(this.model.newest))
  }

  do(command: Command): void {
    const { timeline, map, model } = this
    switch (command.kind) {
      case 'set':
        this.#write(() => {
          map.set(command.key, `v${command.value}`)
          model.newest.set(command.key, `v${command.value}`)
        })
        return
      case 'delete':
        this.#write(() => assert.equal(map.delete(command.key), model.newest.delete(command.key)))
        return
      case 'advance': {
        const from = timeline.epoch
        timeline.advanceTo(from + command.by)
        for (let epoch = from + 1; epoch <= timeline.epoch; epoch++) model.versions.set(epoch, new Map(model.newest))
        return
      }
      case 'commit':
        timeline.commitTo(this.#between(command.share))
        return
      case 'revert': {
        const epoch = this.#between(command.share)
        this.snapshots = this.snapshots.filter((snapshot) => snapshot.epoch <= epoch)
        timeline.revertTo(epoch)
        model.newest = new Map(model.at(epoch))
        return
      }
      case 'take back': {
        const epoch = this.#between(command.share)
        this.#write(() => {
          timeline.takeBackTo(epoch)
          model.newest = new Map(model.at(epoch))
        })
        return
      }
      case 'snapshot':
        this.snapshots.push(timeline.snapshot(this.#between(command.share)))
        return
      case 'release':
        this.snapshots.shift()?.release()
    }
  }

  check(): void {
    const { timeline, map, model } = this
    assert.equal(map.size, model.newest.size)
    assert.deepEqual(sorted(map.entries()), sorted(model.newest.entries()))
    assert.deepEqual(sorted(this.told.entries()), sorted(model.newest.entries()))
    same(map.committed, model.at(timeline.committedEpoch))
    for (const snapshot of this.snapshots) same(map.at(snapshot), model.at(snapshot.epoch))
  }
}

describe('versioned map', () => {
  test('newest, committed and snapshots are what copies at every epoch would be', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const run = new Run()
        for (const command of commands) {
          run.do(command)
          run.check()
        }
      }),
      { numRuns: 400 },
    )
  })

  test('a snapshot that was released or reverted is not read', () => {
    const timeline = new Timeline()
    const map = timeline.map<string, number>()
    timeline.advanceTo(5)
    map.set('a', 1)
    const released = timeline.snapshot(5)
    const reverted = timeline.snapshot(5)
    const view = map.at(reverted)
    assert.equal(view.get('a'), 1)
    released.release()
    timeline.revertTo(4)
    assert.throws(() => map.at(released).get('a'))
    assert.throws(() => view.get('a'))
    assert.equal(map.has('a'), false)
  })

  test('what is committed is neither undone nor written, and commits never fall', () => {
    const timeline = new Timeline()
    const map = timeline.map<string, number>()
    assert.throws(() => map.set('a', 1))
    timeline.advanceTo(3)
    timeline.commitTo(3)
    assert.throws(() => map.set('a', 1))
    assert.throws(() => timeline.revertTo(2))
    assert.throws(() => timeline.takeBackTo(2))
    assert.throws(() => timeline.commitTo(2))
    assert.throws(() => timeline.commitTo(4))
    assert.throws(() => timeline.advanceTo(2))
    assert.throws(() => timeline.snapshot(2))
  })

  test('two maps of one timeline move together', () => {
    const timeline = new Timeline()
    const a = timeline.map<string, number>()
    const b = timeline.map<string, number>()
    timeline.advanceTo(0)
    a.set('x', 1)
    b.set('y', 1)
    timeline.commitTo(0)
    timeline.advanceTo(1)
    a.delete('x')
    b.set('y', 2)
    assert.deepEqual([a.committed.get('x'), b.committed.get('y')], [1, 1])
    timeline.revertTo(0)
    assert.deepEqual([a.get('x'), b.get('y')], [1, 1])
  })
})
