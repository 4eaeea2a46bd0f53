import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroUuid } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { VoterSet } from '../raft/index.ts'
import { dynamic, key, Lab, setOf } from '../raft/testdata/lab.ts'
import { quorumView } from './quorum-view.ts'

const { clock } = createEnv({ write: () => undefined })

const viewOf = ({ raft, nowMs }: Lab) => {
  const { leaderId, epoch, epochStartOffset, isLeader, highWatermark, endOffset, voters, role } = raft
  const progress = () => raft.progress(nowMs)
  const figures = { leaderId, epoch, epochStartOffset, isLeader, highWatermark, endOffset, voters, role, progress }
  return quorumView({ ...figures, self: key(1) }, clock)
}

const directoryOf = (lab: Lab) => viewOf(lab).replicas.find(({ replicaId }) => replicaId === 1)?.replicaDirectoryId

test('a leader tells no high watermark before it has committed something in its epoch', () => {
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2)), endOffset: 9, committedOffset: 5 })
  assert.equal(viewOf(lab).toldHighWatermark, 5)
  lab.elect()
  assert.equal(viewOf(lab).toldHighWatermark, -1)
  assert.equal(viewOf(lab).highWatermark, 5)
  lab.fetched(key(2))
  assert.equal(viewOf(lab).toldHighWatermark, lab.raft.endOffset)
})

test('a leader has its own directory also where it is no voter any more; in a static quorum none is named', () => {
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2)) }).elect()
  lab.fetched(key(2))
  assert.equal(directoryOf(lab), key(1).directoryId)
  lab.ask({ kind: 'remove-voter', voter: key(1) })
  assert.deepEqual(lab.raft.voters.ids(), [2])
  assert.equal(directoryOf(lab), key(1).directoryId)
  const voters = new VoterSet([{ id: 1, directoryId: zeroUuid, endpoints: [] }])
  assert.equal(directoryOf(new Lab({ voters }).elect()), zeroUuid)
})
