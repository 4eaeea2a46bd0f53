/** What a driver does with the voters: as its log names them, as it writes them, and in the vote file. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromString, zeroUuid } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { readWholeFile } from '../log/index.ts'
import { BatchCursor, batchHeader } from '../records/index.ts'
import { batchOf } from './entry-batch.ts'
import { VoterSet } from './index.ts'
import { quorumRecordsIn } from './quorum-records.ts'
import { kafkaFile, restore } from './testdata/kafka-files.ts'
import { dynamic, key, setOf } from './testdata/lab.ts'
import { soleVoter, start } from './testdata/running.ts'
import { VoteFile } from './vote-file.ts'
import { VoterHistory } from './voter-history.ts'

test('the voters are those that the log names behind the newest snapshot, also where the configuration names nobody', async () => {
  const disk = new MemoryDisk()
  await restore(disk, 'dynamic-quorum', (name) => name.endsWith('.checkpoint'))
  const self = { id: 7, directoryId: uuidFromString('qy82NyXIRcaF_1uHwVW0bA') }
  const running = await start(disk, { quorum: { ...soleVoter(7), self, voters: new VoterSet([]) } })
  await running.until(() => running.driver.isLeader)
  assert.deepEqual([running.driver.voters.ids(), running.driver.kraftVersion], [[7], 1])
  await running.driver.stop()
})

test('a leader that listens elsewhere than its log says writes that, and finds it again', async () => {
  const disk = new MemoryDisk()
  await restore(disk, 'dynamic-quorum')
  const self = { id: 7, directoryId: uuidFromString('qy82NyXIRcaF_1uHwVW0bA') }
  const endpoints = [{ name: 'CONTROLLER', host: 'elsewhere', port: 9 }]
  const quorum = { ...soleVoter(7), self, endpoints, voters: new VoterSet([]) }
  for (const batchSize of [3, 1]) {
    const running = await start(disk, { quorum })
    await running.until(() => running.driver.highWatermark === running.driver.endOffset)
    assert.deepEqual(running.driver.voters.endpointsOf(7), endpoints)
    assert.equal(running.driver.endOffset - (running.driver.epochStartOffset ?? 0), batchSize)
    await running.driver.stop()
    assert.deepEqual(running.faults, [])
  }
})

test('the first batch of an epoch is that of Kafka, byte for byte', () => {
  const log = kafkaFile('dynamic-quorum/__cluster_metadata-0/00000000000000000000.log')
  const cursor = new BatchCursor(log)
  assert.ok(cursor.next())
  const kafkas = log.subarray(0, batchHeader.sizeInBytes(cursor.view, 0))
  const quorum = quorumRecordsIn(kafkas).map(({ record }) => record)
  const entry = {
    kind: 'leader-change',
    baseOffset: 0,
    epoch: 1,
    leaderId: 7,
    voters: [7],
    granted: [7],
    quorum,
  } as const
  const ours = Buffer.from(batchOf(entry, batchHeader.maxTimestamp(cursor.view, 0)))
  batchHeader.patchLeaderEpoch(new DataView(ours.buffer, ours.byteOffset, ours.length), 0, 1)
  assert.equal(ours.toString('hex'), kafkas.toString('hex'))
})

test('a change of voters is a batch of its own, which is read as it was meant', () => {
  const records = dynamic(0, setOf(1, 2, 3)).map(({ record }) => record)
  const bytes = batchOf({ kind: 'quorum', baseOffset: 0, epoch: 1, records }, 5)
  const read = quorumRecordsIn(bytes)
  assert.deepEqual(
    read.map(({ offset, record }) => [offset, record.kind]),
    [
      [0, 'kraft-version'],
      [1, 'voters'],
    ],
  )
  assert.ok(read[1]?.record.kind === 'voters' && read[1].record.voters.equals(setOf(1, 2, 3)))
})

test('the vote file has the form of kraft.version, and never goes back to that without directories', async () => {
  const disk = new MemoryDisk()
  await disk.makeDirectory('/d')
  const configured = new VoterSet([1, 2].map((id) => ({ id, directoryId: zeroUuid, endpoints: [] })))
  const election = { epoch: 3, leaderId: -1, voted: key(2) }
  const written = async (history: VoterHistory): Promise<string> => {
    const file = await VoteFile.open(disk, '/d')
    await file.persist(election, history)
    return String(await readWholeFile(disk, '/d/quorum-state', 1e6))
  }
  assert.match(
    await written(new VoterHistory(configured)),
    /"currentVoters":\[{"voterId":1},{"voterId":2}\],"data_version":0/,
  )
  assert.deepEqual((await VoteFile.open(disk, '/d')).election.voted, { id: 2, directoryId: zeroUuid })
  assert.match(await written(new VoterHistory(configured, dynamic(9, setOf(1, 2)))), /"data_version":1/)
  assert.match(await written(new VoterHistory(configured)), /"data_version":1/, 'the record was cut')
  assert.deepEqual((await VoteFile.open(disk, '/d')).election, election)
})
