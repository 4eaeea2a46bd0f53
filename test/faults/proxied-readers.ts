/**
 * Readers of a topic while it is written. One by hand, that is given every record in order, none twice. And a group of two members that
 * come and go, throw, and are cut off for good: each is given the records of a partition in order from where the
 * group has committed, and nothing is committed that no member has done.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededStream } from '../../src/sim/index.ts'
import { type Consumer, Kafka, KafkaError, type TopicPartition } from '../../src/stack/client.ts'
import type { StoredRecord } from '../sim/sweep/stored.ts'

const membersMax = 2
/** Of a round: quick ones take a second. */
const waitMsMax = 50_000
/** A member that is cut off holds up the group for so long. */
const sessionTimeoutMs = 3000
/** Of a life, in records. */
const lifeRecordsMean = 100
const workMsMax = 3
const autoCommitIntervalMs = 30
/** Records, on average; and of a partition. */
const throwEvery = 100
const commitEvery = 10

export interface ReadersOptions {
  readonly bootstrap: string
  readonly topic: string
  readonly partitionCount: number
  readonly requestTimeoutMs: number
}

const kafkaOf = ({ bootstrap, requestTimeoutMs }: ReadersOptions, clientId: string): Kafka =>
  new Kafka({
    bootstrapServers: bootstrap,
    clientId,
    requestTimeoutMs,
    retryBackoffMs: 10,
    retryBackoffMaxMs: 50,
    reconnectBackoffMs: 5,
    reconnectBackoffMaxMs: 50,
    logLevel: 'error',
  })

/** Small answers, so that there are many. */
const fetching = { fetchMaxWaitMs: 20, maxPartitionFetchBytes: 2000, autoOffsetReset: 'earliest' } as const

/** All records of the topic, by partition. */
export type Logs = readonly (readonly StoredRecord[])[]

/** Values by offset, by partition, of who was given them in order. */
type Given = readonly (string | null)[][]

function checkValues(given: Given, logs: Logs): void {
  for (const [partition, records] of logs.entries()) {
    const values = records.map(({ value }) => value)
    assert.deepEqual(given[partition]?.slice(0, values.length), values, `values of partition ${partition}`)
  }
}

const textOf = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString())

export class ReaderByHand {
  readonly #consumer: Consumer
  readonly #given: (string | null)[][]
  readonly #reading: Promise<void>
  #isOver = false

  constructor(options: ReadersOptions) {
    const { topic, partitionCount } = options
    this.#given = Array.from({ length: partitionCount }, () => [])
    this.#consumer = kafkaOf(options, 'by hand').consumer(fetching)
    this.#consumer.assign(this.#given.map((_, partition) => ({ topic, partition })))
    this.#reading = heldBack(this.#read())
  }

  async #read(): Promise<void> {
    for await (const { partition, offset, value } of this.#consumer) {
      const given = this.#given[partition]
      assert.ok(given)
      assert.equal(offset, given.length, `by hand, the next offset of partition ${partition}`)
      given.push(textOf(value))
    }
  }

  /** Reads to the end of what is there, and compares. */
  async finish(logs: Logs): Promise<void> {
    const isThere = (): boolean => logs.every(({ length }, i) => (this.#given[i]?.length ?? 0) >= length)
    await Promise.race([this.#reading, untilTrue('all is read by hand', () => this.#isOver || isThere())])
    await this.#consumer.close()
    await this.#reading
    checkValues(this.#given, logs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#consumer.close()
  }
}

/** A failure is told to whoever waits for it, also when that is later. */
function heldBack<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}

/** Throws where it does not come about in time. */
async function untilTrue(what: string, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + waitMsMax
  while (!condition()) {
    assert.ok(performance.now() < endMs, `${what} within ${waitMsMax} ms`)
    await sleep(5)
  }
}

export interface GroupOptions extends ReadersOptions {
  readonly groupId: string
  readonly draw: SeededStream
  readonly strategy: 'range' | 'cooperative-sticky'
  readonly commits: 'by itself' | 'by hand'
  /** Members that may be cut off. */
  readonly cutOffMax: number
  readonly sever: (clientId: string) => void
}

/** What an application does to its own loop. */
class Thrown extends Error {}

/** Another generation is on: what this member wanted to commit, somebody else reads. */
const fairCodes: ReadonlySet<string> = new Set(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])

function throwUnfair(error: unknown): void {
  if (error instanceof Thrown || (error instanceof KafkaError && (error.isRetriable || fairCodes.has(error.code))))
    return
  throw error
}

/** What its members have been given, and have done. */
export class Group {
  readonly counts = { lives: 0, cutOff: 0, thrown: 0, handedOut: 0, refusedCommits: 0 }
  readonly #options: GroupOptions
  readonly #given: (string | null)[][]
  /** Offsets whose turn is over, by partition; and up to where there is no gap. */
  readonly #done: Set<number>[]
  readonly #doneTo: number[]
  readonly #consumers: Consumer[] = []
  readonly #running: Promise<unknown>
  #isOver = false

  constructor(options: GroupOptions) {
    this.#options = options
    const partitions = Array.from({ length: options.partitionCount })
    this.#given = partitions.map(() => [])
    this.#done = partitions.map(() => new Set())
    this.#doneTo = partitions.map(() => 0)
    this.#running = heldBack(Promise.all(Array.from({ length: membersMax }, () => this.#lives())))
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Reads to the end of what is there, and compares. Those that were cut off are connected again by `heal`. */
  async finish(logs: Logs, heal: () => void): Promise<void> {
    const isThere = (): boolean => logs.every(({ length }, i) => (this.#doneTo[i] ?? 0) >= length)
    await Promise.race([this.#running, untilTrue('the group has done all', () => this.#isOver || isThere())])
    this.#isOver = true
    heal()
    await this.#running
    // They have heard of nothing meanwhile, and may want to commit what they had done.
    for (const consumer of this.#consumers) await consumer.close().catch(throwUnfair)
    checkValues(this.#given, logs)
  }

  /** What the broker says that was committed. */
  check(committed: readonly number[]): void {
    for (const [partition, offset] of committed.entries()) this.began(partition, offset)
  }

  async #lives(): Promise<void> {
    while (!this.#isOver) {
      const life = new MemberLife(this.#options, this)
      this.#consumers.push(life.consumer)
      await life.run()
    }
  }

  given(partition: number, offset: number, value: string | null): void {
    const given = this.#given[partition]
    assert.ok(given)
    this.counts.handedOut++
    if (offset === given.length) given.push(value)
    assert.ok(offset < given.length, `${offset} of partition ${partition} was given behind ${given.length}`)
    assert.equal(value, given[offset], `${offset} of partition ${partition} is another record`)
  }

  /** Who begins there leaves out nothing. */
  began(partition: number, offset: number): void {
    const doneTo = this.#doneTo[partition] ?? 0
    assert.ok(offset <= doneTo, `the group is at ${offset} in partition ${partition}, and nobody has done ${doneTo}`)
  }

  done(partition: number, offset: number): void {
    const done = this.#done[partition]
    assert.ok(done)
    done.add(offset)
    let to = this.#doneTo[partition] ?? 0
    while (done.has(to)) to++
    this.#doneTo[partition] = to
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#consumers.map((consumer) => consumer.close().catch(throwUnfair)))
  }
}

/** From joining the group to its end. */
class MemberLife {
  readonly consumer: Consumer
  readonly #options: GroupOptions
  readonly #group: Group
  readonly #clientId: string
  /** By partition that it has: the next offset, once it is known. */
  readonly #next = new Map<number, number>()
  /** Records until its end. */
  #left: number
  #isCutOff = false

  constructor(options: GroupOptions, group: Group) {
    this.#options = options
    this.#group = group
    this.#clientId = `member ${group.counts.lives++}`
    this.#left = 1 + options.draw.exponential(lifeRecordsMean)
    const forget = (partitions: readonly TopicPartition[]): void => {
      for (const { partition } of partitions) this.#next.delete(partition)
    }
    this.consumer = kafkaOf(options, this.#clientId).consumer({
      ...fetching,
      groupId: options.groupId,
      sessionTimeoutMs,
      heartbeatIntervalMs: 50,
      autoCommitIntervalMs,
      enableAutoCommit: options.commits === 'by itself',
      partitionAssignmentStrategy: [options.strategy],
      onAssigned: forget,
      onRevoked: forget,
      onLost: forget,
    })
    this.consumer.subscribe([options.topic])
  }

  async run(): Promise<void> {
    const closing = heldBack(this.#closeAtEnd())
    while (!this.#isEnding) await this.#read().catch(throwUnfair)
    await closing
  }

  get #isEnding(): boolean {
    return this.#left < 0 || this.#group.isOver
  }

  /** Also where it waits for records. */
  async #closeAtEnd(): Promise<void> {
    while (!this.#isEnding) await sleep(5)
    if (!this.#isCutOff) await this.consumer.close().catch(throwUnfair)
  }

  async #read(): Promise<void> {
    const { draw } = this.#options
    for await (const { partition, offset, value } of this.consumer) {
      this.#check(partition, offset)
      this.#group.given(partition, offset, textOf(value))
      const workMs = draw.below(workMsMax)
      if (workMs > 0) await sleep(workMs)
      if (draw.below(throwEvery) === 0) this.#throw()
      if (--this.#left < 0) await this.#end()
      if (this.#isEnding) return
      this.#next.set(partition, offset + 1)
      await this.#done(partition, offset)
    }
  }

  /** In order from where it began; a record that was in hand when it threw comes again. */
  #check(partition: number, offset: number): void {
    const next = this.#next.get(partition)
    if (next === undefined) this.#group.began(partition, offset)
    else assert.equal(offset, next, `${this.#clientId}, the next offset of partition ${partition}`)
    this.#next.set(partition, offset)
  }

  #throw(): void {
    this.#group.counts.thrown++
    throw new Thrown('the application has failed')
  }

  /** With a record in hand that is not done, and for so long that all else is committed: cut off, or closed meanwhile. */
  async #end(): Promise<void> {
    const { cutOffMax, sever } = this.#options
    const { counts } = this.#group
    this.#isCutOff = counts.cutOff < cutOffMax
    if (this.#isCutOff) counts.cutOff++
    await sleep(3 * autoCommitIntervalMs)
    if (this.#isCutOff) sever(this.#clientId)
  }

  async #done(partition: number, offset: number): Promise<void> {
    this.#group.done(partition, offset)
    if (this.#options.commits !== 'by hand' || offset % commitEvery !== 0) return
    try {
      await this.consumer.commit()
    } catch (error) {
      throwUnfair(error)
      this.#group.counts.refusedCommits++
    }
  }
}
