/** What is to be read, and is not there: it is waited for, and told of once. */
import type { Logger } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import type { TopicPartition } from './assignors/assignor.ts'

export class Missing {
  readonly #logger: Logger
  readonly #makesTopics: boolean
  readonly #told = new Set<string>()

  /** `makesTopics`: one that is asked for is made, and so no topic is missing. */
  constructor(logger: Logger, makesTopics: boolean) {
    this.#logger = logger
    this.#makesTopics = makesTopics
  }

  /** What was told of, has come, and is gone again is told of anew. */
  look(view: ClusterView, topics: readonly string[], partitions: readonly TopicPartition[]): void {
    for (const topic of new Set([...topics, ...partitions.map((it) => it.topic)])) {
      const isMissing = !this.#makesTopics && view.failed.get(topic) === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      this.#see(topic, isMissing, () => `topic '${topic}' is not there: it is waited for`)
    }
    for (const { topic, partition } of partitions) {
      const known = view.topics.get(topic)?.partitions
      const text = (): string => `topic '${topic}' has ${known?.length} partitions: ${partition} is waited for`
      this.#see(`${topic} ${partition}`, known !== undefined && known[partition] === undefined, text)
    }
  }

  #see(name: string, isMissing: boolean, text: () => string): void {
    if (!isMissing) this.#told.delete(name)
    else if (!this.#told.has(name)) {
      this.#told.add(name)
      this.#logger.log('warn', text())
    }
  }
}
