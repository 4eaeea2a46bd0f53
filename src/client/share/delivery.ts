/** Records of one partition that a broker has given this consumer for a while, and each of them in the application's hands. */
import type { Uuid } from '../../base/index.ts'
import type { Bytes } from '../consumer/assigned-partition.ts'
import type { ConsumedHeader, ConsumedRecord } from '../consumer/consumed-record.ts'
import { KafkaError } from '../kafka-error.ts'
import { AcknowledgeType } from './acknowledgements.ts'
import type { DeliveredRecord } from './acquired-records.ts'
import type { AcknowledgedPartition, Renewed } from './pending-acknowledgement.ts'

export interface ShareRecord<K, V, Topic extends string = string> extends ConsumedRecord<K, V, Topic> {
  /** How often it was acquired, by whichever consumer of the group, this time included: 1 the first time. */
  readonly deliveryCount: number
  /** It is done. Throws KafkaError `INVALID_RECORD_STATE` where something was said of it before, other than `renew`. */
  accept(): void
  /** Not now: the group delivers it again, unless it was delivered `group.share.delivery.count.limit` times. Throws as `accept`. */
  release(): void
  /** Never: it is not delivered any more. Throws as `accept`. */
  reject(): void
  /** More time for it: the lock begins anew, as soon as the broker hears of it (KIP-1222, brokers from 4.2 on). Throws as `accept`. */
  renew(): void
}

export interface Said {
  readonly offset: number
  readonly type: AcknowledgeType
  readonly lockedUntilMs: number
  readonly renewed?: Renewed
}

/** What is done of a delivery's records, told by those. */
export interface DeliveryOwner {
  readonly brokerId: number
  /** Whether it is the broker's word yet that they are this consumer's. */
  isHeld(delivery: Delivery): boolean
  /** `lockedUntilMs`, by the monotonic clock: later it is in vain, and may be about somebody else's delivery. */
  readonly say: (delivery: Delivery, said: Said) => void
}

interface DeliveryOptions extends AcknowledgedPartition {
  readonly owner: DeliveryOwner
  /** The session in which they were acquired. */
  readonly session: object
  /** By the monotonic clock. */
  readonly atMs: number
  /** So long from then on, or from when it is renewed, nobody else has them. */
  readonly lockMs: number
  readonly records: readonly DeliveredRecord[]
}

export class Delivery implements AcknowledgedPartition {
  readonly owner: DeliveryOwner
  readonly session: object
  readonly topic: string
  readonly topicId: Uuid
  readonly partition: number
  readonly lockMs: number
  /** By the monotonic clock: then somebody else may have what was not handed out. */
  lockedUntilMs: number
  /** The locks of what is not handed out are to be renewed then, once. */
  renewAtMs: number
  readonly #records: readonly DeliveredRecord[]
  #at = 0

  constructor({ owner, session, topic, topicId, partition, atMs, lockMs, records }: DeliveryOptions) {
    this.owner = owner
    this.session = session
    this.topic = topic
    this.topicId = topicId
    this.partition = partition
    this.lockMs = lockMs
    this.lockedUntilMs = atMs + lockMs
    this.renewAtMs = atMs + lockMs / 2
    this.#records = records
  }

  get isHeld(): boolean {
    return this.owner.isHeld(this)
  }

  /** Not handed out yet. */
  get left(): readonly DeliveredRecord[] {
    return this.#records.slice(this.#at)
  }

  /** More time for all that is not handed out. */
  renew(): void {
    this.renewAtMs = Number.POSITIVE_INFINITY
    const until = (lockedUntilMs: number): void => {
      this.lockedUntilMs = lockedUntilMs
      this.renewAtMs = lockedUntilMs - this.lockMs / 2
    }
    const said = { type: AcknowledgeType.renew, lockedUntilMs: this.lockedUntilMs, renewed: { until, isUnasked: true } }
    for (const { offset } of this.left) this.owner.say(this, { ...said, offset })
  }

  /** Those that are not handed out are somebody else's. */
  giveBack(): void {
    const said = { type: AcknowledgeType.release, lockedUntilMs: this.lockedUntilMs }
    for (const { offset } of this.left) this.owner.say(this, { ...said, offset })
    this.#at = this.#records.length
  }

  /** Of those that were taken last, that at `offset` and all behind it are not. Returns how many. */
  putBack(offset: number): number {
    const before = this.#at
    this.#at = Math.min(
      before,
      this.#records.findIndex((record) => record.offset === offset),
    )
    return before - this.#at
  }

  take(): AcquiredRecord | undefined {
    const record = this.#records[this.#at]
    if (record === undefined) return undefined
    this.#at++
    return new AcquiredRecord(this, record)
  }
}

export class AcquiredRecord implements ShareRecord<Bytes, Bytes> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly timestampType: DeliveredRecord['timestampType']
  readonly leaderEpoch: number
  readonly key: Bytes
  readonly value: Bytes
  readonly headers: readonly ConsumedHeader[]
  readonly deliveryCount: number
  readonly #delivery: Delivery
  #lockedUntilMs: number
  #isSaid = false

  constructor(delivery: Delivery, record: DeliveredRecord) {
    this.topic = record.topic
    this.partition = record.partition
    this.offset = record.offset
    this.timestampMs = record.timestampMs
    this.timestampType = record.timestampType
    this.leaderEpoch = record.leaderEpoch
    this.key = record.key
    this.value = record.value
    this.headers = record.headers
    this.deliveryCount = record.deliveryCount
    this.#delivery = delivery
    this.#lockedUntilMs = delivery.lockedUntilMs
  }

  get delivery(): Delivery {
    return this.#delivery
  }

  /** The last word of it was said. */
  get isSaid(): boolean {
    return this.#isSaid
  }

  accept(): void {
    this.#say(AcknowledgeType.accept)
  }

  release(): void {
    this.#say(AcknowledgeType.release)
  }

  reject(): void {
    this.#say(AcknowledgeType.reject)
  }

  renew(): void {
    this.#say(AcknowledgeType.renew)
  }

  #say(type: AcknowledgeType): void {
    const { topic, partition, offset } = this
    if (this.#isSaid) {
      throw new KafkaError('INVALID_RECORD_STATE', `${topic}-${partition}: offset ${offset} was acknowledged before`)
    }
    if (type !== AcknowledgeType.renew) this.#isSaid = true
    const until = (lockedUntilMs: number): void => {
      this.#lockedUntilMs = lockedUntilMs
    }
    const renewed = type === AcknowledgeType.renew ? { until } : {}
    this.#delivery.owner.say(this.#delivery, { offset, type, lockedUntilMs: this.#lockedUntilMs, renewed })
  }
}

/** A record that was acquired, with what its key and its value were decoded to. */
export class TypedShareRecord implements ShareRecord<unknown, unknown> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly timestampType: DeliveredRecord['timestampType']
  readonly leaderEpoch: number
  readonly key: unknown
  readonly value: unknown
  readonly headers: readonly ConsumedHeader[]
  readonly deliveryCount: number
  readonly #acquired: AcquiredRecord

  constructor(acquired: AcquiredRecord, decoded: ConsumedRecord<unknown, unknown>) {
    this.topic = acquired.topic
    this.partition = acquired.partition
    this.offset = acquired.offset
    this.timestampMs = acquired.timestampMs
    this.timestampType = acquired.timestampType
    this.leaderEpoch = acquired.leaderEpoch
    this.key = decoded.key
    this.value = decoded.value
    this.headers = acquired.headers
    this.deliveryCount = acquired.deliveryCount
    this.#acquired = acquired
  }

  accept(): void {
    this.#acquired.accept()
  }

  release(): void {
    this.#acquired.release()
  }

  reject(): void {
    this.#acquired.reject()
  }

  renew(): void {
    this.#acquired.renew()
  }
}
