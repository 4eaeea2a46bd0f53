/**
 * A record each 20 ms to one partition, acks=all, on a connection to whomever Metadata name as its leader. It waits for no reply, and
 * gives nothing up: a leader that was held up is still listened to when another one leads, and what it acknowledges then counts.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../src/env/index.ts'
import { ErrorCode, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import type { Sent } from '../history.ts'
import { Wire } from '../wire.ts'
import type { ClusterNode } from './cluster.ts'
import type { LeaderWatch } from './leader-watch.ts'

const pauseMs = 20
/** By names, not by ids of topics. */
const version = 12
/** Of records that one leader has not answered yet. */
const inFlightMax = 2000
const { network } = createEnv()

interface Line {
  readonly wire: Wire
  /** Of the leader, in whose epoch it was begun. */
  readonly epoch: number
  inFlight: number
}

interface Place {
  readonly topic: string
  readonly partition: number
}

export interface SteadyProducerOptions extends Place {
  readonly nodes: readonly ClusterNode[]
  readonly watch: LeaderWatch
}

export class SteadyProducer {
  readonly acknowledged: Sent[] = []
  readonly #options: SteadyProducerOptions
  readonly #lines: Line[] = []
  /** When acknowledgements came. */
  readonly #timesMs: number[] = []
  readonly #ended: Promise<void>
  #sent = 0
  #refused = 0
  #late = 0
  #isOver = false

  constructor(options: SteadyProducerOptions) {
    this.#options = options
    this.#ended = this.#run()
  }

  get partition(): number {
    return this.#options.partition
  }

  /** Acknowledged by a leader that was none any more, as far as this client had learnt. */
  get lateCount(): number {
    return this.#late
  }

  /** The longest time without an acknowledgement that ended, or goes on, after `sinceMs` of the monotonic clock. */
  longestGapMs(sinceMs: number): number {
    const times = [...this.#timesMs, performance.now()]
    let longest = 0
    for (let i = times.length - 1; i > 0 && (times[i] ?? 0) > sinceMs; i--) {
      longest = Math.max(longest, (times[i] ?? 0) - (times[i - 1] ?? 0))
    }
    return longest
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#ended
    for (const { wire } of this.#lines) wire.destroy()
  }

  toString(): string {
    const { topic, partition } = this.#options
    const counts = `${this.acknowledged.length} acknowledged, ${this.#refused} refused, ${this.#late} late`
    return `${topic}-${partition}: ${this.#sent} sent, ${counts}`
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const line = await this.#line()
      if (line !== undefined && line.inFlight < inFlightMax) this.#send(line)
      await delay(pauseMs)
    }
  }

  /** To the present leader; undefined while there is none that can be reached. */
  async #line(): Promise<Line | undefined> {
    const { topic, partition, nodes, watch } = this.#options
    const led = watch.leaderOf(topic, partition)
    const last = this.#lines.at(-1)
    if (led === undefined) return undefined
    if (last?.epoch === led.epoch && !last.wire.isClosed) return last
    const port = nodes.find(({ id }) => id === led.leader)?.ports.broker ?? 0
    try {
      const line = { wire: await Wire.connect(network, '127.0.0.1', port), epoch: led.epoch, inFlight: 0 }
      this.#lines.push(line)
      return line
    } catch (error) {
      // The leader is gone, and nobody has told yet.
      if (error instanceof Error && 'code' in error) return undefined
      throw error
    }
  }

  #send(line: Line): void {
    const value = `${this.partition}.${this.#sent++}`
    line.inFlight += 1
    this.#produce(line.wire, value).then(
      (offset) => {
        line.inFlight -= 1
        if (offset === undefined) this.#refused += 1
        else this.#acknowledge(line, { partition: this.partition, offset, value })
      },
      // Closed on the way: of the record nothing is known.
      () => {
        line.inFlight -= 1
      },
    )
  }

  /** Its offset; undefined if it was refused. */
  async #produce(wire: Wire, value: string): Promise<number | undefined> {
    const { topic, partition } = this.#options
    const records = buildBatch([{ timestampMs: Date.now(), key: null, value: Buffer.from(value) }])
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const reply = await wire.call(produce, { acks: -1, timeoutMs: 30_000, topicData }, version)
    const answer = reply.responses[0]?.partitionResponses[0]
    return answer?.errorCode === ErrorCode.NONE ? answer.baseOffset : undefined
  }

  #acknowledge(line: Line, sent: Sent): void {
    this.acknowledged.push(sent)
    this.#timesMs.push(performance.now())
    if (line !== this.#lines.at(-1)) this.#late += 1
  }
}
