/**
 * What must hold of a quorum at any moment (those of the Raft paper, and of Kafka's own simulation): one leader in an
 * epoch, epochs and high watermarks that never fall, one history of what is committed, on a majority of those who voted
 * when it was; voters that change one at a time; snapshots that say of what is committed what the log says.
 */
import assert from 'node:assert/strict'
import { VoterSet } from '../../../src/raft/index.ts'
import { overlap } from '../../../src/raft/testdata/overlap.ts'
import type { ModelBatch, ModelLog } from './model-log.ts'
import type { Node } from './model-node.ts'
import { sumOf } from './model-snapshot.ts'
import { recordsIn } from './quorum-text.ts'
import type { GrantedVote, QuorumWorld } from './quorum-world.ts'

export class QuorumInvariants {
  /** Of each epoch. */
  readonly #leaders = new Map<number, number>()
  /** Of each disk. */
  readonly #epochs = new Map<string, number>()
  readonly #highWatermarks = new Map<string, number>()
  /** Up to which offset the batches of a process are known to be those of all. */
  readonly #checked = new Map<string, number>()
  /** All that was ever committed, in order. */
  readonly #committed: ModelBatch[] = []
  /** Whose majority committed the newest batch. */
  #inForce = new VoterSet([])
  #committedVoters: VoterSet | undefined
  /** By the offset behind each batch: the sum of all up to there. */
  readonly #sums = new Map<number, number>()
  /** By the offset at which each batch begins: its index. */
  readonly #indexes = new Map<number, number>()
  /** By name: the sum of each snapshot that was ever seen, and what it says of the quorum. */
  readonly #snapshots = new Map<string, string>()

  /** By disk and epoch: who got the vote. */
  readonly #votes = new Map<string, string>()

  get committedOffset(): number {
    return (this.#committed.at(-1)?.lastOffset ?? -1) + 1
  }

  readonly check = (world: QuorumWorld): void => {
    for (const node of world.nodes) this.#checkNode(node)
    for (const node of world.nodes) this.#checkCommitted(node)
    for (const node of world.nodes) this.#checkSnapshots(node)
    this.#checkMajority(world)
  }

  /** Of what was said to candidates, whatever the voter remembers of it. */
  readonly granted = ({ voter, epoch, candidate }: GrantedVote): void => {
    const vote = `${voter} ${epoch}`
    const text = `${candidate.id} ${candidate.directoryId}`
    assert.equal(text, this.#votes.get(vote) ?? text, `voter ${voter} votes twice in epoch ${epoch}`)
    this.#votes.set(vote, text)
  }

  #checkNode({ id, life, disks, raft, log }: Node): void {
    if (raft === undefined) return
    const { epoch } = raft
    const disk = `${id} ${disks}`
    assert.ok(epoch >= (this.#epochs.get(disk) ?? 0), `the epoch of node ${id} falls to ${epoch}`)
    // A vote file that was not durable may be forgotten by a crash, and nothing may have come of it.
    this.#epochs.set(disk, log.election.epoch)
    if (raft.isLeader) {
      const known = this.#leaders.get(epoch) ?? id
      assert.equal(id, known, `nodes ${known} and ${id} lead epoch ${epoch}`)
      this.#leaders.set(epoch, id)
    }
    const process = `${id} ${life}`
    assert.ok(raft.highWatermark >= (this.#highWatermarks.get(process) ?? 0), `the high watermark of node ${id} falls`)
    this.#highWatermarks.set(process, raft.highWatermark)
    assert.ok(raft.highWatermark <= raft.endOffset, `node ${id} has committed what it does not have`)
  }

  /** What a node takes for committed, and has, is what everybody takes for committed: from the first that is new. */
  #checkCommitted({ id, life, raft, log, download }: Node): void {
    // What lies in a log that is about to start anew behind a snapshot is not taken for anything.
    if (raft === undefined || download.whole !== undefined) return
    const process = `${id} ${life}`
    const from = Math.max(this.#checked.get(process) ?? 0, log.startOffset)
    let checked = from
    for (let i = log.indexOf(from); i < log.batches.length; i++) {
      const batch = log.batches[i]
      if (batch === undefined || batch.lastOffset >= raft.highWatermark) break
      const known = this.#committedAt(batch.baseOffset)
      if (known === undefined) {
        this.#commit(batch)
        // Who leads knows it first, and resigns with it where it has removed itself.
        if (raft.isLeader || raft.role.kind === 'resigned') this.#inForce = raft.voters
        this.#checkVoters(batch)
      } else if (known !== batch) assert.deepEqual(batch, known, `node ${id} has committed something else`)
      checked = batch.lastOffset + 1
    }
    this.#checked.set(process, checked)
  }

  #committedAt(baseOffset: number): ModelBatch | undefined {
    return this.#committed[this.#indexes.get(baseOffset) ?? -1]
  }

  #commit(batch: ModelBatch): void {
    const { committedOffset } = this
    assert.equal(batch.baseOffset, committedOffset, 'what is committed has no hole')
    this.#indexes.set(batch.baseOffset, this.#committed.length)
    this.#committed.push(batch)
    this.#sums.set(batch.lastOffset + 1, sumOf(this.#sums.get(committedOffset) ?? 0, [batch]))
  }

  #checkSnapshots({ id, raft, log }: Node): void {
    const { startOffset, snapshots } = log
    assert.ok(
      startOffset === 0 || snapshots.some(({ offset }) => offset === startOffset),
      `the log of node ${id} starts at ${startOffset}, where no snapshot is`,
    )
    for (const { offset, epoch, sum, quorum } of snapshots) {
      const name = `${offset}-${epoch}`
      const isAhead = raft !== undefined && offset > raft.highWatermark
      assert.ok(!isAhead, `snapshot ${name} is ahead of what node ${id} knows to be committed`)
      const said = `${sum} ${quorum}`
      if (this.#snapshots.get(name) === said) continue
      assert.equal(said, this.#snapshots.get(name) ?? said, `snapshot ${name} of node ${id} says something else`)
      assert.equal(sum, this.#sums.get(offset), `snapshot ${name} of node ${id} says what was not committed`)
      this.#snapshots.set(name, said)
    }
  }

  /** Else two majorities might not meet. */
  #checkVoters({ text, baseOffset }: ModelBatch): void {
    for (const { record } of recordsIn(text)) {
      if (record.kind !== 'voters') continue
      const before = this.#committedVoters
      const doesOverlap = before === undefined || overlap(before, record.voters)
      assert.ok(doesOverlap, `the voters change by more than one at offset ${baseOffset}`)
      this.#committedVoters = record.voters
    }
  }

  /** All of it again, at the end. */
  checkAll(world: QuorumWorld): void {
    this.#checked.clear()
    this.#snapshots.clear()
    this.check(world)
  }

  /** Durable on so many that no election can pass it by; a voter whose disk is lost votes no more. */
  #checkMajority({ nodes }: QuorumWorld): void {
    const last = this.#committed.at(-1)
    if (last === undefined) return
    const voters = this.#inForce
    const lacking = nodes.filter(({ key, log }) => voters.isVoter(key) && !hasFlushed(log, last))
    assert.ok(
      voters.size - lacking.length >= voters.majority,
      `what is committed up to ${last.lastOffset} is not on nodes ${lacking.map(({ id }) => id).join(' ')}`,
    )
  }
}

/** Durable in its log, or in a snapshot: which says what is committed. */
function hasFlushed(log: ModelLog, { baseOffset, lastOffset, epoch, text }: ModelBatch): boolean {
  if (log.snapshots.some(({ offset }) => lastOffset < offset)) return true
  if (lastOffset >= log.flushedOffset) return false
  const own = log.batches[log.indexOf(baseOffset)]
  return own !== undefined && own.baseOffset === baseOffset && own.epoch === epoch && own.text === text
}
