import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, type Disk, uuidFromLatin1, uuidFromString, zeroUuid } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import {
  type CommittedBatch,
  decodeQuorumState,
  encodeQuorumState,
  NotLeaderError,
  QuorumStateError,
  VoterSet,
} from './index.ts'
import { SnapshotEncoder, snapshotName } from './snapshot-format.ts'
import { directory, soleVoter, start, textsOf } from './testdata/running.ts'
import { SlowDisk } from './testdata/slow-disk.ts'

async function voteFile(disk: Disk): Promise<string> {
  const file = await disk.open(`${directory}/__cluster_metadata-0/quorum-state`, { mode: 'read' })
  const bytes = Buffer.alloc(file.size())
  file.readSync(bytes, 0, bytes.length, 0)
  await file.close()
  return bytes.toString()
}

test('the vote file has the bytes of Kafka, and wrong ones are refused', () => {
  const files = [
    '{"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
    '{"leaderId":7,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
  ]
  for (const text of files) assert.equal(encodeQuorumState(decodeQuorumState(text)), text)
  assert.equal(decodeQuorumState(files[1] ?? '').form.kind, 'dynamic')
  const voted =
    '{"leaderId":-1,"leaderEpoch":3,"votedId":2,"votedDirectoryId":"qy82NyXIRcaF_1uHwVW0bA","data_version":1}'
  const key = { id: 2, directoryId: uuidFromString('qy82NyXIRcaF_1uHwVW0bA') }
  assert.deepEqual(decodeQuorumState(voted).election, { epoch: 3, leaderId: -1, voted: key })
  assert.equal(encodeQuorumState(decodeQuorumState(voted)), voted)
  for (const text of [
    '',
    '[]',
    '7',
    '{"leaderId":1}',
    '{"leaderId":1,"leaderEpoch":2,"votedId":-1,"data_version":9}',
    '{"leaderId":1,"leaderEpoch":2.5,"votedId":-1,"data_version":0}',
    '{"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AA","data_version":1}',
  ]) {
    assert.throws(() => decodeQuorumState(text, '/data/quorum-state'), {
      name: QuorumStateError.name,
      message: /^\/data\/quorum-state /,
    })
  }
})

test('what is proposed is committed in order, and a restart sees all of it in a later epoch', async () => {
  const { disk } = createEnv({ disk: 'memory' })
  const first = await start(disk)
  await first.until(() => first.driver.isLeader && first.driver.highWatermark === 1)
  assert.match(await voteFile(disk), /"leaderId":1,"leaderEpoch":1,"votedId":-1/)
  const offsets = [first.driver.propose([Buffer.from('a'), Buffer.from('b')]), first.driver.propose([Buffer.from('c')])]
  assert.deepEqual(offsets, [2, 3])
  await first.until(() => first.driver.highWatermark === 4)
  assert.deepEqual(textsOf(first.committed), ['a', 'b', 'c'])
  assert.deepEqual(
    first.committed.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]),
    [
      [0, 0],
      [1, 2],
      [3, 3],
    ],
  )
  await first.driver.stop()

  const second = await start(disk)
  await second.until(() => second.driver.highWatermark === 5)
  assert.equal(second.driver.epoch, 2)
  assert.deepEqual(textsOf(second.committed), ['a', 'b', 'c'])
  assert.deepEqual(
    second.committed.map(({ epoch }) => epoch),
    [1, 1, 1, 2],
  )
  await second.driver.stop()
  assert.deepEqual([...first.faults, ...second.faults], [])
})

test('a vote file that is gone, or older than the log, is refused; who is told to goes on in a later epoch', async () => {
  const path = `${directory}/__cluster_metadata-0/quorum-state`
  for (const old of [undefined, '{"leaderId":1,"leaderEpoch":1,"votedId":-1,"data_version":0}']) {
    const { disk } = createEnv({ disk: 'memory' })
    for (let epoch = 1; epoch <= 2; epoch++) {
      const running = await start(disk)
      await running.until(() => running.driver.highWatermark === epoch)
      await running.driver.stop()
    }
    if (old === undefined) await disk.unlink(path)
    else await writeWholeFile(disk, path, { bytes: Buffer.from(old), sync: true })
    const isRefused = (error: unknown): boolean =>
      error instanceof QuorumStateError &&
      /quorum-state is missing or old.* epoch 2.*--force-recover/s.test(error.message)
    for (let i = 0; i < 2; i++) await assert.rejects(start(disk), isRefused)
    const forced = await start(disk, { forceRecover: true })
    await forced.until(() => forced.driver.highWatermark === 3)
    assert.equal(forced.driver.epoch, 3)
    await forced.driver.stop()
    const next = await start(disk)
    await next.until(() => next.driver.epoch === 4)
    await next.driver.stop()
  }
})

test('a start that is refused for its vote file has changed no log', async () => {
  const { disk } = createEnv({ disk: 'memory' })
  const first = await start(disk)
  await first.until(() => first.driver.highWatermark === 1)
  first.driver.propose([Buffer.from('a')])
  await first.until(() => first.driver.highWatermark === 2)
  await first.driver.stop()
  // Of another cluster, or of a backup: of epoch 9, which the vote file does not know.
  const encoder = new SnapshotEncoder(9)
  const header = encoder.header({ lastContainedLogTimestampMs: 1, control: [], nowMs: 1 })
  const bytes = Buffer.concat([header, ...encoder.end(1)])
  const path = `${directory}/__cluster_metadata-0/${snapshotName({ offset: 100, epoch: 9 })}`
  await writeWholeFile(disk, path, { bytes, sync: true })
  await assert.rejects(start(disk), QuorumStateError)
  await disk.unlink(path)
  const again = await start(disk)
  await again.until(() => again.driver.highWatermark === 3)
  assert.deepEqual(textsOf(again.committed), ['a'])
  await again.driver.stop()
})

test('a proposal made while commits are told is not forgotten', async () => {
  const { disk } = createEnv({ disk: 'memory' })
  const running = await start(disk)
  await running.until(() => running.driver.isLeader && running.driver.highWatermark === 1)
  let left = 20
  const { push } = Array.prototype
  running.committed.push = (...batches: CommittedBatch[]): number => {
    if (left-- > 0) running.driver.propose([Buffer.from(String(left))])
    return push.apply(running.committed, batches)
  }
  running.driver.propose([Buffer.from('first')])
  await running.until(() => running.committed.length === 22)
  await running.driver.stop()
})

test('nothing counts before it is durable: neither the vote nor a record; a failed sync ends the quorum', async () => {
  const { disk, waiting } = new SlowDisk(createEnv({ disk: 'memory' }).disk)
  const roles: string[] = []
  const starting = start(disk, { onRole: ({ kind }) => void roles.push(kind) })
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  await turns()
  while (waiting.length > 0 && !waiting.some(({ path }) => path.includes('quorum-state'))) {
    waiting.shift()?.go()
    await turns()
  }
  const running = await starting
  assert.equal(running.driver.isLeader, false, 'the vote is not durable yet')
  while (running.driver.highWatermark < 1) {
    const next = waiting.shift()
    assert.ok(next, 'a sync is waited for')
    next.go()
    await turns()
  }
  assert.equal(roles.at(-1), 'leader')
  running.driver.propose([Buffer.from('x')])
  await turns()
  assert.equal(running.driver.highWatermark, 1, 'the record is not durable yet')
  assert.ok(waiting.length > 0)
  for (const { go } of waiting.splice(0)) go(new Error('EIO'))
  await turns()
  assert.equal(running.driver.isLeader, false)
  assert.equal(running.driver.highWatermark, 1)
  assert.ok(running.faults.length > 0)
  let isStopped = false
  const stopped = (): void => {
    isStopped = true
  }
  running.driver.stop().then(stopped, stopped)
  for (let i = 0; i < 20 && !isStopped; i++) {
    await turns()
    for (const { go } of waiting.splice(0)) go()
  }
  assert.ok(isStopped, 'what is left of it can be stopped')
})

test('kraft.version is raised before what is proposed after it, and stays over a start', async () => {
  const { disk } = createEnv({ disk: 'memory' })
  const invalidUpdate = { code: ErrorCode.INVALID_UPDATE_VERSION }
  const unknown = await start(disk)
  await unknown.until(() => unknown.driver.highWatermark === 1)
  const upgrade = { isDryRun: false }
  assert.throws(() => unknown.driver.upgradeKRaftVersion(1, upgrade), {
    ...invalidUpdate,
    message: /^Directory id must/,
  })
  await unknown.driver.stop()
  const directoryId = uuidFromLatin1('d'.repeat(16))
  const quorum = { ...soleVoter(1), self: { id: 1, directoryId } }
  const first = await start(disk, { quorum })
  const { driver } = first
  assert.throws(() => driver.upgradeKRaftVersion(1, upgrade), NotLeaderError)
  await first.until(() => driver.isLeader && driver.highWatermark === driver.endOffset)
  const { endOffset } = driver
  driver.upgradeKRaftVersion(1, { isDryRun: true })
  driver.upgradeKRaftVersion(0, upgrade)
  assert.deepEqual([driver.kraftVersion, driver.endOffset], [0, endOffset])
  assert.throws(() => driver.upgradeKRaftVersion(2, upgrade), invalidUpdate)
  driver.upgradeKRaftVersion(1, upgrade)
  driver.upgradeKRaftVersion(1, upgrade)
  assert.deepEqual([driver.kraftVersion, driver.propose([Buffer.from('a')])], [1, endOffset + 2])
  await first.until(() => driver.highWatermark === endOffset + 3)
  assert.deepEqual(textsOf(first.committed), ['a'])
  await driver.stop()
  assert.deepEqual(first.faults, [])
  const again = await start(disk, { quorum })
  await again.until(() => again.driver.isLeader)
  assert.deepEqual([again.driver.kraftVersion, again.driver.voters.directoryIdOf(1)], [1, directoryId])
  assert.match(await voteFile(disk), /"votedDirectoryId".*"data_version":1/)
  await again.driver.stop()
})

test('a timer that is early enough stays, however much is asked meanwhile', async () => {
  const { disk, clock } = createEnv({ disk: 'memory' })
  let timers = 0
  const counting: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, then) => {
      timers++
      return clock.after(delayMs, then)
    },
    afterDrain: (then) => clock.afterDrain(then),
  }
  const voters = new VoterSet([1, 2, 3].map((id) => ({ id, directoryId: zeroUuid, endpoints: [] })))
  const { driver } = await start(disk, { clock: counting, quorum: { ...soleVoter(1), voters } })
  const before = timers
  const log = { offset: 0, epoch: 0 }
  const candidate = { id: 2, directoryId: zeroUuid }
  for (let i = 0; i < 50; i++) {
    await driver.receive({ kind: 'vote', isPreVote: true, epoch: 0, candidate, voter: undefined, log }).answer
  }
  assert.equal(timers, before, 'else who asks often puts off for ever what is due')
  await driver.stop()
})
