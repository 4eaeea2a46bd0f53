/**
 * The side of an incremental fetch session (KIP-227) that fetches, a follower or a consumer: a request names only what has changed since
 * the last one, and what is not fetched any more. Pure; once per fetch.
 *
 * A session begins with a request that names all (epoch 0); the leader gives it an id, or none where it has no place.
 */
import { getOrInsert, type Uuid } from '../base/index.ts'
import type { FetchRequest } from '../protocol/index.ts'

export type AskedPartition = FetchRequest['topics'][number]['partitions'][number]

/** What is to be fetched, by topic and partition. The topic's name is for servers that know no ids (before version 13). */
export type AskedPartitions = ReadonlyMap<
  string,
  { readonly topicId: Uuid; readonly topic?: string; readonly asked: AskedPartition }
>

export type SessionRequest = Pick<FetchRequest, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>

const noSession = 0
const initialEpoch = 0
const epochMax = 2 ** 31 - 1

type Entry = AskedPartitions extends ReadonlyMap<string, infer E> ? E : never

export class FetchSessionClient {
  #id = noSession
  #epoch = initialEpoch
  /** What the leader knows, by the key of `AskedPartitions`. */
  #known: AskedPartitions = new Map()

  request(wanted: AskedPartitions): SessionRequest {
    const known = this.#epoch === initialEpoch ? new Map<string, Entry>() : this.#known
    const news = [...wanted].filter(([key, entry]) => !isSame(known.get(key), entry)).map(([, entry]) => entry)
    const gone = [...known]
      .filter(([key, { topicId }]) => wanted.get(key)?.topicId !== topicId)
      .map(([, entry]) => entry)
    this.#known = wanted
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(news, ({ asked }) => asked),
      forgottenTopicsData: byTopic(gone, ({ asked }) => asked.partition),
    }
  }

  /** The leader has answered, without an error of the session's. */
  answered(sessionId: number): void {
    if (sessionId === noSession) this.reset()
    else {
      this.#id = sessionId
      this.#epoch = this.#epoch === epochMax ? 1 : this.#epoch + 1
    }
  }

  /** Nobody knows what the leader knows: the next request names all, and closes the session if it is still there. */
  reset(): void {
    this.#epoch = initialEpoch
    this.#known = new Map()
  }

  /** The leader knows no such session. */
  forget(): void {
    this.#id = noSession
    this.reset()
  }
}

function isSame(a: Entry | undefined, { topicId, asked: b }: Entry): boolean {
  return (
    a !== undefined &&
    a.topicId === topicId &&
    a.asked.fetchOffset === b.fetchOffset &&
    a.asked.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.asked.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.asked.logStartOffset === b.logStartOffset &&
    a.asked.partitionMaxBytes === b.partitionMaxBytes
  )
}

interface OfTopic<T> {
  readonly topic: string
  readonly topicId: Uuid
  readonly partitions: T[]
}

function byTopic<T>(entries: readonly Entry[], of: (entry: Entry) => T): OfTopic<T>[] {
  const topics = new Map<string, OfTopic<T>>()
  for (const entry of entries) {
    const { topic = '', topicId } = entry
    getOrInsert(topics, topicId + topic, () => ({ topic, topicId, partitions: [] })).partitions.push(of(entry))
  }
  return [...topics.values()]
}
