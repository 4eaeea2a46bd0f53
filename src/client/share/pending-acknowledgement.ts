/** What was said of records of one partition, from when it is said until it is known what became of it. */
import type { Uuid } from '../../base/index.ts'
import type { KafkaError } from '../kafka-error.ts'
import { type AcknowledgedRange, AcknowledgeType, coalesced } from './acknowledgements.ts'
import type { SharePartition } from './share-session.ts'

/** In one word, as the methods of a record. */
export type Acknowledgement = 'accept' | 'release' | 'reject' | 'renew'

export interface Acknowledged {
  readonly topic: string
  readonly partition: number
  /** By offset; `lastOffset` is included. */
  readonly ranges: readonly {
    readonly firstOffset: number
    readonly lastOffset: number
    readonly acknowledgement: Acknowledgement
  }[]
  /**
   * Undefined: the broker has done it. Else the records are, or will be, delivered again, with the exception of a renewal, where they are
   * this consumer's for as long as before. `NETWORK`: it is not known. `INVALID_RECORD_STATE`: the lock had run out. `NOT_LEADER_OR_FOLLOWER`, `SHARE_SESSION_NOT_FOUND`: who had given them out does so no more.
   */
  readonly error: KafkaError | undefined
}

export interface AcknowledgedPartition extends SharePartition {
  readonly topic: string
}

export interface Renewed {
  /** Hears until when the lock is held now. */
  readonly until?: (lockedUntilMs: number) => void
  /** The application has not asked for it, and hears nothing of it. */
  readonly isUnasked?: boolean
}

interface Entry {
  readonly range: AcknowledgedRange
  readonly renewed: Renewed
}

const names: Readonly<Record<number, Acknowledgement>> = {
  [AcknowledgeType.accept]: 'accept',
  [AcknowledgeType.release]: 'release',
  [AcknowledgeType.reject]: 'reject',
  [AcknowledgeType.renew]: 'renew',
}

export class PendingAcknowledgement implements AcknowledgedPartition {
  readonly topic: string
  readonly topicId: Uuid
  readonly partition: number
  /** By the monotonic clock. */
  readonly sinceMs: number
  /** Times that it was sent in vain. */
  attempts = 0
  /** Known before it is sent: it need not be. */
  verdict: KafkaError | undefined
  /** It goes without others of its partition, or nobody knew whose fault it is that they fail. */
  isAlone = false
  #renews = false
  readonly #entries = new Map<number, Entry>()
  readonly #settled = Promise.withResolvers<readonly Acknowledged[]>()

  constructor({ topic, topicId, partition }: AcknowledgedPartition, sinceMs: number) {
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.sinceMs = sinceMs
  }

  /** Of offsets of which something was said before, this counts: they begin at the same one. */
  add(range: AcknowledgedRange, renewed: Renewed = {}): void {
    this.#entries.set(range.firstOffset, { range, renewed })
    this.#renews ||= range.type === AcknowledgeType.renew
  }

  /** Two halves, that settle it; undefined where there is nothing to divide. */
  halves(): readonly PendingAcknowledgement[] | undefined {
    const entries = [...this.#entries.values()].sort((a, b) => a.range.firstOffset - b.range.firstOffset)
    if (entries.length < 2) return undefined
    const at = Math.ceil(entries.length / 2)
    const halves = [entries.slice(0, at), entries.slice(at)].map((some) => {
      const half = new PendingAcknowledgement(this, this.sinceMs)
      half.isAlone = true
      for (const { range, renewed } of some) half.add(range, renewed)
      return half
    })
    this.#settled.resolve(Promise.all(halves.map(({ settled }) => settled)).then((results) => results.flat()))
    return halves
  }

  get ranges(): readonly AcknowledgedRange[] {
    return [...this.#entries.values()].map(({ range }) => range)
  }

  /** A renewal is, or was, among it. */
  get renews(): boolean {
    return this.#renews
  }

  get settled(): Promise<readonly Acknowledged[]> {
    return this.#settled.promise
  }

  /** Returns what the application has said, and nothing but that. */
  settle(error: KafkaError | undefined, lockedUntilMs: number): Acknowledged {
    if (error === undefined) for (const { renewed } of this.#entries.values()) renewed.until?.(lockedUntilMs)
    const said = [...this.#entries.values()].filter(({ renewed }) => renewed.isUnasked !== true)
    const ranges = coalesced(said.map(({ range }) => range)).flatMap(({ firstOffset, lastOffset, type }) => {
      const acknowledgement = names[type]
      return acknowledgement === undefined ? [] : [{ firstOffset, lastOffset, acknowledgement }]
    })
    const result = { topic: this.topic, partition: this.partition, ranges, error }
    this.#settled.resolve([result])
    return result
  }
}

/** What is to be sent of several, the later of which count. */
export function merged(pending: readonly PendingAcknowledgement[]): AcknowledgedRange[] {
  const byOffset = new Map<number, AcknowledgedRange>()
  for (const { ranges } of pending) for (const range of ranges) byOffset.set(range.firstOffset, range)
  return coalesced(byOffset.values())
}
