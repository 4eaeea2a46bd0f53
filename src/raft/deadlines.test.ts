/** What takes something away is judged by `tick` alone: a loop that was held has much to hear first (design, section 3). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchReply, OutgoingRequest, QuorumReply } from './messages.ts'
import { dynamic, endpointsOf, key, Lab, type LabOptions, setOf } from './testdata/lab.ts'
import { soleVoter } from './testdata/running.ts'

const three: LabOptions = { logged: dynamic(-1, setOf(1, 2, 3)) }

/** Long after every deadline, and before any `tick`. */
function held(lab: Lab): Lab {
  lab.nowMs += 60_000
  return lab
}

function vote(lab: Lab, request: OutgoingRequest | undefined, isGranted: boolean): void {
  assert.ok(request !== undefined)
  const head = { errorCode: 0, epoch: lab.raft.epoch, leaderId: -1, leaderEndpoints: [] }
  lab.answer(request, { kind: 'vote', ...head, isGranted })
}

test('a quorum whose elections have no time at all still has elections, one after the other', () => {
  const times = { ...soleVoter(1).times, electionTimeoutMs: 0 }
  const alone = new Lab({ times, logged: dynamic(-1, setOf(1)) })
  assert.ok(alone.raft.isLeader)
  const one = new Lab({ times, ...three })
  for (let i = 0; i < 10; i++) {
    one.pass(1)
    for (let ticks = 0; one.raft.wakeMs <= one.nowMs; ticks++) {
      assert.ok(ticks < 2, 'it waits for something')
      one.pass(0)
    }
  }
})

test('a leader that was held hears its voters before it resigns', () => {
  const lab = new Lab(three).elect()
  lab.fetched(key(2))
  held(lab).fetched(key(9))
  assert.ok(lab.raft.isLeader, 'the fetch of somebody else lay in a socket before those of the voters')
  lab.fetched(key(2))
  lab.pass(0)
  assert.ok(lab.raft.isLeader)
  held(lab).pass(0)
  assert.equal(lab.raft.role.kind, 'resigned')
})

test('a follower that was held hears its leader before it stands for election', () => {
  const lab = new Lab({ ...three, endOffset: 9 }).follow()
  held(lab).ask({ kind: 'begin-epoch', epoch: 5, leaderId: 2, leaderEndpoints: endpointsOf(2), voter: undefined })
  assert.equal(lab.raft.role.kind, 'follower')
  lab.feed()
  lab.pass(0)
  assert.equal(lab.raft.role.kind, 'follower')
  held(lab).pass(0)
  assert.equal(lab.raft.role.kind, 'prospective')
})

test('who stands for election and was held counts the votes that wait for it', () => {
  const lab = new Lab(three)
  lab.pass(2000)
  assert.equal(lab.raft.role.kind, 'prospective')
  const [asked, other] = lab.take('vote')
  vote(held(lab), asked, false)
  assert.equal(lab.raft.role.kind, 'prospective')
  vote(lab, other, true)
  assert.equal(lab.raft.role.kind, 'candidate')
  const [first, second] = lab.take('vote')
  vote(held(lab), first, false)
  vote(lab, second, true)
  assert.ok(lab.raft.isLeader)
})

test('an answer that comes late counts until its time-out was judged', () => {
  const reply: FetchReply = {
    ...{ kind: 'fetch', errorCode: 0, epoch: 7, leaderId: 3, leaderEndpoints: endpointsOf(3) },
    ...{ highWatermark: -1, diverging: undefined, snapshot: undefined, batches: [] },
  }
  const answered = (isJudged: boolean, to: QuorumReply): number => {
    const lab = new Lab({ ...three, bootstrap: endpointsOf(2) })
    const [fetch] = lab.take('fetch')
    assert.ok(fetch !== undefined)
    held(lab)
    if (isJudged) lab.pass(0)
    lab.answer(fetch, to)
    return lab.raft.leaderId
  }
  assert.deepEqual([answered(false, reply), answered(true, reply)], [3, -1])
})
