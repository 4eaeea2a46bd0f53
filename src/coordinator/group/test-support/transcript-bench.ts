/**
 * What the scripts of `testdata` act on: a broker's groups over one partition, time and log in the script's hands, and
 * the trace of all that comes out: replies, records, lines of the log, states of groups.
 */
import { getOrInsert } from '../../../base/index.ts'
import { ErrorCode, errorName } from '../../../protocol/index.ts'
import { readRecords } from '../../../records/index.ts'
import { noPartitions, type OwnedPartitions } from '../consumer-member.ts'
import { decodeGroupRecord } from '../group-record-codec.ts'
import type { GroupService } from '../group-service.ts'
import { GroupBroker, ManualClock, MemoryPartition, turns } from './group-fixture.ts'
import { recordText } from './transcript-text.ts'
import { TranscriptTopics } from './transcript-topics.ts'

/** What a client remembers between its requests to a group. */
export interface Client {
  memberId: string
  generationId: number
  /** Of the consumer protocol. */
  memberEpoch: number
  assigned: OwnedPartitions
  /** How many ids it was given. */
  idCount: number
}

const plainBytesMax = 1 << 20

export class TranscriptBench {
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly topics = new TranscriptTopics()
  readonly #clients = new Map<string, Client>()
  readonly #trace: string[] = []
  readonly #states = new Map<string, string>()
  #broker: GroupBroker | undefined
  #settings: Readonly<Record<string, string>> = {}
  #leaderEpoch = -1
  #linesShown = 0
  #offsetShown = 0

  get groups(): GroupService {
    if (this.#broker === undefined) throw new Error("no broker leads the partition: 'load' comes first")
    return this.#broker.groups
  }

  client(groupId: string, name: string): Client {
    const unknown = (): Client => ({
      memberId: '',
      generationId: -1,
      memberEpoch: 0,
      assigned: noPartitions,
      idCount: 0,
    })
    return getOrInsert(this.#clients, `${groupId} ${name}`, unknown)
  }

  /** Another broker loads the partition; the one before is gone, and whoever waited for it with it. */
  async load(settings: Readonly<Record<string, string>>, batchBytesMax?: number): Promise<void> {
    this.#settings = { ...this.#settings, ...settings }
    // Its timers must not fire for the next one.
    this.#broker?.groups.stop()
    this.partition.commit()
    await turns()
    this.#trace.length = 0
    this.#broker = new GroupBroker({
      clock: this.clock,
      settings: this.#settings,
      ...(batchBytesMax === undefined ? {} : { batchBytesMax }),
    })
    this.#linesShown = 0
    this.topics.tell(this.#broker.groups)
    await this.#broker.lead(this.partition, { leaderEpoch: ++this.#leaderEpoch })
  }

  resign(): void {
    this.groups.resign(0, this.#leaderEpoch)
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms
    for (;;) {
      const nextMs = Math.min(this.clock.nextTimerMs ?? untilMs, untilMs)
      this.clock.advance(nextMs - this.clock.now())
      await turns()
      if (nextMs === untilMs && (this.clock.nextTimerMs ?? Number.POSITIVE_INFINITY) > untilMs) return
    }
  }

  tell(line: string): void {
    this.#tellLines()
    this.#trace.push(line)
  }

  /** An answer is told when it comes. */
  tellWhen<T>(promise: Promise<T>, text: (value: T) => string): void {
    promise.then(
      (value) => this.tell(text(value)),
      (error: unknown) => this.tell(`threw ${String(error)}`),
    )
  }

  /** What has come out since it was last asked for. */
  async taken(): Promise<readonly string[]> {
    await turns()
    this.#tellLines()
    this.#tellRecords()
    this.#tellStates()
    for (const fault of this.#broker?.faults.splice(0) ?? []) this.tell(`FAULT ${String(fault)}`)
    return this.#trace.splice(0)
  }

  #tellLines(): void {
    const lines = this.#broker?.lines ?? []
    for (const line of lines.slice(this.#linesShown)) this.#trace.push(`| ${line}`)
    this.#linesShown = lines.length
  }

  #tellRecords(): void {
    const { partition } = this
    if (partition.endOffset < this.#offsetShown) this.tell(`log: cut to ${partition.endOffset}`)
    this.#offsetShown = Math.min(this.#offsetShown, partition.endOffset)
    for (const batch of partition.batches) {
      for (const { offset, key, value } of readRecords(batch, 0, plainBytesMax)) {
        if (offset < this.#offsetShown || key === null) continue
        this.tell(`log ${offset}: ${recordText(decodeGroupRecord(key, value))}`)
      }
    }
    this.#offsetShown = partition.endOffset
  }

  #tellStates(): void {
    const now = new Map<string, string>()
    try {
      for (const { groupId, state } of this.groups.list({ states: [], types: [] })) now.set(groupId, state)
    } catch {
      return
    }
    for (const groupId of new Set([...this.#states.keys(), ...now.keys()])) {
      const [before = 'none', after = 'none'] = [this.#states.get(groupId), now.get(groupId)]
      if (before !== after) this.tell(`${groupId}: ${before} -> ${after}`)
    }
    this.#states.clear()
    for (const [groupId, state] of now) this.#states.set(groupId, state)
  }
}

export const codeText = (code: number): string => errorName(code)

export function codeNamed(name: string): number {
  const found = Object.entries(ErrorCode).find(([known]) => known === name)
  if (found === undefined) throw new Error(`there is no error ${name}`)
  return found[1]
}
