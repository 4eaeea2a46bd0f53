/** A KIP-848 group from the first join until each member's epoch is the group's and each partition has its one owner. */
import type { Uuid } from '../../src/base/index.ts'
import { consumerGroupDescribe } from '../../src/protocol/index.ts'
import { onWire } from '../admin.ts'
import { ConsumerMember } from './consumer-member.ts'

export interface GroupOptions {
  readonly port: number
  readonly groupId: string
  readonly memberCount: number
  readonly topic: { readonly name: string; readonly id: Uuid; readonly partitions: number }
}

const timeoutMs = 120_000

export class ConsumerGroup {
  readonly #options: GroupOptions
  readonly #owners = new Map<number, number>()
  readonly #stable = Promise.withResolvers<void>()
  #members: readonly ConsumerMember[] = []
  #isLeaving = false

  private constructor(options: GroupOptions) {
    this.#options = options
    this.#stable.promise.catch(() => undefined)
  }

  /** With connections, but not joined. */
  static async connect(options: GroupOptions): Promise<ConsumerGroup> {
    const group = new ConsumerGroup(options)
    const members: ConsumerMember[] = []
    for (let i = 0; i < options.memberCount; i++) members.push(await group.#connect(i))
    group.#members = members
    return group
  }

  #connect(index: number): Promise<ConsumerMember> {
    const { port, groupId, topic } = this.#options
    return ConsumerMember.connect({
      port,
      groupId,
      topic: topic.name,
      topicId: topic.id,
      onGivenUp: (partition) => this.#owners.delete(partition),
      onTaken: (partition) => {
        if (this.#owners.has(partition)) this.#stable.reject(new Error(`partition ${partition} has two owners`))
        this.#owners.set(partition, index)
      },
      onSettled: () => {
        if (this.#isStable()) this.#stable.resolve()
      },
      onFailure: (error) => {
        if (!this.#isLeaving) this.#stable.reject(error)
      },
    })
  }

  get members(): readonly ConsumerMember[] {
    return this.#members
  }

  get heartbeats(): number {
    return this.#members.reduce((sum, member) => sum + member.heartbeats, 0)
  }

  /**
   * Equal epochs alone do not tell: between the first join and the next assignment all members are at the epoch of a group
   * of one. A fair share for each is of an assignment that knows them all.
   */
  #isStable(): boolean {
    const { memberCount, topic } = this.#options
    if (this.#owners.size < topic.partitions) return false
    const epoch = this.#members[0]?.epoch
    const share = Math.floor(topic.partitions / memberCount)
    return this.#members.every((member) => member.epoch === epoch && member.owned.size >= share)
  }

  async join(): Promise<void> {
    const timer = setTimeout(() => this.#stable.reject(new Error(this.#progress())), timeoutMs)
    for (const member of this.#members) member.join()
    await this.#stable.promise
    clearTimeout(timer)
  }

  #progress(): string {
    const epochs = this.#members.map(({ epoch }) => epoch)
    const range = `${Math.min(...epochs)} to ${Math.max(...epochs)}`
    return `no stable group in ${timeoutMs} ms: ${this.#owners.size} partitions have owners, epochs are ${range}`
  }

  /** The broker must think so too. */
  async checkStable(): Promise<void> {
    const { port, groupId, memberCount } = this.#options
    const [group] = await onWire(
      port,
      async (wire) => (await wire.call(consumerGroupDescribe, { groupIds: [groupId] })).groups,
    )
    const current = group?.members.filter(({ memberEpoch }) => memberEpoch === group.groupEpoch).length
    const isStable = group?.groupState === 'Stable' && current === memberCount
    if (!isStable) throw new Error(`the group is ${group?.groupState}, ${current} of its members at its epoch`)
  }

  /** Another heartbeats for the members from now on. */
  pause(): void {
    for (const member of this.#members) member.pause()
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    await Promise.all(this.#members.map((member) => member.leave()))
  }
}
