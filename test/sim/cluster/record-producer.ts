/** A producer of one replicated topic: one batch after the other; where nobody knows what became of one, its values are not sent again. */
import { ErrorCode, produce } from '../../../src/protocol/index.ts'
import { buildBatch } from '../../../src/records/index.ts'
import { Unheard } from './calling-client.ts'
import type { ClusterWorld } from './cluster-world.ts'
import type { RecordHistory } from './record-history.ts'
import { type RecordClientOptions, TopicClient } from './topic-client.ts'

/** Of acks=all. */
const replicationMsMax = [2000, 12_000] as const
const valuesMax = 16

export class RecordProducer {
  readonly #cluster: ClusterWorld
  readonly #history: RecordHistory
  readonly #name: string
  readonly #client: TopicClient
  #count = 0

  constructor(options: RecordClientOptions) {
    this.#cluster = options.cluster
    this.#history = options.history
    this.#name = options.name
    this.#client = new TopicClient(options)
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#client.draw.exponential(this.#cluster.options.thinkMs / 3))
      try {
        await this.#send()
      } catch (error) {
        if (!(error instanceof Unheard)) throw error
        await this.#client.refresh()
      }
    }
    this.#client.close()
  }

  async #send(): Promise<void> {
    const { draw, partitions, named } = this.#client
    const { acks } = this.#history
    const partition = draw.below(partitions)
    const values = Array.from({ length: 1 + draw.below(valuesMax) }, () => `${this.#name}-${this.#count++}`)
    const records = buildBatch(values.map((value) => ({ value: Buffer.from(value), timestampMs: 0 })))
    for (const value of values) this.#history.send(value)
    const timeoutMs = replicationMsMax[draw.below(replicationMsMax.length)] ?? replicationMsMax[0]
    const topicData = [{ ...named, partitionData: [{ index: partition, records }] }]
    const reply = await this.#client.call(partition, produce, { acks, timeoutMs, topicData })
    const { errorCode, baseOffset = -1 } = reply.responses[0]?.partitionResponses[0] ?? {}
    if (errorCode !== ErrorCode.NONE) throw new Unheard(`error ${errorCode}`)
    this.#history.acknowledged(partition, baseOffset, values)
  }
}
