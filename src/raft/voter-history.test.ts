import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedError, uuidFromLatin1, uuidToString, zeroUuid } from '../base/index.ts'
import { buildControlBatch, ControlRecordType, controlRecordType, readRecords } from '../records/index.ts'
import {
  decodeQuorumRecord,
  encodeQuorumRecord,
  type LoggedRecord,
  type QuorumRecord,
  quorumRecordsIn,
} from './quorum-records.ts'
import { kafkaFile } from './testdata/kafka-files.ts'
import { overlap } from './testdata/overlap.ts'
import { VoterHistory } from './voter-history.ts'
import { type Voter, VoterSet } from './voters.ts'

const directory = (id: number, letter = 'a') => uuidFromLatin1(`${letter}${id}`.padEnd(16, '.'))

const voter = (id: number, letter = 'a'): Voter => ({
  id,
  directoryId: directory(id, letter),
  endpoints: [{ name: 'CONTROLLER', host: `node-${id}`, port: 9093 }],
  kraftVersions: { min: 0, max: 1 },
})

const setOf = (...ids: number[]): VoterSet => new VoterSet(ids.map((id) => voter(id)))
const voters = (offset: number, ...ids: number[]): LoggedRecord => ({
  offset,
  record: { kind: 'voters', voters: setOf(...ids) },
})
const version = (offset: number, level: number): LoggedRecord => ({
  offset,
  record: { kind: 'kraft-version', version: level },
})
const idsIn = (records: readonly QuorumRecord[]) =>
  records.map((it) => (it.kind === 'voters' ? it.voters.ids() : it.version))

test('the newest set counts; what is cut is undone; the configuration counts while the log names nobody', () => {
  const history = new VoterHistory(setOf(7, 8), [])
  const seen = () => [history.voters.ids(), history.votersOffset, history.kraftVersion]
  assert.deepEqual(seen(), [[7, 8], undefined, 0])
  for (const it of [version(5, 1), voters(6, 1, 2), voters(9, 1, 2, 3)]) history.add(it)
  assert.deepEqual(seen(), [[1, 2, 3], 9, 1])
  history.truncateTo(9)
  assert.deepEqual(seen(), [[1, 2], 6, 1])
  history.truncateTo(6)
  assert.deepEqual(seen(), [[7, 8], undefined, 1])
  history.truncateTo(5)
  assert.deepEqual(seen(), [[7, 8], undefined, 0])
})

test('a snapshot of an offset says what held before it', () => {
  const history = new VoterHistory(setOf(7), [version(-1, 1), voters(-1, 1), voters(4, 1, 2), voters(8, 2)])
  const at = (offset: number) => idsIn(history.before(offset))
  assert.deepEqual([0, 4, 5, 8, 9].map(at), [
    [1, [1]],
    [1, [1]],
    [1, [1, 2]],
    [1, [1, 2]],
    [1, [2]],
  ])
  history.forgetBefore(6)
  assert.deepEqual([5, 8, 9].map(at), [
    [1, [1, 2]],
    [1, [1, 2]],
    [1, [2]],
  ])
  assert.throws(() => history.add(voters(8, 1)), /in order/)
})

test('a history is that of a list, whatever is added, cut and forgotten', () => {
  const step = fc.record({
    kind: fc.constantFrom('add', 'cut', 'forget'),
    by: fc.nat(5),
    id: fc.integer({ min: 1, max: 9 }),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const history = new VoterHistory(setOf(1))
      let list: LoggedRecord[] = []
      let [end, kept] = [0, 0]
      for (const { kind, by, id } of steps) {
        if (kind === 'add') {
          const it = voters(end + by, id)
          list.push(it)
          history.add(it)
          end = it.offset + 1
        } else if (kind === 'cut') {
          end = Math.max(kept, end - by)
          list = list.filter(({ offset }) => offset < end)
          history.truncateTo(end)
        } else {
          kept = Math.min(end, kept + by)
          history.forgetBefore(kept)
        }
        for (let offset = kept; offset <= end; offset++) {
          const newest = list.findLast((it) => it.offset < offset)
          assert.deepEqual(idsIn(history.before(offset)), newest === undefined ? [] : idsIn([newest.record]))
        }
        assert.equal(history.votersOffset, list.at(-1)?.offset)
      }
    }),
  )
})

test('sets change by one voter, which is its directory', () => {
  const [set, one] = [setOf(1, 2), setOf(1)]
  const moved = { ...voter(2), endpoints: [{ name: 'CONTROLLER', host: 'other', port: 1 }] }
  const ids = (it: VoterSet | undefined) => it?.ids()
  assert.deepEqual(ids(set.with(voter(3))), [1, 2, 3])
  assert.equal(set.with(voter(2, 'b')), undefined)
  assert.deepEqual(ids(set.without(voter(1))), [2])
  assert.equal(set.without(voter(1, 'b')), undefined)
  assert.equal(set.without(voter(3)), undefined)
  assert.equal(one.without(voter(1)), undefined, 'the last one stays')
  assert.deepEqual(set.withUpdated(moved)?.endpointOf(2), moved.endpoints[0])
  assert.equal(set.withUpdated(voter(2, 'b')), undefined)
  assert.equal(set.withUpdated(voter(2, 'b'), { isDirectoryNew: true })?.directoryIdOf(2), directory(2, 'b'))
  assert.deepEqual(
    [voter(2), moved, voter(2, 'b'), voter(3)].map((it) => set.needsUpdate(it)),
    [false, true, false, false],
  )
  assert.ok(overlap(set, setOf(1, 2, 3)) && overlap(set, one) && !overlap(setOf(1, 2, 3), one))
  assert.ok(set.equals(new VoterSet([voter(2), voter(1)])) && !set.equals(setOf(1, 3)) && !set.equals(one))
  assert.deepEqual(
    [0, 1, 2].map((level) => set.supports(level)),
    [true, true, false],
  )
  const old: Voter = { id: 1, directoryId: zeroUuid, endpoints: [] }
  assert.deepEqual(
    [0, 1].map((level) => new VoterSet([old]).supports(level)),
    [true, false],
  )
})

test('a voter has an endpoint by name, or its first', () => {
  const endpoints = ['A', 'B'].map((name) => ({ name, host: name, port: 1 }))
  const set = new VoterSet([{ ...voter(1), endpoints }])
  assert.deepEqual(
    ['B', 'C', undefined].map((name) => set.endpointOf(1, name)?.host),
    ['B', 'A', 'A'],
  )
})

test('the records of Kafka come out as they went in', () => {
  for (const name of ['00000000000000000000-0000000000', '00000000000000000037-0000000001']) {
    const file = kafkaFile(`dynamic-quorum/__cluster_metadata-0/${name}.checkpoint`)
    const values = [...readRecords(file, 0, 1e6)].flatMap(({ key, value }) => {
      const record = value === null ? undefined : decodeQuorumRecord(controlRecordType(key), value)
      return record === undefined || value === null ? [] : [{ value, record }]
    })
    assert.deepEqual(
      values.map(({ record }) => record.kind),
      ['kraft-version', 'voters'],
    )
    for (const { value, record } of values) {
      assert.equal(Buffer.from(encodeQuorumRecord(record).value).toString('hex'), Buffer.from(value).toString('hex'))
    }
  }
  const log = quorumRecordsIn(kafkaFile('dynamic-quorum/__cluster_metadata-0/00000000000000000000.log'))
  assert.deepEqual(
    log.map(({ offset, record }) => [offset, record.kind]),
    [
      [1, 'kraft-version'],
      [2, 'voters'],
    ],
  )
  const [, last] = log
  assert.ok(last?.record.kind === 'voters')
  assert.deepEqual(
    last.record.voters.all().map((it) => [it.id, uuidToString(it.directoryId), it.endpoints, it.kraftVersions]),
    [[7, 'qy82NyXIRcaF_1uHwVW0bA', [{ name: 'CONTROLLER', host: '127.0.0.1', port: 19193 }], { min: 0, max: 1 }]],
  )
})

test('of an id that is named twice the last one counts; a record that ends early is refused', () => {
  const twice = encodeQuorumRecord({ kind: 'voters', voters: setOf(1, 2) }).value
  const again = Uint8Array.from(twice)
  // The second voter of the record becomes another directory of the first.
  const at = Buffer.from(again).indexOf(Buffer.from([0, 0, 0, 2]))
  again[at + 3] = 1
  const record = decodeQuorumRecord(ControlRecordType.kraftVoters, again)
  assert.ok(record?.kind === 'voters')
  assert.deepEqual(
    record.voters.all().map((it) => it.directoryId),
    [directory(2)],
  )
  const cut = { type: ControlRecordType.kraftVoters, value: twice.subarray(0, 20) }
  assert.throws(() => quorumRecordsIn(buildControlBatch([cut], { timestampMs: 0 })), MalformedError)
})
