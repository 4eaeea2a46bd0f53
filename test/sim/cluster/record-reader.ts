/** Reads what is committed of one replicated topic, from the first record on; now and then again from some offset that it has had. */
import assert from 'node:assert/strict'
import { ErrorCode, fetch } from '../../../src/protocol/index.ts'
import { BatchCursor, readRecords } from '../../../src/records/index.ts'
import { Unheard } from './calling-client.ts'
import type { ClusterWorld } from './cluster-world.ts'
import type { RecordHistory } from './record-history.ts'
import { type RecordClientOptions, TopicClient } from './topic-client.ts'

const bytesMax = 1_000_000
/** Of so many fetches one goes back. */
const readsPerReturn = 20

interface RecordReaderOptions extends RecordClientOptions {
  /** From whom it happens upon, leader or follower (KIP-392), instead of leaders alone. */
  readonly isRoaming?: boolean
}

export class RecordReader {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #client: TopicClient
  readonly #nextOffsets: number[] = []
  readonly #isRoaming: boolean

  constructor(options: RecordReaderOptions) {
    this.#isRoaming = options.isRoaming ?? false
    this.#cluster = options.cluster
    this.#history = options.history
    this.#client = new TopicClient(options)
  }

  async run(isOver: () => boolean): Promise<void> {
    const { draw } = this.#client
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(draw.exponential(this.#cluster.options.thinkMs))
      const partition = draw.below(this.#client.partitions)
      if (draw.below(readsPerReturn) === 0) this.#goBack(partition)
      try {
        if (!(await this.#readOn(partition))) await this.#client.refresh()
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
        await this.#client.refresh()
      }
    }
    this.#client.close()
  }

  #goBack(partition: number): void {
    const next = this.#nextOffsets[partition] ?? 0
    this.#nextOffsets[partition] = this.#client.draw.below(next + 1)
  }

  /** One fetch; false where it was refused. Throws Unheard. */
  async #readOn(partition: number): Promise<boolean> {
    const fetchOffset = this.#nextOffsets[partition] ?? 0
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: bytesMax }]
    const topics = [{ ...this.#client.named, partitions }]
    const request = { maxBytes: bytesMax, maxWaitMs: 0, topics }
    const reply = this.#isRoaming
      ? await this.#client.ask(this.#client.anyBroker(), fetch, request)
      : await this.#client.call(partition, fetch, request)
    const { errorCode, records, highWatermark = 0 } = reply.responses[0]?.partitions[0] ?? {}
    if (reply.errorCode !== ErrorCode.NONE || errorCode !== ErrorCode.NONE) return false
    for (const [offset, value] of valuesIn(records instanceof Uint8Array ? records : new Uint8Array(0))) {
      assert.ok(offset < highWatermark, `${partition}:${offset} was read behind the high watermark ${highWatermark}`)
      if (offset < fetchOffset) continue
      this.#history.read(partition, offset, value)
      this.#nextOffsets[partition] = offset + 1
    }
    return true
  }
}

/** By offset. */
export function valuesIn(records: Uint8Array): ReadonlyMap<number, string> {
  const values = new Map<number, string>()
  const cursor = new BatchCursor(records, 0, records.length)
  while (cursor.next()) {
    for (const { offset, value } of readRecords(records.subarray(cursor.position), 0, bytesMax)) {
      values.set(offset, Buffer.from(value ?? []).toString())
    }
  }
  return values
}
