/** One seed: an hour of faults, then healing; and what came of it. */
import assert from 'node:assert/strict'
import { QuorumCore } from '../../../src/raft/core.ts'
import type { Raft } from '../../../src/raft/index.ts'
import { Unattached } from '../../../src/raft/roles/unattached.ts'
import { VoterHistory } from '../../../src/raft/voter-history.ts'
import { QuorumInvariants } from './invariants.ts'
import { type Bug, QuorumWorld } from './quorum-world.ts'
import { changeVoters } from './voter-workload.ts'

export interface Run {
  readonly seed: number
  readonly hours: number
  readonly bug?: Bug
}

const hourMs = 3_600_000
/** After healing, all must be well within this, or three of the largest time-out. */
const healMs = 60_000

export function runQuorum(run: Run): QuorumWorld['counts'] {
  const { grants } = Unattached.prototype
  const { toUnattached } = QuorumCore.prototype
  const votersOffset = Object.getOwnPropertyDescriptor(VoterHistory.prototype, 'votersOffset')
  assert.ok(votersOffset !== undefined)
  if (run.bug === 'votes-twice') Unattached.prototype.grants = ({ isUpToDate }) => isUpToDate
  if (run.bug === 'vote-forgotten') QuorumCore.prototype.toUnattached = forgetful(toUnattached)
  // Every change is taken for one that is long committed.
  if (run.bug === 'changes-at-once') Object.defineProperty(VoterHistory.prototype, 'votersOffset', { get: () => -1 })
  try {
    return simulate(run)
  } finally {
    Unattached.prototype.grants = grants
    QuorumCore.prototype.toUnattached = toUnattached
    Object.defineProperty(VoterHistory.prototype, 'votersOffset', votersOffset)
  }
}

/** Who gives up in an epoch forgets whom it has voted for. */
const forgetful = (toUnattached: QuorumCore['toUnattached']): QuorumCore['toUnattached'] =>
  function forget(this: QuorumCore, epoch, nowMs) {
    Object.defineProperty(this.role, 'voted', { value: undefined })
    // That it was given is not asserted either: what is said to the others shows it.
    this.election = { ...this.election, voted: undefined }
    toUnattached.call(this, epoch, nowMs)
  }

function simulate({ seed, hours, bug }: Run): QuorumWorld['counts'] {
  const invariants = new QuorumInvariants()
  const world = new QuorumWorld({ seed, bug }, invariants.check)
  world.granted = invariants.granted
  const chance = world.chance('faults')
  const untilMs = hours * hourMs
  while (world.nowMs < untilMs) {
    world.run(world.nowMs + chance.below(chance.below(4) === 0 ? 30 : 2 * world.times.fetchTimeoutMs))
    disturb(world)
    if (world.hasSnapshots) makeSnapshots(world)
  }
  world.heal()
  world.run(world.nowMs + healMs)
  const before = invariants.committedOffset
  world.propose()
  world.run(world.nowMs + healMs)
  invariants.checkAll(world)
  const leaders = world.nodes.filter(({ raft }) => raft?.isLeader === true)
  assert.equal(leaders.length, 1, 'after healing one node leads')
  assert.ok(invariants.committedOffset > before, 'after healing proposals are committed')
  for (const { id, raft, log } of world.nodes) {
    assert.equal(raft?.highWatermark, invariants.committedOffset, `node ${id} knows all that is committed`)
    assert.equal(log.endOffset, leaders[0]?.log.endOffset, `node ${id} has all that the leader has`)
  }
  checkVoters(world, leaders[0]?.raft)
  world.counts.committed = invariants.committedOffset
  return world.counts
}

/** In the end the log names who votes, and where; and those who may come in by themselves have. */
function checkVoters({ nodes, autoJoin }: QuorumWorld, leader: Raft | undefined): void {
  if (leader === undefined || leader.history.kraftVersion === 0) return
  const { voters } = leader
  for (const { id, key, port } of nodes) {
    const isVoter = voters.isVoter(key)
    if (isVoter) assert.equal(voters.endpointOf(id)?.port, port, `voter ${id} is known where it is`)
    assert.ok(isVoter || !autoJoin, `node ${id} is a voter by itself`)
  }
}

/** Of each other seed: where logs are never cut, more is seen of what may go wrong in them. */
function makeSnapshots(world: QuorumWorld): void {
  const chance = world.chance('snapshots')
  if (chance.below(5) > 0) return
  for (const one of world.nodes) if (chance.below(2) === 0) world.makeSnapshot(one)
}

/**
 * Who has just begun to lead is gone, again and again, and who was gone before it comes back: the others have parts of what
 * each of them wrote. A committed record that only looked so is overwritten then (Raft, figure 8).
 */
function leadersDieYoung(world: QuorumWorld): void {
  const chance = world.chance('young leaders')
  for (let deaths = 2 + chance.below(5); deaths > 0; deaths--) {
    const untilMs = world.nowMs + 4 * world.times.electionTimeoutMs
    const leader = () => world.nodes.find(({ raft }) => raft?.isLeader === true)
    while (leader() === undefined && world.nowMs < untilMs) world.run(world.nowMs + 1 + chance.below(10))
    if (chance.below(3) > 0) world.propose()
    world.run(world.nowMs + chance.below(80))
    const young = leader()
    const back = world.nodes.find(({ raft }) => raft === undefined)
    if (young !== undefined) world.crash(young)
    if (back !== undefined && chance.below(5) > 0) world.start(back)
  }
}

function disturb(world: QuorumWorld): void {
  const chance = world.chance('faults')
  const node = (): QuorumWorld['nodes'][number] => {
    const found = world.nodes[chance.below(world.nodes.length)]
    assert.ok(found !== undefined)
    return found
  }
  if (chance.below(4) === 0) {
    changeVoters(world)
    return
  }
  switch (chance.below(11)) {
    case 8:
      // What was just said to be there may not be flushed.
      for (let i = chance.below(3); i >= 0; i--) world.propose()
      world.run(world.nowMs + chance.below(40))
      for (const one of world.nodes) if (one.raft !== undefined && chance.below(2) === 0) world.crash(one)
      for (const one of world.nodes) if (one.raft === undefined && chance.below(4) > 0) world.start(one)
      break
    case 9: {
      // Who leads is alone with one of the others, or with nobody.
      const leader = world.nodes.find(({ raft }) => raft?.isLeader === true)
      const friend = node()
      for (const { id } of world.nodes) {
        if (leader === undefined || id === friend.id) continue
        world.cut(leader.id, id)
        world.cut(id, leader.id)
      }
      world.propose()
      break
    }
    case 10:
      leadersDieYoung(world)
      break
    case 0: {
      const down = node()
      if (down.raft !== undefined) world.crash(down)
      break
    }
    case 1:
    case 2: {
      const down = world.nodes.find(({ raft }) => raft === undefined)
      if (down !== undefined) world.start(down)
      break
    }
    case 3:
      world.cut(node().id, node().id)
      break
    case 4: {
      const alone = node()
      for (const { id } of world.nodes) {
        world.cut(alone.id, id)
        world.cut(id, alone.id)
      }
      break
    }
    case 5:
      world.mend()
      break
    default:
      for (let i = chance.below(5); i >= 0; i--) world.propose()
  }
}
