/** Topics that clients of several makers write to and read from while something is done to them or to their broker. */
import assert from 'node:assert/strict'
import { untilRead } from './group.ts'
import { assertKept, assertOnce, partitions, readAll, untilProgress } from './kept.ts'
import { uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { canLoad, Load, type LoadName } from './load.ts'
import { Member, memberKinds } from './member.ts'
import { createTopic } from './topics.ts'

const idempotent: readonly LoadName[] = ['kafkajs', 'librdkafka', 'java', 'franz-go']
const plain: readonly LoadName[] = ['librdkafka', 'kafkajs']
const rate = 400
export const filledCount = 12_000

/** A topic with twelve megabytes, so that a copy of it takes a while. */
export async function filledTopic(prefix: string): Promise<string> {
  const topic = await createTopic({ prefix, partitions })
  await librdkafka('produce', { topic, count: filledCount, prefix: `${'x'.repeat(1000)}-`, idempotent: true })
  return topic
}

export class TopicsInUse {
  /** One is filled before, and plain producers share it; each idempotent one has a topic of its own. */
  readonly topics: string[] = []
  readonly #loads: Load[] = []
  #reader: Member | undefined

  /** Does the work, and then all must be there that was acknowledged, and have been read. Gives what happened. */
  static async during(work: (topics: TopicsInUse) => Promise<void>): Promise<string> {
    const topics = new TopicsInUse()
    try {
      await topics.#start()
      await topics.untilProgress()
      await work(topics)
      await topics.untilProgress()
      return await topics.#end()
    } finally {
      await topics.#reader?.kill()
      await Promise.all(topics.#loads.map((load) => load.kill()))
    }
  }

  readonly untilProgress = (): Promise<void> => untilProgress(this.#loads)

  async #start(): Promise<void> {
    const options = { rate, acks: -1, codec: 'none' } as const
    const filled = await filledTopic('filled')
    this.topics.push(filled)
    for (const [i, name] of plain.entries()) {
      this.#loads.push(await Load.start(name, { ...options, topic: filled, prefix: `${i}.`, idempotent: false }))
    }
    for (const name of idempotent.filter(canLoad)) {
      const topic = await createTopic({ prefix: 'once', partitions })
      this.topics.push(topic)
      this.#loads.push(await Load.start(name, { ...options, topic, prefix: '0.', idempotent: true }))
    }
    const kind = memberKinds['librdkafka, classic']
    assert.ok(kind)
    this.#reader = await Member.start(kind, { topic: filled, group: uniqueName('reader') })
  }

  async #end(): Promise<string> {
    await Promise.all(this.#loads.map((load) => load.stop()))
    const isOfFilled = (load: Load): boolean => load.options.topic === this.topics[0]
    const inFilled = this.#loads.filter(isOfFilled)
    assert.ok(this.#reader)
    await untilRead(
      [this.#reader],
      inFilled.flatMap(({ acknowledged }) => [...acknowledged.values()]),
    )
    assertKept(inFilled, await readAll(this.topics[0] ?? ''))
    for (const load of this.#loads) if (!isOfFilled(load)) assertOnce(load, await readAll(load.options.topic))
    const counts = this.#loads.map(
      ({ name, count, options }) => `${name}${options.idempotent ? ', once' : ''}: ${count}`,
    )
    return `${counts.join('; ')}; ${this.#reader.values.size} read`
  }
}
