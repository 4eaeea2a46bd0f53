/**
 * What is committed is the same on all nodes, batch by batch, and durable on a majority of the voters; its epochs never
 * fall. Each node is looked at from where it was left; a process that is new, from its log's start.
 */
import assert from 'node:assert/strict'
import type { ClusterNode } from '../cluster-node.ts'
import type { ClusterWorld } from '../cluster-world.ts'
import { diskOf, type Invariant, processOf } from '../invariant.ts'
import { type LogPlace, type StoredBatch, StoredLog } from '../stored-log.ts'

/** Of voters: one more may not be committed, and one more may have been taken back. */
const setsMax = 3
const start: LogPlace = { offset: 0, segment: -1, position: 0 }

export class CommittedLog implements Invariant {
  /** By first offset: all that was seen to be committed. */
  readonly #batches = new Map<number, StoredBatch>()
  /** What came and went into snapshots between two looks. */
  readonly #holes: { readonly from: number; readonly until: number }[] = []
  /** Behind the last of them. */
  #end = 0
  #epoch = 0
  /** The one that was seen last comes first. */
  #voters: (readonly number[])[] = []
  /** Up to where each process, and what is durable of each voter, is what all have. */
  readonly #checked = new Map<string, LogPlace>()

  get endOffset(): number {
    return this.#end
  }

  inspect(cluster: ClusterWorld): void {
    const byEnd = cluster.nodes.filter(({ node }) => node !== undefined).sort((a, b) => a.id - b.id)
    for (const one of byEnd) this.#follow(cluster, one)
    this.#checkMajority(cluster)
  }

  /** All of it again. */
  end(cluster: ClusterWorld): void {
    this.#checked.clear()
    this.inspect(cluster)
  }

  /** What this process has handed out, and its log still has. */
  #follow({ world }: ClusterWorld, one: ClusterNode): void {
    const { node, view, id, name } = one
    if (node === undefined || view === undefined) return
    const committed = Math.min(view.highWatermark, node.quorum.image.provenance.offset + 1)
    const who = processOf(one)
    const log = new StoredLog(world.disk(name), 'seen')
    let place = this.#placeIn(log, this.#checked.get(who))
    for (const { batch, next } of log.batchesFrom(place)) {
      if (batch.lastOffset >= committed) break
      const known = this.#batches.get(batch.baseOffset)
      if (known === undefined) this.#commit(batch, id)
      else assert.deepEqual(batch, known, `node ${id} has committed something else at ${batch.baseOffset}`)
      place = next
    }
    this.#checked.set(who, place)
  }

  #placeIn(log: StoredLog, checked: LogPlace = start): LogPlace {
    const first = log.firstOffset ?? 0
    return checked.offset >= first ? checked : { ...start, offset: first }
  }

  #commit(batch: StoredBatch, id: number): void {
    const { baseOffset, lastOffset, epoch } = batch
    if (baseOffset < this.#end) {
      const isHole = this.#holes.some(({ from, until }) => baseOffset >= from && lastOffset < until)
      assert.ok(isHole, `node ${id} has a batch at ${baseOffset} that others do not have`)
    } else {
      assert.ok(epoch >= this.#epoch, `epoch ${epoch} is committed behind ${this.#epoch}`)
      if (baseOffset > this.#end) this.#holes.push({ from: this.#end, until: baseOffset })
      this.#end = lastOffset + 1
      this.#epoch = epoch
    }
    this.#batches.set(baseOffset, batch)
  }

  /** As those have it who are in the newest epoch: who removes itself has led no longer than for a moment. */
  sample({ nodes }: ClusterWorld): void {
    const epoch = Math.max(...nodes.map(({ view }) => view?.leaderEpoch ?? 0))
    for (const { view } of nodes) {
      if (view === undefined || view.leaderEpoch < epoch || view.voters.size === 0) continue
      const ids = view.voters.ids().sort((x, y) => x - y)
      if (String(ids) === String(this.#voters[0])) continue
      this.#voters = [ids, ...this.#voters.filter((it) => String(it) !== String(ids))].slice(0, setsMax)
    }
  }

  /** Whoever is elected has it. Which voters were asked when it was committed shows for a change or two of them. */
  #checkMajority(cluster: ClusterWorld): void {
    const holders = new Set(cluster.controllers.filter((one) => this.#holdsAll(cluster, one)).map(({ id }) => id))
    const isMajority = (ids: readonly number[]): boolean => ids.filter((id) => holders.has(id)).length > ids.length / 2
    const text = `what is committed up to ${this.#end} is durable on ${[...holders]} of ${this.#voters.join(' or ')}`
    assert.ok(this.#voters.length === 0 || this.#voters.some(isMajority), text)
  }

  #holdsAll({ world }: ClusterWorld, one: ClusterNode): boolean {
    const who = `disk ${diskOf(one)}`
    const log = new StoredLog(world.disk(one.name), 'durable')
    if ((log.snapshots.at(-1)?.offset ?? 0) >= this.#end) return true
    let place = this.#placeIn(log, this.#checked.get(who))
    for (const { batch, next } of log.batchesFrom(place)) {
      if (batch.baseOffset >= this.#end) break
      const known = this.#batches.get(batch.baseOffset)
      if (known !== undefined && !isSame(batch, known)) return false
      place = next
    }
    this.#checked.set(who, place)
    return place.offset >= this.#end
  }
}

const isSame = (a: StoredBatch, b: StoredBatch): boolean =>
  a.lastOffset === b.lastOffset && a.epoch === b.epoch && a.crc === b.crc && a.size === b.size
