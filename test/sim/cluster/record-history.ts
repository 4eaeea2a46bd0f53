/**
 * What clients were told of the records of one replicated topic: each offset of a partition has one value for ever, and what was
 * acknowledged by all in sync stays where it was acknowledged.
 */
import assert from 'node:assert/strict'

/** Made by who produces to it first. */
export const recordsTopic = 'records'
export const replicatedTopics: readonly string[] = [recordsTopic]
/** In the beginning; whoever adds some adds no more than to `partitionsMax`. */
export const partitionsInitially = 2
export const partitionsMax = 4

/** One partition's, by offset. */
type Values = Map<number, string>

const perPartition = (): readonly Values[] => Array.from({ length: partitionsMax }, () => new Map())

export class RecordHistory {
  readonly topic = recordsTopic
  /** Nobody knows of the others whether they were appended. */
  readonly counts = { recordsSent: 0, recordsAcknowledged: 0, recordsRead: 0 }
  readonly #acknowledged = perPartition()
  readonly #seen = perPartition()
  readonly #sent = new Set<string>()

  send(value: string): void {
    this.#sent.add(value)
    this.counts.recordsSent++
  }

  acknowledged(partition: number, offset: number, value: string): void {
    this.counts.recordsAcknowledged++
    this.#acknowledged[partition]?.set(offset, value)
    this.#is(partition, offset, value, 'was acknowledged as')
  }

  /** Somebody has read it below the high watermark. */
  read(partition: number, offset: number, value: string): void {
    this.counts.recordsRead++
    assert.ok(this.#sent.has(value), `nobody sent ${value}`)
    this.#is(partition, offset, value, 'was read as')
  }

  #is(partition: number, offset: number, value: string, how: string): void {
    const seen = this.#seen[partition]
    const known = seen?.get(offset)
    assert.ok(known === undefined || known === value, `${partition}:${offset} ${how} ${value}, and was ${known} before`)
    seen?.set(offset, value)
  }

  /** `values`: all of a partition, when all is well again. */
  check(partition: number, values: ReadonlyMap<number, string>): void {
    for (const [offset, value] of this.#acknowledged[partition] ?? []) {
      assert.equal(values.get(offset), value, `${partition}:${offset}, which was acknowledged`)
    }
    for (const [offset, value] of values) this.read(partition, offset, value)
  }
}
