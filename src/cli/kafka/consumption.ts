/**
 * What `kafka-consumer-perf-test` has seen of records, of the time that its group needed to share out partitions, and in which columns
 * it tells of it. Pure: times come in.
 */
import type { TopicPartition } from '../../client/index.ts'

interface Sized {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

const more = 'rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
export const totalHead = `start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, ${more}`
export const detailedHead = `time, threadId, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, ${more}`

const mebi = 1024 * 1024
const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`
const figure = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(4) : Number.isNaN(value) ? 'NaN' : 'Infinity'
const perSecond = (amount: number, ms: number): number => (ms <= 0 ? 0 : (1000 * amount) / ms)

export interface ConsumptionOptions {
  readonly startMs: number
  readonly reportingIntervalMs: number
  readonly dateText: (timestampMs: number) => string
}

interface Before {
  readonly atMs: number
  readonly records: number
  readonly bytes: number
}

export class Consumption {
  readonly #options: ConsumptionOptions
  readonly #assigned = new Set<string>()
  #records = 0
  #bytes = 0
  /** Since when there have been no partitions. */
  #joinFromMs: number
  #joinMs = 0
  /** Since the last report. */
  #joinMsNew = 0
  #before: Before

  constructor(options: ConsumptionOptions) {
    this.#options = options
    this.#joinFromMs = options.startMs
    this.#before = { atMs: options.startMs, records: 0, bytes: 0 }
  }

  get records(): number {
    return this.#records
  }

  assigned(partitions: readonly TopicPartition[], nowMs: number): void {
    if (this.#assigned.size === 0) {
      this.#joinMs += nowMs - this.#joinFromMs
      this.#joinMsNew += nowMs - this.#joinFromMs
    }
    for (const it of partitions) this.#assigned.add(nameOf(it))
  }

  revoked(partitions: readonly TopicPartition[], nowMs: number): void {
    for (const it of partitions) this.#assigned.delete(nameOf(it))
    if (this.#assigned.size === 0) this.#joinFromMs = nowMs
  }

  /** Records that came at once. The row of a report, if one is due: it is of the first of them, and what came before. */
  add([first, ...others]: readonly Sized[], nowMs: number): string | undefined {
    if (first === undefined) return undefined
    this.#count(first)
    const row = nowMs - this.#before.atMs >= this.#options.reportingIntervalMs ? this.#report(nowMs) : undefined
    for (const record of others) this.#count(record)
    return row
  }

  #count({ key, value }: Sized): void {
    this.#records++
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0)
  }

  #report(nowMs: number): string {
    const { atMs, records, bytes } = this.#before
    const [elapsedMs, joinMs] = [nowMs - atMs, this.#joinMsNew]
    const [newRecords, newMb] = [this.#records - records, (this.#bytes - bytes) / mebi]
    this.#joinMsNew = 0
    this.#before = { atMs: nowMs, records: this.#records, bytes: this.#bytes }
    return [
      ...[this.#options.dateText(nowMs), 0, figure(this.#bytes / mebi), figure((1000 * newMb) / elapsedMs)],
      ...[this.#records, figure((newRecords / elapsedMs) * 1000), joinMs, elapsedMs - joinMs],
      ...[figure(perSecond(newMb, elapsedMs - joinMs)), figure(perSecond(newRecords, elapsedMs - joinMs))],
    ].join(', ')
  }

  /** Of all of it. */
  total(endMs: number): string {
    const { startMs, dateText } = this.#options
    const [seconds, fetchMs, mb] = [(endMs - startMs) / 1000, endMs - startMs - this.#joinMs, this.#bytes / mebi]
    return [
      ...[dateText(startMs), dateText(endMs), figure(mb), figure(mb / seconds), this.#records],
      ...[figure(this.#records / seconds), this.#joinMs, fetchMs, figure(mb / (fetchMs / 1000))],
      figure(this.#records / (fetchMs / 1000)),
    ].join(', ')
  }
}
