/** What was said of records that one broker has given out, in the order in which it is to be sent. Pure. */
import { getOrInsert } from '../../base/index.ts'
import type { KafkaError } from '../kafka-error.ts'
import { type AcknowledgedRange, acknowledgementBatches } from './acknowledgements.ts'
import {
  type Acknowledged,
  type AcknowledgedPartition,
  merged,
  PendingAcknowledgement,
  type Renewed,
} from './pending-acknowledgement.ts'
import { nameOf, type PartitionBatches } from './share-session.ts'

export interface AddOptions {
  readonly nowMs: number
  readonly renewed?: Renewed | undefined
  /** It is known already that it is in vain. */
  readonly verdict?: KafkaError | undefined
}

export class AcknowledgementQueue {
  #pending: PendingAcknowledgement[] = []
  #isUrgent = false

  get all(): readonly PendingAcknowledgement[] {
    return this.#pending
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0
  }

  /** It does not wait until something goes that it could go with. */
  get mustGo(): boolean {
    return this.#isUrgent || this.#pending.some(({ renews, isAlone }) => renews || isAlone)
  }

  /** By the monotonic clock; infinity where there is nothing. */
  get oldestMs(): number {
    return Math.min(...this.#pending.map(({ sinceMs }) => sinceMs))
  }

  /** Whether all may go with a fetch of these partitions: a renewal may not, since a fetch waits (KIP-1222). */
  fits(partitions: readonly AcknowledgedPartition[]): boolean {
    const names = new Set(partitions.map(nameOf))
    return this.#pending.every((it) => names.has(nameOf(it)) && !it.renews)
  }

  hurry(): void {
    this.#isUrgent = !this.isEmpty
  }

  add(of: AcknowledgedPartition, range: AcknowledgedRange, { nowMs, renewed, verdict }: AddOptions): void {
    let pending = this.#pending.findLast((it) => nameOf(it) === nameOf(of))
    const isOpen = pending?.attempts === 0 && !pending.isAlone && pending.verdict?.code === verdict?.code
    if (pending === undefined || !isOpen) {
      pending = new PendingAcknowledgement(of, nowMs)
      pending.verdict = verdict
      this.#pending.push(pending)
    }
    pending.add(range, renewed)
  }

  /** Goes before what is here. */
  putBack(pending: readonly PendingAcknowledgement[]): void {
    this.#pending = [...pending, ...this.#pending]
  }

  /** What goes with the next request. */
  take(): readonly PendingAcknowledgement[] {
    const taken: PendingAcknowledgement[] = []
    const names = new Set<string>()
    const full = new Set<string>()
    for (const each of this.#pending) {
      const name = nameOf(each)
      if (full.has(name) || (each.isAlone && names.has(name))) full.add(name)
      else taken.push(each)
      names.add(name)
      if (each.isAlone) full.add(name)
    }
    this.#pending = this.#pending.filter((each) => !taken.includes(each))
    this.#isUrgent &&= !this.isEmpty
    return taken
  }

  /** All of which it is known that it is in vain; it was never sent. */
  takeKnown(): readonly PendingAcknowledgement[] {
    const known = this.#pending.filter(({ verdict }) => verdict !== undefined)
    if (known.length > 0) this.#pending = this.#pending.filter(({ verdict }) => verdict === undefined)
    return known
  }

  /**
   * One offset whose lock has run out, and the broker does nothing of all that was sent of its partition: what was sent is sent again in
   * parts, until that one is alone. Returns what cannot be divided: that one.
   */
  divide(pending: readonly PendingAcknowledgement[]): readonly PendingAcknowledgement[] {
    const [first, ...others] = pending
    if (first === undefined) return []
    const parts = others.length > 0 ? pending : first.halves()
    if (parts === undefined) return [first]
    for (const each of parts) each.isAlone = true
    this.putBack(parts)
    return []
  }
}

/** Returns what the application is told. */
export const settled = (
  pending: readonly PendingAcknowledgement[],
  error: KafkaError | undefined,
  lockedUntilMs = 0,
): Acknowledged[] => pending.map((each) => each.settle(error, lockedUntilMs)).filter(({ ranges }) => ranges.length > 0)

export const byPartition = (
  pending: readonly PendingAcknowledgement[],
): Map<string, readonly PendingAcknowledgement[]> => {
  const byName = new Map<string, PendingAcknowledgement[]>()
  for (const each of pending) getOrInsert(byName, nameOf(each), () => []).push(each)
  return byName
}

/** As a request has it. */
export const batchesOf = (pending: readonly PendingAcknowledgement[]): PartitionBatches[] =>
  [...byPartition(pending).values()].flatMap((ofOne) => {
    const [first] = ofOne
    if (first === undefined) return []
    const { topicId, partition } = first
    return [{ topicId, partition, acknowledgementBatches: acknowledgementBatches(merged(ofOne)) }]
  })
