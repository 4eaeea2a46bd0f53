/**
 * Questions about offsets, good and bad, in every version of OffsetCommit, OffsetFetch, OffsetDelete and DeleteGroups; the
 * answers as lines that two brokers can be compared by. What each broker makes up itself, ids, is named instead.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Uuid, uuidFromLatin1, Writer, zeroUuid } from '../../src/base/index.ts'
import {
  type Api,
  consumerGroupHeartbeat,
  consumerProtocolSubscription,
  createTopics,
  deleteGroups,
  ErrorCode,
  type Fields,
  findCoordinator,
  type Infer,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  syncGroup,
} from '../../src/protocol/index.ts'
import type { Wire } from '../wire.ts'

type RequestOf<Q extends Fields, S extends Fields> = Parameters<Api<Q, S>['request']['create']>[0]
type CommitRequest = Parameters<typeof offsetCommit.request.create>[0]

interface FetchGroup {
  readonly topics: null
  readonly memberId: string
  readonly memberEpoch: number
}

const unknownId = uuidFromLatin1('of another topic')
const comesLater = /"errorCode":(?:14|15|16)[,}]/
const min64 = -(2n ** 63n)
const max64 = 2n ** 63n - 1n

const versionsOf = ([min, max]: readonly [number, number]): number[] =>
  Array.from({ length: max - min + 1 }, (_, i) => min + i)

const indexes = (...all: readonly number[]) => all.map((partitionIndex) => ({ partitionIndex }))

const subscription = (topic: string): Buffer => {
  const writer = new Writer(64)
  writer.i16(0)
  consumerProtocolSubscription.encode(writer, 0, consumerProtocolSubscription.create({ topics: [topic] }))
  return writer.finishAsOne()
}

export class OffsetQuestions {
  readonly lines: string[] = []
  readonly #wire: Wire
  /** What the broker made up, and what it is called instead. */
  readonly #names = new Map<string, string>()
  readonly #ids = new Map<string, Uuid>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  async #ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: RequestOf<Q, S>,
    version: number = api.versions[1],
  ): Promise<Infer<S>> {
    for (;;) {
      const reply = await this.#wire.call(api, request, version)
      const text = this.#text(reply)
      if (comesLater.test(text)) {
        await delay(50)
        continue
      }
      this.lines.push(`${api.name} ${version} ${this.#text(request)} -> ${text}`)
      return reply
    }
  }

  /** The order of topics and groups says nothing, nor does how long somebody was throttled. */
  #text(value: unknown): string {
    return JSON.stringify(value, (key, it: unknown) => {
      if (key === 'throttleTimeMs') return 0
      if (typeof it === 'bigint') return `${it}n`
      if (typeof it === 'string') return this.#names.get(it) ?? (it.length > 100 ? `${it.length} characters` : it)
      if (!Array.isArray(it)) return it
      const texts = it.map((item: unknown) => this.#text(item)).sort()
      return texts.map((text): unknown => JSON.parse(text))
    })
  }

  async all(): Promise<void> {
    await this.#prepare()
    for (const version of versionsOf(offsetCommit.versions)) await this.#simpleCommits(version)
    for (const version of versionsOf(offsetFetch.versions)) await this.#fetches(version)
    await this.#deletions()
    await this.#classic('consumers', { type: 'consumer', metadata: subscription('t') })
    await this.#classic('others', { type: 'connect', metadata: Buffer.from('x') })
    await this.#classic('unreadable', { type: 'consumer', metadata: Buffer.from([0]) })
    await this.#consumer()
    await this.#ask(listGroups, {})
  }

  async #prepare(): Promise<void> {
    const topics = ['t', 'u'].map((name) => ({ name, numPartitions: 3, replicationFactor: 1 }))
    const created = await this.#wire.call(createTopics, { topics, timeoutMs: 10_000 })
    for (const { name, topicId } of created.topics) {
      this.#ids.set(name, topicId)
      this.#names.set(topicId, `id of ${name}`)
    }
    for (;;) {
      const { coordinators } = await this.#wire.call(findCoordinator, { coordinatorKeys: ['g'] })
      if (coordinators[0]?.errorCode === ErrorCode.NONE) return
      await delay(50)
    }
  }

  #topic(name: string) {
    return { name, topicId: this.#ids.get(name) ?? (name === '' ? zeroUuid : unknownId) }
  }

  /** Of partition 0 of `t`, unless told. */
  #commit(version: number, groupId: string, given: Partial<CommitRequest> = {}) {
    const topics = [{ ...this.#topic('t'), partitions: [{ partitionIndex: 0, committedOffset: 7n }] }]
    const nobody = { memberId: '', generationIdOrMemberEpoch: -1 }
    return this.#ask(offsetCommit, { groupId, ...nobody, topics, ...given }, version)
  }

  #fetch(groupId: string, given: Partial<FetchGroup> = {}, requireStable = false) {
    return this.#ask(offsetFetch, { requireStable, groups: [{ groupId, topics: null, ...given }] }, 9)
  }

  #delete(groupId: string, topics: Readonly<Record<string, readonly number[]>>) {
    const named = Object.entries(topics).map(([name, partitions]) => ({ name, partitions: indexes(...partitions) }))
    return this.#ask(offsetDelete, { groupId, topics: named })
  }

  async #simpleCommits(version: number): Promise<void> {
    const group = `simple-${version}`
    for (const committedMetadata of [null, '', 'x'.repeat(4096), 'x'.repeat(4097), 'é'.repeat(4096)]) {
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata }]
      await this.#commit(version, group, { topics: [{ ...this.#topic('t'), partitions }] })
      await this.#fetch(group)
    }
    for (const committedOffset of [-1n, -2n, min64, max64, 0n]) {
      const partitions = [{ partitionIndex: 1, committedOffset }]
      await this.#commit(version, group, { topics: [{ ...this.#topic('t'), partitions }] })
      await this.#fetch(group)
    }
    if (version >= 6) {
      for (const committedLeaderEpoch of [-1, -5, 0, 2_147_483_647]) {
        const partitions = [{ partitionIndex: 2, committedOffset: 1n, committedLeaderEpoch }]
        await this.#commit(version, group, { topics: [{ ...this.#topic('t'), partitions }] })
        await this.#fetch(group)
      }
    }
    const some = (name: string, ...all: number[]) => ({ ...this.#topic(name), partitions: indexes(...all) })
    for (const topics of [
      [],
      [some('t'), some('none')],
      [some('none', 0)],
      [some('t', 9, -1, 0, 0), some('none', 0), some('', 0)],
      [some('t', 0), some('t', 1)],
    ]) {
      await this.#commit(version, group, { topics })
    }
    for (const [groupId, generationIdOrMemberEpoch, memberId] of [
      ['unknown', 5, 'm'],
      ['unknown', 0, ''],
      [group, 5, 'm'],
      [group, 0, ''],
      [group, -2, ''],
      [group, -1, 'm'],
      [`member-${version}`, -1, 'm'],
      ['', -1, ''],
    ] as const) {
      await this.#commit(version, groupId, { generationIdOrMemberEpoch, memberId })
    }
    if (version >= 7) await this.#commit(version, group, { groupInstanceId: 'i' })
    if (version > 4) return
    for (const retentionTimeMs of [-1, 1_000_000]) await this.#commit(version, group, { retentionTimeMs })
  }

  async #fetches(version: number): Promise<void> {
    const asked = (name: string, ...partitionIndexes: number[]) => ({ ...this.#topic(name), partitionIndexes })
    const some = [asked('t', 0, 1, 2, 9, -1, 0), asked('none', 0), asked('u'), asked('', 0)]
    for (const requireStable of version < 7 ? [false] : [false, true]) {
      for (const groupId of ['simple-10', 'nobody', '']) {
        for (const topics of version < 2 ? [some, []] : [some, [], null]) {
          const request = version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] }
          await this.#ask(offsetFetch, { ...request, requireStable }, version)
        }
      }
    }
    if (version < 8) return
    await this.#ask(offsetFetch, { groups: [] }, version)
    const twice = ['simple-9', 'simple-8', 'simple-9'].map((groupId) => ({ groupId, topics: null }))
    await this.#ask(offsetFetch, { groups: twice }, version)
  }

  async #deletions(): Promise<void> {
    const group = 'simple-2'
    for (const groupId of [group, 'nobody', '']) {
      for (const topics of [{ t: [0] }, {}, { t: [], none: [] }, { none: [0], t: [9] }]) {
        await this.#delete(groupId, topics)
        await this.#fetch(groupId)
      }
    }
    await this.#delete(group, { t: [0, 1, 2] })
    await this.#ask(listGroups, {})
    for (const version of versionsOf(deleteGroups.versions)) {
      const name = `simple-${version + 3}`
      await this.#ask(deleteGroups, { groupsNames: ['nobody', name, name] }, version)
      await this.#ask(deleteGroups, { groupsNames: [] }, version)
      await this.#fetch(name)
    }
  }

  async #commitsAs(groupId: string, member: { readonly memberId: string; readonly epoch: number }): Promise<void> {
    const { memberId, epoch } = member
    for (const version of versionsOf(offsetCommit.versions)) {
      await this.#commit(version, groupId)
      await this.#commit(version, groupId, { memberId })
      for (const it of [epoch, epoch + 1, epoch - 1]) {
        await this.#commit(version, groupId, { memberId, generationIdOrMemberEpoch: it })
        await this.#commit(version, groupId, { memberId: 'other', generationIdOrMemberEpoch: it })
      }
    }
  }

  async #classic(groupId: string, { type, metadata }: { readonly type: string; readonly metadata: Buffer }) {
    const protocols = [{ name: 'range', metadata }]
    const times = { sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 60_000 }
    const joined = await this.#wire.call(joinGroup, { groupId, protocolType: type, protocols, ...times }, 3)
    const { memberId, generationId } = joined
    this.#names.set(memberId, 'the member')
    await this.#commit(8, groupId, { memberId, generationIdOrMemberEpoch: generationId })
    await this.#delete(groupId, { t: [0], u: [0] })
    const assignments = [{ memberId, assignment: Buffer.alloc(0) }]
    await this.#wire.call(syncGroup, { groupId, generationId, memberId, assignments }, 3)
    await this.#commitsAs(groupId, { memberId, epoch: generationId })
    await this.#commit(8, groupId, { memberId, generationIdOrMemberEpoch: generationId, groupInstanceId: 'i' })
    await this.#fetch(groupId, { memberId: 'other', memberEpoch: 3 })
    await this.#delete(groupId, { t: [0, 9], u: [0], none: [0] })
    await this.#ask(deleteGroups, { groupsNames: [groupId] })
    await this.#wire.call(leaveGroup, { groupId, members: [{ memberId }] }, 3)
    await this.#afterwards(groupId, { memberId, epoch: generationId })
  }

  async #afterwards(groupId: string, member: { readonly memberId: string; readonly epoch: number }): Promise<void> {
    await this.#commit(9, groupId)
    await this.#commit(9, groupId, { memberId: member.memberId, generationIdOrMemberEpoch: member.epoch })
    await this.#delete(groupId, { t: [0] })
    await this.#ask(deleteGroups, { groupsNames: [groupId] })
  }

  async #consumer(): Promise<void> {
    const groupId = 'epochs'
    const memberId = 'm'
    const beat = (memberEpoch: number) => {
      const subscribed = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [] }
      return this.#wire.call(consumerGroupHeartbeat, { groupId, memberId, memberEpoch, ...subscribed })
    }
    const { memberEpoch: epoch } = await beat(0)
    await this.#commitsAs(groupId, { memberId, epoch })
    for (const requireStable of [false, true]) {
      await this.#fetch(groupId, {}, requireStable)
      for (const [id, memberEpoch] of [
        [memberId, epoch],
        [memberId, epoch + 1],
        [memberId, -1],
        ['other', epoch],
      ] as const) {
        await this.#fetch(groupId, { memberId: id, memberEpoch }, requireStable)
      }
    }
    await this.#delete(groupId, { t: [0], u: [0] })
    await this.#ask(deleteGroups, { groupsNames: [groupId] })
    await beat(-1)
    await this.#afterwards(groupId, { memberId, epoch })
  }
}
