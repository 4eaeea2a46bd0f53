/** The checker of histories: it is content with a group that works, and finds each kind of fault. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { historyFaults, type MemberEvent, type Sent } from './history.ts'

const sent: readonly Sent[] = [0, 1, 2, 3].map((offset) => ({ partition: 0, offset, value: `v${offset}` }))

const owned = (member: string, atMs: number, partitions: readonly number[], epoch?: number): MemberEvent => ({
  ...{ kind: 'owned', member, atMs, partitions },
  ...(epoch === undefined ? {} : { epoch }),
})
const ended = (member: string, atMs: number): MemberEvent => ({ kind: 'ended', member, atMs })
const polled = (member: string, atMs: number, offset: number, value = `v${offset}`): MemberEvent => ({
  ...{ kind: 'polled', member, atMs, partition: 0, offset, value },
})
const committed = (member: string, atMs: number, offset: number): MemberEvent => ({
  ...{ kind: 'committed', member, atMs, positions: [{ partition: 0, offset }] },
})

/** Anna reads two, commits them and gives the partition up; Boris goes on and is killed; Clara reads the last again. */
const anna = [
  owned('anna', 10, [0], 1),
  polled('anna', 11, 0),
  polled('anna', 11, 1),
  committed('anna', 12, 2),
  owned('anna', 20, []),
]
const boris = [owned('boris', 20, [0], 2), polled('boris', 21, 2), polled('boris', 22, 3), ended('boris', 30)]
const clara = [owned('clara', 36, [0], 3), polled('clara', 37, 2), polled('clara', 37, 3), committed('clara', 38, 4)]

const faults = (...events: readonly MemberEvent[]): string[] => historyFaults({ events, sent, tells: 'all' })
/** The history that is right, with one event in the place of another. */
const changed = (from: MemberEvent | undefined, ...to: readonly MemberEvent[]): string[] =>
  faults(...[...anna, ...boris, ...clara].flatMap((event) => (event === from ? to : [event])))

test('a group that works has no faults', () => {
  assert.deepEqual(faults(...anna, ...boris, ...clara), [])
  assert.deepEqual(faults(...clara, ...anna, ...boris), [], 'members may be told one after the other')
})

test('two live owners at one time', () => {
  assert.deepEqual(changed(anna.at(-1), owned('anna', 21, [])), ['boris took partition 0 at 20, anna had it until 21'])
  assert.deepEqual(changed(anna.at(-1), owned('anna', 50, [])), [
    'boris took partition 0 at 20, anna had it until 50',
    'clara took partition 0 at 36, anna had it until 50',
  ])
  assert.deepEqual(changed(boris.at(-1)), ['clara took partition 0 at 36, boris had it until Infinity'])
})

test('two owners in one epoch', () => {
  assert.deepEqual(changed(boris[0], owned('boris', 20, [0], 1)), ['anna and boris owned partition 0 in epoch 1'])
})

test('a record that nobody has read, and one that is skipped', () => {
  const [, first] = anna
  assert.deepEqual(changed(first), ['nobody read v0 at 0:0'])
  assert.deepEqual(changed(anna[2], polled('anna', 11, 2), polled('anna', 11, 1)), [
    'anna polled 0:2 after 0:0',
    'anna polled 0:1 after 0:2',
  ])
})

test('a place with two values', () => {
  assert.deepEqual(changed(clara[1], polled('clara', 37, 2, 'other')), ['clara polled other at 0:2, which is v2'])
  assert.deepEqual(
    historyFaults({ events: [polled('a', 1, 9), polled('b', 2, 9, 'other')], sent: [], tells: 'late' }),
    ['b polled other at 0:9, which is v9'],
  )
})

test('a poll of what is not owned', () => {
  assert.deepEqual(changed(anna.at(-1), owned('anna', 20, []), polled('anna', 21, 2)), [
    'anna polled 0:2, which it did not own',
  ])
  const events = [...anna, polled('anna', 21, 2), ...boris, ...clara]
  assert.deepEqual(historyFaults({ events, sent, tells: 'owned' }), [])
})

test('a position that is lost, and one that nobody was at', () => {
  assert.deepEqual(changed(boris[1], polled('boris', 21, 1), polled('boris', 21, 2)), [
    'boris began at 0:1, but 2 was committed',
  ])
  assert.deepEqual(changed(clara.at(-1), committed('clara', 38, 5)), [
    'clara committed 0:5, and nobody had read so far',
  ])
})

test('a position that a late commit of a former owner set back is not lost; one that the owner itself was at before is', () => {
  const read = [owned('a', 1, [0]), ...[0, 1, 2, 3].map((offset) => polled('a', 2, offset))]
  const next = [owned('b', 20, [0]), polled('b', 21, 2), polled('b', 21, 3)]
  const faultsWith = (...commits: readonly MemberEvent[]): readonly string[] =>
    historyFaults({ events: [...read, ...commits, owned('a', 10, []), ...next], sent: [], tells: 'all' })
  assert.deepEqual(faultsWith(committed('a', 5, 4), committed('z', 7, 2)), [])
  assert.deepEqual(faultsWith(committed('a', 4, 2), committed('a', 5, 4)), ['b began at 0:2, but 4 was committed'])
  assert.deepEqual(faultsWith(committed('a', 5, 4)), ['b began at 0:2, but 4 was committed'])
  // By its own account it was at the other one first.
  assert.deepEqual(faultsWith(committed('a', 5, 4), committed('a', 5, 2)), [])
})

test('members that tell late are held to records, epochs and commits alone', () => {
  const events = [...anna.slice(0, -1), ...boris, ...clara]
  assert.equal(historyFaults({ events, sent, tells: 'owned' }).length, 2)
  assert.deepEqual(historyFaults({ events, sent, tells: 'late' }), [])
})
