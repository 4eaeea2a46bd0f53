/**
 * What clients were told of the records of one replicated topic: each offset of a partition has one value for ever, each value one
 * offset, and what was acknowledged by all in sync stays where it was acknowledged.
 */
import assert from 'node:assert/strict'

/** Produced to with acks=all. Each topic is made by whoever comes first. */
export const recordsTopic = 'records'
/** Produced to with acks=1: what was acknowledged may be lost with the leader, but what was read may not. */
export const looseTopic = 'loose'
export const replicatedTopics: readonly string[] = [recordsTopic, looseTopic]
/** Deleted and made again, by whoever produces to it and reads it. */
export const fleetingTopic = 'fleeting'
/** In the beginning; whoever adds some adds no more than to `partitionsMax`. */
export const partitionsInitially = 2
export const partitionsMax = 4

/** One partition's, by offset. */
type Values = Map<number, string>

const perPartition = (): readonly Values[] => Array.from({ length: partitionsMax }, () => new Map())

/** Of clients of all topics. Nobody knows of the others whether they were appended. */
export const newCounts = () => ({
  recordsSent: 0,
  recordsAcknowledged: 0,
  looselyAcknowledged: 0,
  recordsRead: 0,
  batchesSentAgain: 0,
  topicLives: 0,
})

export class RecordHistory {
  readonly topic: string
  readonly counts: ReturnType<typeof newCounts>
  /** Producers whose values are in order in each partition. */
  readonly ordered: string[] = []
  /** Who is to be asked whether it has left out anything. */
  readonly consumers: { check(partition: number, values: ReadonlyMap<number, string>): void }[] = []
  readonly #acknowledged = perPartition()
  readonly #seen = perPartition()
  readonly #sent = new Set<string>()
  /** Of each value that was seen. */
  readonly #places = new Map<string, string>()
  readonly #producerIds = new Set<number>()

  constructor(topic: string, counts: ReturnType<typeof newCounts>) {
    this.topic = topic
    this.counts = counts
  }

  get acks(): number {
    return this.topic === looseTopic ? 1 : -1
  }

  send(value: string): void {
    this.#sent.add(value)
    this.counts.recordsSent++
  }

  /** No id is given twice. */
  startsProducer(id: number): void {
    assert.ok(!this.#producerIds.has(id), `producer id ${id} was given twice`)
    this.#producerIds.add(id)
  }

  acknowledged(partition: number, baseOffset: number, values: readonly string[]): void {
    if (this.acks === 1) {
      this.counts.looselyAcknowledged += values.length
      return
    }
    this.counts.recordsAcknowledged += values.length
    for (const [i, value] of values.entries()) {
      this.#acknowledged[partition]?.set(baseOffset + i, value)
      this.#is({ partition, offset: baseOffset + i, value }, 'was acknowledged as')
    }
  }

  /** Somebody has read it below the high watermark. */
  read(partition: number, offset: number, value: string): void {
    this.counts.recordsRead++
    assert.ok(this.#sent.has(value), `nobody sent ${value}`)
    this.#is({ partition, offset, value }, 'was read as')
  }

  #is(record: { readonly partition: number; readonly offset: number; readonly value: string }, how: string): void {
    const { partition, offset, value } = record
    const seen = this.#seen[partition]
    const known = seen?.get(offset)
    const place = `${this.topic}-${partition}:${offset}`
    assert.ok(known === undefined || known === value, `${place} ${how} ${value}, and was ${known} before`)
    if (known !== undefined) return
    seen?.set(offset, value)
    const other = this.#places.get(value)
    assert.ok(other === undefined, `${value}, which was sent once, is at ${other} and ${place}`)
    this.#places.set(value, place)
  }

  /** `values`: all of a partition, when all is well again. */
  check(partition: number, values: ReadonlyMap<number, string>): void {
    for (const [offset, value] of this.#acknowledged[partition] ?? []) {
      assert.equal(values.get(offset), value, `${this.topic}-${partition}:${offset}, which was acknowledged`)
    }
    for (const [offset, value] of this.#seen[partition] ?? []) {
      assert.equal(values.get(offset), value, `${this.topic}-${partition}:${offset}, which was read`)
    }
    for (const [offset, value] of values) this.read(partition, offset, value)
    for (const name of this.ordered) this.#checkOrder(name, values)
    for (const consumer of this.consumers) consumer.check(partition, values)
  }

  #checkOrder(name: string, values: ReadonlyMap<number, string>): void {
    let last = -1
    for (const [offset, value] of values) {
      if (!value.startsWith(`${name}-`)) continue
      const count = Number(value.slice(name.length + 1))
      assert.ok(count > last, `${this.topic}: ${value} at ${offset} comes behind number ${last} of its producer`)
      last = count
    }
  }
}
