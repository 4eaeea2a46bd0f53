/**
 * The epoch of a member never falls, nor does that of a group: who joins is in no older epoch than anybody before was
 * told. A group that may have had no member begins anew, in either protocol; a cut of power may take epochs back.
 */
import assert from 'node:assert/strict'
import type { Invariant, MemberHeard, Observation } from '../observation.ts'

interface GroupEpochs {
  /** The highest that anybody was told. */
  epoch: number
  /** By client, while it is a member as far as anybody knows. */
  readonly members: Map<string, MemberHeard>
  /** In the order of the answers: what had been told when a request left. */
  readonly told: { readonly atMs: number; readonly epoch: number }[]
}

export class MemberEpochs implements Invariant {
  readonly #groups = new Map<string, GroupEpochs>()
  #life = 0
  joins = 0

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') {
      this.#life++
      this.#groups.clear()
    }
    if (seen.kind === 'member-owns' && seen.isOver) this.#groups.get(seen.group)?.members.delete(seen.client)
    if (seen.kind === 'member-heard' && seen.source.life === this.#life) this.#hear(seen)
  }

  #hear(heard: MemberHeard): void {
    const { group, client, sentMs, atMs, joins, epoch } = heard
    const known = this.#groups.get(group) ?? { epoch: -1, members: new Map<string, MemberHeard>(), told: [] }
    this.#groups.set(group, known)
    if (joins) {
      this.joins++
      const isOther = (other: MemberHeard): boolean =>
        other.client !== client && other.sentMs + other.sessionTimeoutMs > atMs
      if (![...known.members.values()].some(isOther)) {
        known.epoch = -1
        known.told.length = 0
      }
      const before = known.told.findLast((told) => told.atMs < sentMs)?.epoch ?? -1
      assert.ok(epoch >= before, `${group}: ${client} joins in epoch ${epoch}, ${before} was told before`)
    } else {
      const before = known.members.get(client)?.epoch ?? -1
      assert.ok(epoch >= before, `${group}: ${client} is told epoch ${epoch} after ${before}`)
    }
    known.epoch = Math.max(known.epoch, epoch)
    known.told.push({ atMs, epoch: known.epoch })
    known.members.set(client, heard)
  }
}
