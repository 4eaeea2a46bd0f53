/** Whoever lags behind the leader's log fetches its snapshot: drivers joined in memory, whose disks may lose power. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeWholeFile } from '../log/index.ts'
import type { Fate } from '../sim/index.ts'
import { SnapshotAbandonedError } from './snapshot-files.ts'
import { SnapshotEncoder, snapshotName } from './snapshot-format.ts'
import { Joined } from './testdata/joined.ts'
import { metadataDirectory } from './testdata/running.ts'

const texts = (name: string, count = 5): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`)

/** Three voters; the third one was down while the others went on, made a snapshot, and cut their logs behind it. */
async function withOneThatLags(options: { readonly pieceBytesMax?: number } = {}): Promise<Joined> {
  const joined = new Joined({ voters: 3, ...options })
  for (const id of [1, 2, 3]) await joined.start(id)
  await joined.propose(texts('a'))
  await joined.snapshotAndCut()
  await joined.stop(3)
  await joined.propose(texts('b'))
  await joined.snapshotAndCut()
  await joined.propose(texts('c'))
  return joined
}

const all = [...texts('a'), ...texts('b'), ...texts('c')]

async function stopAll(joined: Joined, ids: readonly number[]): Promise<void> {
  for (const id of ids) await joined.stop(id)
}

test('a voter that lags gets the snapshot in pieces, then the log behind it, and starts from it again', async () => {
  const joined = await withOneThatLags({ pieceBytesMax: 100 })
  const before = joined.leader
  const late = await joined.start(3)
  await joined.caughtUp()
  assert.equal(joined.leader, before)
  assert.deepEqual(late.state, all)
  assert.deepEqual(
    late.snapshots.map(({ records }) => records.length),
    [5, 10],
    'its own at start, and the one fetched',
  )
  const snapshot = late.snapshots.at(-1)
  assert.deepEqual(snapshot?.records.length, 10)
  assert.ok(joined.pieces >= 3, `${joined.pieces} pieces`)
  assert.equal(joined.driver(3).logStartOffset, snapshot?.offset)
  assert.deepEqual(await joined.snapshotFiles(3), [snapshot === undefined ? '' : snapshotName(snapshot)])
  assert.deepEqual(joined.errorsOf(3), [])
  await joined.stop(3)
  const { pieces } = joined
  const again = await joined.start(3)
  await joined.caughtUp()
  assert.deepEqual([again.state, joined.pieces], [all, pieces], 'nothing is fetched twice')
  await joined.propose(['d'])
  assert.deepEqual(again.state.at(-1), 'd')
  await stopAll(joined, [1, 2, 3])
})

test('an observer that is new begins with the snapshot', async () => {
  const joined = await withOneThatLags()
  const observer = await joined.start(9)
  await joined.caughtUp()
  assert.deepEqual(observer.state, all)
  assert.equal(observer.snapshots.length, 1)
  await stopAll(joined, [1, 2, 9])
})

test('a leader that made a snapshot and cut its log tells it at once, and serves its pieces', async () => {
  const joined = await withOneThatLags()
  const { leader } = joined
  assert.ok(leader !== undefined)
  const { epoch } = leader
  const replica = { id: 9, directoryId: joined.driver(1).voters.keyOf(1).directoryId }
  const fetched = await joined.world.settle(
    leader.receive({
      ...{ kind: 'fetch', epoch, replica, fetchOffset: 3, lastFetchedEpoch: 1, highWatermark: -1 },
      ...{ maxWaitMs: 0, maxBytes: 1000 },
    }).answer,
  )
  assert.ok(fetched.reply.kind === 'fetch' && fetched.reply.snapshot !== undefined)
  const { offset } = fetched.reply.snapshot
  assert.deepEqual([offset, leader.logStartOffset], [offset, offset])
  const snapshot = { offset, epoch: fetched.reply.snapshot.epoch }
  const ask = async (position: number) => {
    const request = { kind: 'fetch-snapshot', epoch, replica, snapshot, position, maxBytes: 50 } as const
    const { reply } = await joined.world.settle(leader.receive(request).answer)
    assert.ok(reply.kind === 'fetch-snapshot')
    return reply
  }
  const first = await ask(0)
  const rest = await ask(first.size - 7)
  assert.deepEqual([first.bytes.length, rest.bytes.length, rest.position], [50, 7, first.size - 7])
  assert.deepEqual((await ask(first.size)).errorCode, 99)
  // It is removed while pieces of it are read: who has begun gets all of his, who comes then none.
  await joined.propose(['d'])
  const { highWatermark, epoch: newEpoch } = leader
  const next = { offset: highWatermark, epoch: newEpoch, timestampMs: 1, records: [] }
  await joined.world.settle(leader.createSnapshot(next))
  const codes: number[] = []
  let isRemoved = false
  const removing = leader.cleanUp({ retentionBytes: 0, retentionMs: -1, nowMs: 0 }).then(() => {
    isRemoved = true
  })
  const request = { kind: 'fetch-snapshot', epoch, replica, snapshot, position: 0, maxBytes: 1e6 } as const
  const asking = async (): Promise<void> => {
    do {
      const { reply } = await leader.receive(request).answer
      assert.ok(reply.kind === 'fetch-snapshot' && reply.bytes.length === (reply.errorCode === 0 ? first.size : 0))
      codes.push(reply.errorCode)
      await new Promise<void>((resolve) => joined.world.after(0.05, resolve))
    } while (!isRemoved)
  }
  await joined.world.settle(Promise.all([removing, asking()]))
  assert.deepEqual(
    codes,
    codes.toSorted((a, b) => a - b),
  )
  assert.deepEqual([codes[0], codes.at(-1)], [0, 98])
  await stopAll(joined, [1, 2])
})

test('a snapshot that the leader has removed is given up for the newer one', async () => {
  const joined = await withOneThatLags({ pieceBytesMax: 60 })
  const late = await joined.start(3)
  await joined.until(() => joined.pieces === 2)
  joined.leader?.propose([Buffer.from('d')])
  await joined.until(() => joined.leader?.highWatermark === joined.leader?.endOffset)
  await joined.world.run(joined.world.nowMs + 1)
  await joined.snapshotAndCut()
  await joined.caughtUp()
  assert.equal(late.snapshots.length, 2)
  assert.deepEqual(late.state, [...all, 'd'])
  assert.deepEqual(await joined.snapshotFiles(3), await joined.snapshotFiles(joined.leader?.leaderId ?? 0))
  assert.deepEqual(joined.errorsOf(3), [])
  await stopAll(joined, [1, 2, 3])
})

for (const how of ['gone', 'cut short', 'gone with the one before it'] as const)
  test(`a leader whose newest snapshot is ${how} sends nobody to it any more`, async () => {
    const joined = await withOneThatLags()
    const { leader, world } = joined
    assert.ok(leader !== undefined)
    const { id } = leader.self
    const { disk } = world.env(`node-${id}`)
    const { highWatermark: offset, epoch } = leader
    const snapshot = { offset, epoch, timestampMs: 1, records: all.map((text) => Buffer.from(text)) }
    await world.settle(leader.createSnapshot(snapshot))
    const names = (await joined.snapshotFiles(id)).toSorted()
    assert.equal(names.length, 2)
    const [oldest, newest] = names.map((name) => `${metadataDirectory}/${name}`)
    assert.ok(oldest !== undefined && newest !== undefined)
    if (how === 'cut short') await world.settle(writeWholeFile(disk, newest, { bytes: Buffer.alloc(10), sync: true }))
    else await world.settle(disk.unlink(newest))
    if (how === 'gone with the one before it') await world.settle(disk.unlink(oldest))
    const late = await joined.start(3)
    const isNoneLeft = how === 'gone with the one before it'
    if (isNoneLeft) {
      await world.run(world.nowMs + 2000)
      assert.ok(joined.pieces > 1 && joined.pieces < 150, `asked in its time, ${joined.pieces} times`)
      await world.settle(leader.createSnapshot(snapshot))
    }
    await joined.caughtUp()
    assert.equal(late.snapshots.at(-1)?.offset, isNoneLeft ? offset : leader.logStartOffset)
    assert.deepEqual(late.state, all)
    if (!isNoneLeft) assert.equal(joined.pieces, 2, 'of the newest, and of the one before it')
    await stopAll(joined, [1, 2, 3])
  })

test('what arrives damaged is never used: told as an error, removed, and fetched again after a while', async () => {
  const footerSize = new SnapshotEncoder(1).end(0)[0]?.length ?? 0
  const cases = [
    { what: 'a byte is another one', error: /damaged.*checksum/ },
    { what: 'another snapshot', error: /is not taken: a piece of it is wrong: it is of offset 1,/ },
    { what: 'a piece of elsewhere', error: /a piece of it is wrong: it begins at 7/ },
    { what: 'no bytes', error: /a piece of it is wrong: it ends at/ },
    { what: 'cut within a batch', error: /damaged.*the file ends within a batch/ },
    { what: 'cut before the footer', error: /damaged.*the footer is missing/ },
    { what: 'too much', error: /bytes are more than the 2147483648 that are taken/ },
  ]
  for (const { what, error } of cases) {
    const joined = await withOneThatLags()
    let left = 2
    const damagedMs: number[] = []
    joined.change = (reply, to) => {
      if (reply.kind !== 'fetch-snapshot' || to !== 3 || reply.size === 0) return reply
      if (left-- <= 0) return reply
      damagedMs.push(joined.world.nowMs)
      const { bytes, size, position } = reply
      assert.deepEqual([bytes.length, position], [size, 0], 'it comes in one piece')
      if (what === 'another snapshot') return { ...reply, snapshot: { offset: 1, epoch: 1 } }
      if (what === 'a piece of elsewhere') return { ...reply, position: 7 }
      if (what === 'no bytes') return { ...reply, bytes: new Uint8Array(0) }
      if (what === 'cut within a batch') return { ...reply, bytes: bytes.subarray(0, -1), size: size - 1 }
      if (what === 'cut before the footer') {
        return { ...reply, bytes: bytes.subarray(0, -footerSize), size: size - footerSize }
      }
      if (what === 'too much') return { ...reply, size: 2 ** 31 + 1 }
      const changed = Buffer.from(bytes)
      changed[100] = (changed[100] ?? 0) ^ 1
      return { ...reply, bytes: changed }
    }
    const late = await joined.start(3)
    await joined.until(() => damagedMs.length === 2)
    assert.deepEqual(late.state, texts('a').slice(0, late.state.length), what)
    await joined.caughtUp()
    assert.deepEqual([late.state, late.snapshots.length], [all, 2], what)
    const errors = joined.errorsOf(3)
    assert.equal(errors.length, 1, what)
    assert.match(errors[0] ?? '', error, what)
    const [first = 0, second = 0] = damagedMs
    assert.ok(second - first >= 20, `${what}: again after ${second - first} ms`)
    assert.equal((await joined.snapshotFiles(3)).length, 1, what)
    await stopAll(joined, [1, 2, 3])
  }
})

test('a later epoch ends the fetch; it begins anew from who leads then', async () => {
  const joined = await withOneThatLags({ pieceBytesMax: 60 })
  await joined.start(3)
  const first = joined.leader?.leaderId ?? 0
  const other = 3 - first
  // The other one has a snapshot of the same offset, and its own.
  await joined.until(() => joined.pieces === 2)
  assert.match((await joined.snapshotFiles(3)).join(), /part/)
  joined.crash(first)
  await joined.until(() => joined.leader?.leaderId === other)
  await joined.world.run(joined.world.nowMs + 200)
  assert.doesNotMatch((await joined.snapshotFiles(3)).join(), /part/)
  await joined.caughtUp()
  assert.deepEqual(joined.member(3).state, all)
  await stopAll(joined, [other, 3])
})

test('a snapshot that is being made gives way to one that was fetched', async () => {
  const joined = new Joined({ voters: 3 })
  for (const id of [1, 2, 3]) await joined.start(id)
  await joined.propose(texts('a'))
  await joined.snapshotAndCut()
  await joined.propose(texts('b'))
  const lagging = joined.leader?.leaderId === 3 ? 2 : 3
  const others = [1, 2, 3].filter((id) => id !== lagging)
  const late = joined.member(lagging)
  joined.change = (reply, to) => (to === lagging ? undefined : reply)
  for (const text of texts('c')) joined.leader?.propose([Buffer.from(text)])
  await joined.until(() => others.every((id) => joined.member(id).state.at(-1) === 'c4'))
  await joined.snapshotAndCut(others)
  joined.world.disk(`node-${lagging}`).setFaults({ delayMsMean: 5 })
  joined.change = (reply) => reply
  await joined.until(() => joined.pieces > 0)
  assert.deepEqual(late.state, all.slice(0, 10))
  let count = 0
  function* records(): Generator<Uint8Array> {
    for (; count < 100; count++) yield Buffer.alloc(600_000)
  }
  const driver = joined.driver(lagging)
  const snapshot = { offset: driver.highWatermark, epoch: driver.epoch, timestampMs: 1, records: records() }
  const making = driver.createSnapshot(snapshot)
  await joined.world.settle(assert.rejects(making, SnapshotAbandonedError))
  assert.ok(count > 0 && count < 100, `${count} records`)
  await joined.until(() => late.state.at(-1) === 'c4')
  assert.deepEqual(late.state, all)
  assert.equal((await joined.snapshotFiles(lagging)).length, 1)
  await stopAll(joined, [1, 2, 3])
})

test('what fails again and again is told once, and fetched ever more seldom, but so that its leader stays', async () => {
  const joined = await withOneThatLags()
  const { leader } = joined
  await joined.stop(leader?.leaderId === 1 ? 2 : 1)
  const askedMs: number[] = []
  joined.change = (reply) => {
    if (reply.kind !== 'fetch-snapshot' || reply.size === 0) return reply
    askedMs.push(joined.world.nowMs)
    return { ...reply, bytes: Buffer.from(reply.bytes).fill(1, 70) }
  }
  await joined.start(3)
  await joined.world.run(joined.world.nowMs + 10_000)
  const waits = askedMs.slice(1).map((ms, i) => ms - (askedMs[i] ?? 0))
  assert.ok(waits.length < 60, `asked ${askedMs.length} times`)
  const least = [20, 40, 80, 160, 200, 200]
  assert.ok(
    least.every((ms, i) => (waits[i] ?? 0) >= ms && (waits[i] ?? 0) < ms + 40),
    waits.slice(0, 7).join(),
  )
  assert.equal(joined.errorsOf(3).length, 1)
  assert.equal(joined.leader, leader, 'it is heard of by a majority')
  joined.change = (reply) => reply
  await joined.caughtUp()
  assert.deepEqual(joined.member(3).state, all)
})

test('a disk that is full takes the snapshot when there is room again', async () => {
  const joined = await withOneThatLags()
  await joined.start(3)
  const volume = joined.world.disk('node-3')
  volume.setFaults({ capacityBytes: 0 })
  await joined.world.run(joined.world.nowMs + 5000)
  assert.ok(joined.pieces >= 3, `fetched ${joined.pieces} times`)
  assert.equal(joined.errorsOf(3).length, 1)
  assert.match(joined.errorsOf(3)[0] ?? '', /not written/)
  volume.setFaults({ capacityBytes: 1e9 })
  await joined.caughtUp()
  assert.deepEqual(joined.member(3).state, all)
  await stopAll(joined, [1, 2, 3])
})

test('a power cut at any operation of the disk leaves nothing wrong', async () => {
  for (const fate of ['torn', 'dropped'] as const) await cutAtEach(fate)
})

async function cutAtEach(fate: Fate): Promise<void> {
  let ends = 0
  for (let nth = 1; ; nth++) {
    const joined = await withOneThatLags({ pieceBytesMax: 150 })
    let isEnded = false
    await joined.start(3)
    const ended = (): void => {
      isEnded = true
      ends++
    }
    joined.crashInOperation(3, { nth, fate, ended })
    await joined.world.run(joined.world.nowMs + 300)
    if (!isEnded) break
    const again = await joined.start(3)
    const rests = (await joined.snapshotFiles(3)).filter((name) => name.endsWith('part'))
    assert.deepEqual(rests, [], `operation ${nth}`)
    await joined.caughtUp()
    assert.deepEqual(again.state, all, `operation ${nth}`)
    await stopAll(joined, [1, 2, 3])
  }
  assert.ok(ends >= 10, `${ends} operations`)
}

test('who got a snapshot behind which nothing comes knows all there is, and is told so', async () => {
  const joined = new Joined({ voters: 3 })
  for (const id of [1, 2]) await joined.start(id)
  await joined.propose(texts('a'))
  await joined.snapshotAndCut()
  const offset = joined.leader?.highWatermark
  const observer = await joined.start(9)
  await joined.until(() => observer.snapshots.length === 1)
  await joined.until(() => observer.caughtUpAt === offset)
  assert.deepEqual(observer.state, texts('a'))
  await stopAll(joined, [1, 2, 9])
})

test('who has only a part of what is committed is not told that it is all', async () => {
  const joined = new Joined({ voters: 3, fetchBytesMax: 1 })
  for (const id of [1, 2]) await joined.start(id)
  await joined.propose(texts('a'))
  const offset = joined.leader?.highWatermark
  const observer = await joined.start(9)
  await joined.until(() => observer.caughtUpAt >= 0)
  assert.equal(observer.caughtUpAt, offset)
  await stopAll(joined, [1, 2, 9])
})
