/** Producers of a simulated node: one that sends each batch once, and one that is idempotent and sends until it knows. */
import assert from 'node:assert/strict'
import { ErrorCode, initProducerId, produce } from '../../src/protocol/index.ts'
import { type BatchOptions, buildBatch } from '../../src/records/index.ts'
import type { SeededStream } from '../../src/sim/index.ts'
import { isGone, type Line, type NodeWorld, Refused } from './node-world.ts'
import { type Observation, padded } from './observation.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
}

export const keyOf = ({ topic, partition }: Place): string => `${topic}-${partition}`

export interface TaskOptions {
  readonly name: string
  readonly node: NodeWorld
  readonly draw: SeededStream
  readonly see: (observation: Observation) => void
  readonly isOver: () => boolean
}

/** How a producer sends; a batch of large records lets segments roll. */
class Batches {
  readonly #options: TaskOptions
  #count = 0

  constructor(options: TaskOptions) {
    this.#options = options
  }

  values(): string[] {
    const { name, draw } = this.#options
    return Array.from({ length: 1 + draw.below(4) }, () => `${name}:${this.#count++}`)
  }

  bytes(values: readonly string[], options: BatchOptions = {}): Buffer {
    const { draw, node } = this.#options
    const sizeInBytes = draw.below(8) === 0 ? draw.below(60_000) : draw.below(400)
    const timestampMs = node.clientEnv.clock.now()
    const records = values.map((value) => ({ timestampMs, key: null, value: padded(value, sizeInBytes) }))
    return buildBatch(records, options)
  }
}

interface Batch {
  readonly place: Place
  readonly acks: number
  readonly records: Uint8Array
}

/** Throws Refused. */
async function send(node: NodeWorld, { wire }: Line, { place, acks, records }: Batch) {
  const topicData = [{ name: place.topic, partitionData: [{ index: place.partition, records }] }]
  const reply = await wire.call(produce, { acks, timeoutMs: 5000, topicData }, 12)
  const answer = reply.responses[0]?.partitionResponses[0]
  assert.ok(answer)
  if (answer.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER && node.isStopping) throw new Refused()
  return answer
}

/** Sends with any `acks`, to any of the places. */
export async function plainProducer(options: TaskOptions, places: readonly Place[]): Promise<void> {
  const { node, draw, see, isOver } = options
  const batches = new Batches(options)
  let line = await node.connect()
  while (!isOver()) {
    const place = places[draw.below(places.length)]
    assert.ok(place)
    const acks = [-1, 1, 1, 0][draw.below(4)] ?? 1
    const key = keyOf(place)
    const values = batches.values()
    const records = batches.bytes(values)
    see({ kind: 'sent', key, values })
    try {
      if (line.wire.isClosed) line = await node.connect()
      if (acks === 0) {
        const topicData = [{ name: place.topic, partitionData: [{ index: place.partition, records }] }]
        line.wire.send(produce, { acks, timeoutMs: 5000, topicData }, 12)
      } else {
        const { errorCode, baseOffset } = await send(node, line, { place, acks, records })
        assert.equal(errorCode, ErrorCode.NONE, `${key}: a good batch is taken`)
        see({ kind: 'acknowledged', key, source: line, baseOffset, values })
      }
    } catch (error) {
      if (!isGone(error)) throw error
    }
    await node.sleep(draw.exponential(60))
  }
}

interface InFlight {
  readonly values: readonly string[]
  readonly records: Buffer
}

const inFlightMax = 5

/** Up to five batches in flight; who knows nothing of a batch sends it again, and all behind it. */
export class IdempotentProducer {
  readonly #options: TaskOptions
  readonly #place: Place
  readonly #key: string
  readonly #batches: Batches
  #producer: { readonly producerId: number; readonly producerEpoch: number; readonly life: number } | undefined
  #sequence = 0
  #inFlight: InFlight[] = []
  #line: Line | undefined
  retries = 0

  constructor(options: TaskOptions, place: Place) {
    this.#options = options
    this.#place = place
    this.#key = keyOf(place)
    this.#batches = new Batches(options)
  }

  async run(): Promise<void> {
    const { node, draw, isOver } = this.#options
    // To the end of what is in flight: nothing of it stays unknown.
    while (!isOver() || this.#inFlight.length > 0) {
      try {
        if (this.#line === undefined || this.#line.wire.isClosed) this.#line = await node.connect()
        await this.#begin(this.#line)
        if (!isOver()) this.#fill(1 + draw.below(inFlightMax))
        await this.#sendAll(this.#line)
      } catch (error) {
        if (!isGone(error)) throw error
        this.retries++
      }
      await node.sleep(draw.exponential(60))
    }
  }

  async #begin({ wire, life }: Line): Promise<void> {
    if (this.#producer !== undefined) return
    const { producerId, producerEpoch, errorCode } = await wire.call(initProducerId, { transactionalId: null })
    // As Kafka, while the next block of ids is on its way.
    if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) throw new Refused()
    assert.equal(errorCode, ErrorCode.NONE)
    this.#options.see({ kind: 'producer', producerId, producerEpoch })
    this.#producer = { producerId, producerEpoch, life }
    this.#sequence = 0
    this.#inFlight = []
  }

  #fill(count: number): void {
    assert.ok(this.#producer)
    const { producerId, producerEpoch } = this.#producer
    while (this.#inFlight.length < count) {
      const values = this.#batches.values()
      const records = this.#batches.bytes(values, { producerId, producerEpoch, baseSequence: this.#sequence })
      this.#sequence += values.length
      this.#inFlight.push({ values, records })
      this.#options.see({ kind: 'sent', key: this.#key, values })
    }
  }

  async #sendAll(line: Line): Promise<void> {
    const acks = this.#options.draw.below(2) === 0 ? -1 : 1
    const place = this.#place
    const replies = this.#inFlight.map(({ records }) => send(this.#options.node, line, { place, acks, records }))
    const settled = await Promise.allSettled(replies)
    for (const result of settled) {
      if (result.status === 'rejected') throw result.reason
      const { errorCode, baseOffset } = result.value
      const [first] = this.#inFlight
      if (errorCode !== ErrorCode.NONE) {
        this.#refused(line, errorCode)
        return
      }
      assert.ok(first)
      this.#inFlight.shift()
      this.#options.see({ kind: 'acknowledged', key: this.#key, source: line, baseOffset, values: first.values })
    }
  }

  /** After a cut of power the node may know less than it has acknowledged; never otherwise. */
  #refused({ life }: Line, errorCode: number): void {
    const isOfSequences =
      errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER || errorCode === ErrorCode.UNKNOWN_PRODUCER_ID
    assert.ok(
      isOfSequences && life !== this.#producer?.life,
      `${this.#key}: a batch in order was answered ${errorCode}`,
    )
    this.#producer = undefined
  }
}
