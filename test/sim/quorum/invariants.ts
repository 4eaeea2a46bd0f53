/**
 * What must hold of a quorum at any moment (those of the Raft paper, and of Kafka's own simulation): one leader in an
 * epoch, epochs and high watermarks that never fall, one history of what is committed, on a majority.
 */
import assert from 'node:assert/strict'
import type { ModelBatch } from './model-log.ts'
import type { Node } from './model-node.ts'
import type { QuorumWorld } from './quorum-world.ts'

export class QuorumInvariants {
  /** Of each epoch. */
  readonly #leaders = new Map<number, number>()
  readonly #epochs = new Map<number, number>()
  readonly #highWatermarks = new Map<string, number>()
  /** How many batches of a process are known to be those of all. */
  readonly #checked = new Map<string, number>()
  /** All that was ever committed, in order. */
  readonly #committed: ModelBatch[] = []

  get committedOffset(): number {
    return (this.#committed.at(-1)?.lastOffset ?? -1) + 1
  }

  readonly check = (world: QuorumWorld): void => {
    for (const node of world.nodes) this.#checkNode(node)
    for (const node of world.nodes) this.#checkCommitted(node)
    this.#checkMajority(world)
  }

  #checkNode({ id, life, raft, log }: Node): void {
    if (raft === undefined) return
    const { epoch } = raft
    assert.ok(epoch >= (this.#epochs.get(id) ?? 0), `the epoch of node ${id} falls to ${epoch}`)
    // A vote file that was not durable may be forgotten by a crash, and nothing may have come of it.
    this.#epochs.set(id, log.election.epoch)
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
  #checkCommitted({ id, life, raft, log }: Node): void {
    if (raft === undefined) return
    const process = `${id} ${life}`
    let i = this.#checked.get(process) ?? 0
    for (; i < log.batches.length; i++) {
      const batch = log.batches[i]
      if (batch === undefined || batch.lastOffset >= raft.highWatermark) break
      const known = this.#committed[i]
      if (known === undefined) this.#committed.push(batch)
      else if (known !== batch) assert.deepEqual(batch, known, `node ${id} has committed something else`)
    }
    this.#checked.set(process, i)
  }

  /** All of it again, at the end. */
  checkAll(world: QuorumWorld): void {
    this.#checked.clear()
    this.check(world)
  }

  /** Durable on so many that no election can pass it by. */
  #checkMajority({ nodes, voters }: QuorumWorld): void {
    const last = this.#committed.at(-1)
    if (last === undefined) return
    const index = this.#committed.length - 1
    const holders = nodes.filter(({ id, log }) => voters.has(id) && isSame(log.batches[index], last))
    assert.ok(
      holders.length >= voters.majority,
      `what is committed up to ${last.lastOffset} is on nodes ${holders.map(({ id }) => id).join(' ')} only`,
    )
  }
}

const isSame = (a: ModelBatch | undefined, b: ModelBatch): boolean =>
  a !== undefined && a.baseOffset === b.baseOffset && a.epoch === b.epoch && a.text === b.text
