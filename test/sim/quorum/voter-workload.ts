/**
 * Voters that come and go: added, removed, on another disk or at another place, and a static quorum that becomes dynamic.
 * Never more than its administrators may do: of each set of voters that may come to count, a majority is there and found.
 */
import { ApiError } from '../../../src/base/index.ts'
import type { VoterSet } from '../../../src/raft/index.ts'
import { VoterHistory } from '../../../src/raft/voter-history.ts'
import type { Node } from './model-node.ts'
import { anyPort, type QuorumWorld } from './quorum-world.ts'

/** An operator waits for what he has begun before he takes the next disk. */
const betweenLossesMs = 60_000
const lastLossMs = new WeakMap<QuorumWorld, number>()

export function changeVoters(world: QuorumWorld): void {
  const chance = world.chance('voters')
  const leaders = world.nodes.filter(({ raft }) => raft?.isLeader === true)
  const leader = leaders[chance.below(Math.max(1, leaders.length))]
  const node = world.nodes[chance.below(world.nodes.length)]
  if (node === undefined) return
  switch (chance.below(5)) {
    case 0:
      if (leader !== undefined) upgrade(world, leader)
      break
    case 1:
      if (leader !== undefined && node !== leader) add(world, leader, node)
      break
    case 2:
      if (leader !== undefined) remove(world, leader, chance.below(leader.raft?.voters.size ?? 1))
      break
    case 3:
      if (mayGo(world, node)) loseDisk(world, node)
      break
    default:
      if (mayGo(world, node)) move(world, node)
  }
}

function upgrade(world: QuorumWorld, { raft }: Node): void {
  try {
    raft?.upgradeKRaftVersion(1, { isDryRun: false, nowMs: world.nowMs })
    world.counts.upgrades++
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

function add(world: QuorumWorld, leader: Node, { key, endpoint }: Node): void {
  const ackWhenCommitted = world.chance('voters').below(2) === 0
  world.ask(leader, { kind: 'add-voter', voter: key, endpoints: [endpoint], ackWhenCommitted })
}

function remove(world: QuorumWorld, leader: Node, index: number): void {
  const voters = leader.raft?.voters
  const voter = voters?.all()[index]
  if (voters === undefined || voter === undefined) return
  const key = { id: voter.id, directoryId: voter.directoryId }
  const left = voters.without(key)
  if (left === undefined || foundOf(world, left).length < left.majority) return
  world.ask(leader, { kind: 'remove-voter', voter: key })
}

/** Those of a set that are there, and listen where it says. */
const foundOf = ({ nodes }: QuorumWorld, voters: VoterSet): Node[] =>
  nodes.filter(({ key, id, port }) => {
    const known = voters.endpointOf(id)?.port
    return voters.isVoter(key) && (known === anyPort || known === port)
  })

/** Sets that may come to count: the newest that is committed, and what followed it in any log. */
function setsThatMayCount(world: QuorumWorld): VoterSet[] {
  const histories = world.nodes.map(({ configured, logged }) => ({ configured, logged }))
  let committed = -1
  for (const { raft } of world.nodes) {
    const offset = raft?.history.votersOffset ?? -1
    if (raft !== undefined && offset < raft.highWatermark) committed = Math.max(committed, offset)
  }
  const sets = histories.flatMap(({ configured, logged }) => {
    const later = logged.flatMap(({ offset, record }) =>
      record.kind === 'voters' && offset >= committed ? [record.voters] : [],
    )
    return [...later, ...(logged.length === 0 ? [configured] : [])]
  })
  return [...sets, ...world.nodes.flatMap(({ raft }) => raft?.voters ?? [])].filter(({ size }) => size > 0)
}

/** It may be on its way to become a voter: then the majority is one of one more. */
function mayGo(world: QuorumWorld, node: Node): boolean {
  if (world.nowMs - (lastLossMs.get(world) ?? Number.NEGATIVE_INFINITY) < betweenLossesMs) return false
  // Who takes the configuration for the voters would take the new disk for the old one.
  const knowAll = world.nodes.every(
    ({ configured, logged }) =>
      configured.size === 0 || new VoterHistory(configured, logged).votersOffset !== undefined,
  )
  if (!knowAll) return false
  return setsThatMayCount(world).every((voters) => {
    const left = foundOf(world, voters).filter((it) => it !== node)
    return left.length >= Math.floor((voters.size + 1) / 2) + 1
  })
}

function loseDisk(world: QuorumWorld, node: Node): void {
  lastLossMs.set(world, world.nowMs)
  world.counts.disksLost++
  if (node.raft !== undefined) world.crash(node)
  node.loseDisk({ keepsDirectoryId: world.bug === 'directory-id-kept' })
  world.start(node)
}

function move(world: QuorumWorld, node: Node): void {
  lastLossMs.set(world, world.nowMs)
  world.counts.moves++
  if (node.raft !== undefined) world.crash(node)
  node.port++
  world.start(node)
}
