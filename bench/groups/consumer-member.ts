/**
 * A member of a KIP-848 group, as Kafka's consumer behaves: a connection of its own, a heartbeat at once where it has
 * something to tell (it joins, or owns other partitions than before), else one after each interval, with nothing in it
 * that has not changed. What is taken from it, it gives up within the turn: callbacks of users cost both brokers the same.
 */
import { randomBytes } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import type { Uuid } from '../../src/base/index.ts'
import { consumerGroupHeartbeat as api, type ConsumerGroupHeartbeatResponse } from '../../src/protocol/index.ts'
import { readReply, requestFrame } from '../../test/wire.ts'

export interface MemberOptions {
  readonly port: number
  readonly groupId: string
  readonly topic: string
  readonly topicId: Uuid
  readonly onGivenUp: (partition: number) => void
  readonly onTaken: (partition: number) => void
  /** After each reply that leaves the member with nothing to tell. */
  readonly onSettled: () => void
  readonly onFailure: (error: Error) => void
}

const version = 1
const rebalanceTimeoutMs = 300_000
const leaveEpoch = -1
const retryMs = 100
/** The coordinator is loading, or not here yet. */
const notYet = new Set([14, 15, 16])

export class ConsumerMember {
  readonly memberId = randomBytes(16).toString('base64url')
  readonly #options: MemberOptions
  readonly #socket: Socket
  #held: Buffer = Buffer.alloc(0)
  #timer: NodeJS.Timeout | undefined
  #sentMs = 0
  #owned: ReadonlySet<number> = new Set()
  #left: (() => void) | undefined
  #isPaused = false
  epoch = 0
  heartbeats = 0

  static async connect(options: MemberOptions): Promise<ConsumerMember> {
    const socket = createConnection({ host: '127.0.0.1', port: options.port, noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new ConsumerMember(options, socket)
  }

  private constructor(options: MemberOptions, socket: Socket) {
    this.#options = options
    this.#socket = socket
    socket.on('data', (bytes) => this.#received(bytes))
    socket.on('error', options.onFailure)
    socket.on('close', () => this.#left?.() ?? options.onFailure(new Error('the broker closed a connection')))
  }

  get owned(): ReadonlySet<number> {
    return this.#owned
  }

  join(): void {
    const subscribedTopicNames = [this.#options.topic]
    this.#send({ memberEpoch: 0, rebalanceTimeoutMs, subscribedTopicNames, topicPartitions: [] })
  }

  /** Another heartbeats in its name from now on. */
  pause(): void {
    this.#isPaused = true
    clearTimeout(this.#timer)
  }

  /** Not while a heartbeat is under way. */
  async leave(): Promise<void> {
    this.pause()
    const left = new Promise<void>((resolve) => {
      this.#left = resolve
    })
    this.#send({ memberEpoch: leaveEpoch })
    await left
    this.#socket.destroy()
  }

  #send(request: Omit<Parameters<typeof api.request.create>[0], 'groupId' | 'memberId'>): void {
    clearTimeout(this.#timer)
    this.#sentMs = Date.now()
    this.heartbeats++
    const whole = { groupId: this.#options.groupId, memberId: this.memberId, ...request }
    this.#socket.write(requestFrame(api, { version, request: whole, clientId: 'bench' }))
  }

  #received(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    if (this.#held.length < 4 || this.#held.length < 4 + this.#held.readInt32BE(0)) return
    const frame = this.#held.subarray(4, 4 + this.#held.readInt32BE(0))
    this.#held = this.#held.subarray(4 + frame.length)
    this.#answered(readReply(api, frame, version))
  }

  #answered(reply: ConsumerGroupHeartbeatResponse): void {
    if (this.#left !== undefined) this.#left()
    else if (notYet.has(reply.errorCode) && this.epoch === 0) this.#timer = setTimeout(() => this.join(), retryMs)
    else if (reply.errorCode === 0) this.#follow(reply)
    else {
      const why = `${reply.errorCode}: ${reply.errorMessage}`
      this.#options.onFailure(new Error(`ConsumerGroupHeartbeat was answered with error ${why}`))
    }
  }

  #follow(reply: ConsumerGroupHeartbeatResponse): void {
    this.epoch = reply.memberEpoch
    if (reply.assignment !== null && this.#reconcile(reply.assignment.topicPartitions)) {
      const topicPartitions = [{ topicId: this.#options.topicId, partitions: [...this.#owned] }]
      this.#send({ memberEpoch: this.epoch, topicPartitions: this.#owned.size === 0 ? [] : topicPartitions })
      return
    }
    const dueMs = this.#sentMs + reply.heartbeatIntervalMs
    if (!this.#isPaused) this.#timer = setTimeout(() => this.#send({ memberEpoch: this.epoch }), dueMs - Date.now())
    this.#options.onSettled()
  }

  /** Whether it owns other partitions than before. */
  #reconcile(assigned: readonly { readonly partitions: readonly number[] }[]): boolean {
    const wanted = new Set(assigned.flatMap(({ partitions }) => partitions))
    const givenUp = [...this.#owned].filter((partition) => !wanted.has(partition))
    const taken = [...wanted].filter((partition) => !this.#owned.has(partition))
    this.#owned = wanted
    for (const partition of givenUp) this.#options.onGivenUp(partition)
    for (const partition of taken) this.#options.onTaken(partition)
    return givenUp.length + taken.length > 0
  }
}
