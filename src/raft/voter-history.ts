/**
 * Who votes, and under which kraft.version, by offset of the log (KIP-853). What is appended counts at once, committed or
 * not; what is cut is undone. A snapshot of an offset has to say what held there, or whoever starts from it would not
 * know the voters. Pure.
 */
import { assert } from '../base/index.ts'
import type { LoggedRecord, QuorumRecord } from './quorum-records.ts'
import type { VoterSet } from './voters.ts'

interface Entry<T> {
  readonly offset: number
  readonly value: T
}

/** Values by offset, which rises. */
class ValuesByOffset<T> {
  #entries: Entry<T>[] = []

  get last(): Entry<T> | undefined {
    return this.#entries.at(-1)
  }

  get beforeLast(): Entry<T> | undefined {
    return this.#entries.at(-2)
  }

  add(offset: number, value: T): void {
    assert(offset > (this.last?.offset ?? -2), 'what the log says of the quorum comes in order')
    this.#entries.push({ offset, value })
  }

  before(offset: number): T | undefined {
    return this.#entries.findLast((entry) => entry.offset < offset)?.value
  }

  truncateTo(offset: number): void {
    this.#entries = this.#entries.filter((entry) => entry.offset < offset)
  }

  /** All but the newest of those before `offset`. */
  forgetBefore(offset: number): void {
    const kept = this.#entries.findLastIndex((entry) => entry.offset < offset)
    if (kept > 0) this.#entries = this.#entries.slice(kept)
  }
}

export class VoterHistory {
  /** Those of `controller.quorum.voters`, while the log names none. */
  readonly #configured: VoterSet
  readonly #versions = new ValuesByOffset<number>()
  readonly #voters = new ValuesByOffset<VoterSet>()

  constructor(configured: VoterSet, logged: readonly LoggedRecord[] = []) {
    this.#configured = configured
    for (const it of logged) this.add(it)
  }

  /** The newest set counts. */
  get voters(): VoterSet {
    return this.#voters.last?.value ?? this.#configured
  }

  /** Those that the log named before; undefined where it did not, or does not tell any more. */
  get formerVoters(): VoterSet | undefined {
    return this.#voters.beforeLast?.value
  }

  /** Of the record that names the voters: -1 in the snapshot that the quorum began with, undefined where there is none. */
  get votersOffset(): number | undefined {
    return this.#voters.last?.offset
  }

  /** 0: the configuration names the voters. */
  get kraftVersion(): number {
    return this.#versions.last?.value ?? 0
  }

  add({ offset, record }: LoggedRecord): void {
    if (record.kind === 'voters') this.#voters.add(offset, record.voters)
    else this.#versions.add(offset, record.version)
  }

  /** A snapshot has taken the place of the log: it says all that held before. */
  startFrom(logged: readonly LoggedRecord[]): void {
    this.truncateTo(-1)
    for (const it of logged) this.add(it)
  }

  /** What holds behind all records below `offset`, in the order in which Kafka writes it into a snapshot. */
  before(offset: number): readonly QuorumRecord[] {
    const version = this.#versions.before(offset)
    const voters = this.#voters.before(offset)
    return [
      ...(version === undefined ? [] : [{ kind: 'kraft-version', version } as const]),
      ...(voters === undefined ? [] : [{ kind: 'voters', voters } as const]),
    ]
  }

  /** The log was cut: `offset` and what followed is gone. */
  truncateTo(offset: number): void {
    this.#versions.truncateTo(offset)
    this.#voters.truncateTo(offset)
  }

  /** Nobody asks for offsets before `offset` again: a snapshot has them. */
  forgetBefore(offset: number): void {
    this.#versions.forgetBefore(offset)
    this.#voters.forgetBefore(offset)
  }
}
