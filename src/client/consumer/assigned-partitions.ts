/** All that one consumer reads, by name. Of those that are being given up nothing more is handed out. */
import { AssignedPartition } from './assigned-partition.ts'
import type { TopicPartition } from './assignors/assignor.ts'

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

export class AssignedPartitions {
  readonly #all = new Map<string, AssignedPartition>()
  /** The same, for who asks with each record. */
  readonly #there = new Set<AssignedPartition>()
  readonly #leaving = new Set<AssignedPartition>()

  get all(): Iterable<AssignedPartition> {
    return this.#all.values()
  }

  get size(): number {
    return this.#all.size
  }

  get names(): readonly TopicPartition[] {
    return [...this.all].map(({ topic, partition }) => ({ topic, partition }))
  }

  get(partition: TopicPartition): AssignedPartition | undefined {
    return this.#all.get(nameOf(partition))
  }

  /** It may have been taken away, and given again: then it is another one. */
  has(partition: AssignedPartition): boolean {
    return this.#there.has(partition)
  }

  isOffered(partition: AssignedPartition): boolean {
    return this.has(partition) && !this.#leaving.has(partition)
  }

  add(partitions: readonly TopicPartition[]): readonly AssignedPartition[] {
    const news = partitions.map(({ topic, partition }) => new AssignedPartition(topic, partition))
    for (const each of news) {
      const before = this.get(each)
      if (before !== undefined) this.#there.delete(before)
      this.#all.set(nameOf(each), each)
      this.#there.add(each)
    }
    return news
  }

  /** These and no others; those that are there stay. Returns the new ones and those that have gone. */
  replace(partitions: readonly TopicPartition[]): {
    readonly news: readonly AssignedPartition[]
    readonly gone: readonly AssignedPartition[]
  } {
    const wanted = new Map(partitions.map((each) => [nameOf(each), each]))
    const gone = [...this.#all].filter(([name]) => !wanted.has(name)).map(([, partition]) => partition)
    const news = [...wanted].filter(([name]) => !this.#all.has(name)).map(([, partition]) => partition)
    this.drop(gone)
    return { news: this.add(news), gone }
  }

  /** Nothing more is handed out of these, which are about to be dropped. Returns those of which that was not known yet. */
  leave(partitions: readonly TopicPartition[]): ReadonlySet<AssignedPartition> {
    const there = partitions.flatMap((each) => this.get(each) ?? [])
    const leaving = new Set(there.filter((each) => !this.#leaving.has(each)))
    for (const partition of leaving) this.#leaving.add(partition)
    return leaving
  }

  drop(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) {
      const assigned = this.get(each)
      if (assigned === undefined) continue
      this.#leaving.delete(assigned)
      this.#all.delete(nameOf(each))
      this.#there.delete(assigned)
    }
  }
}
