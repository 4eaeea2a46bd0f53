/**
 * The only member of a group, of the classic protocol: it commits ever higher offsets and asks for them again. A generation fences what
 * was sent in one before, so that what was acknowledged never goes back, and nothing is there that was not sent.
 */
import assert from 'node:assert/strict'
import {
  type Api,
  ErrorCode,
  type Fields,
  findCoordinator,
  type Infer,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '../../../src/protocol/index.ts'
import { Unheard } from './calling-client.ts'
import { nodeName } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'
import { offsetsTopic } from './history.ts'
import type { RecordHistory } from './record-history.ts'
import { TopicClient } from './topic-client.ts'

const sessionTimeoutMs = 10_000
const rebalanceTimeoutMs = 5000
const protocol = { protocolType: 'consumer', protocolName: 'all' }
/** To be told the offsets, when all is well. */
const attemptsMax = 100
/** Names of topics instead of ids. */
const versions = { commit: 9, fetch: 9 }

export class GroupMember {
  readonly counts = { offsetsCommitted: 0, offsetsFetched: 0, generations: 0 }
  readonly #cluster: ClusterWorld
  readonly #client: TopicClient
  readonly #topic: string
  readonly #groupId: string
  #coordinator: number | undefined
  #memberId = ''
  #generationId: number | undefined
  /** The last one that was sent, and the last one that was acknowledged; those between may have been committed. */
  #sent = 0
  #acknowledged = 0

  constructor(options: { readonly cluster: ClusterWorld; readonly history: RecordHistory; readonly name: string }) {
    this.#cluster = options.cluster
    this.#topic = options.history.topic
    this.#groupId = options.name
    this.#client = new TopicClient(options)
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#cluster.failure === undefined) {
      await this.#cluster.sleep(this.#client.draw.exponential(this.#cluster.options.thinkMs / 2))
      await this.#try(() => this.#step())
    }
    // A session that ended later would write to logs that are compared.
    if (this.#memberId !== '') await this.#try(() => this.#leave())
    this.#client.close()
  }

  /** When all is well again: what is committed is what this member was told. Nobody tells it where the one that has it stays away. */
  async check(): Promise<void> {
    const before = this.counts.offsetsFetched
    for (let i = 0; this.#acknowledged > 0 && this.counts.offsetsFetched === before; i++) {
      if (i > attemptsMax && this.#isAway) break
      assert.ok(i <= attemptsMax, `nobody tells the offsets of ${this.#groupId}`)
      await this.#cluster.sleep(500)
      await this.#try(() => this.#fetch())
    }
    this.#client.close()
  }

  get #isAway(): boolean {
    const { image } = this.#cluster.leader?.node?.quorum ?? {}
    const partitions = [...(image?.topics.byName.get(offsetsTopic)?.partitions.values() ?? [])]
    return partitions.some(({ leader }) => leader < 0)
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof Unheard)) throw error
      // What was sent may come yet: another generation must be on before something is committed behind it.
      this.#generationId = undefined
      this.#coordinator = undefined
    }
  }

  async #step(): Promise<void> {
    if (this.#client.topicId === undefined) return this.#client.refresh()
    if (this.#generationId === undefined) return this.#join()
    return this.#client.draw.below(3) === 0 ? this.#fetch() : this.#commit(this.#generationId)
  }

  /** Throws Unheard. */
  async #ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
    version?: number,
  ): Promise<Infer<S>> {
    this.#coordinator ??= await this.#find()
    return this.#client.ask(nodeName(this.#coordinator), api, request, version)
  }

  async #find(): Promise<number> {
    const request = { keyType: 0, coordinatorKeys: [this.#groupId] }
    const reply = await this.#client.ask(this.#client.anyBroker(), findCoordinator, request)
    const [found] = reply.coordinators
    if (found?.errorCode !== ErrorCode.NONE) throw new Unheard('nobody is known to coordinate')
    return found.nodeId
  }

  #check(errorCode: number): void {
    if (errorCode === ErrorCode.NONE) return
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
    throw new Unheard(`error ${errorCode}`)
  }

  async #join(): Promise<void> {
    const joined = await this.#ask(joinGroup, {
      groupId: this.#groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.#memberId,
      protocolType: protocol.protocolType,
      protocols: [{ name: protocol.protocolName, metadata: Buffer.alloc(0) }],
    })
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return
    }
    this.#check(joined.errorCode)
    const { memberId, generationId } = joined
    this.#memberId = memberId
    const assignments = [{ memberId, assignment: Buffer.alloc(0) }]
    const synced = await this.#ask(syncGroup, {
      groupId: this.#groupId,
      memberId,
      generationId,
      ...protocol,
      assignments,
    })
    this.#check(synced.errorCode)
    this.#generationId = generationId
    this.counts.generations++
  }

  async #commit(generationId: number): Promise<void> {
    const offset = ++this.#sent
    const partitions = [{ partitionIndex: 0, committedOffset: BigInt(offset), committedMetadata: '' }]
    const request = {
      groupId: this.#groupId,
      memberId: this.#memberId,
      generationIdOrMemberEpoch: generationId,
      topics: [{ name: this.#topic, partitions }],
    }
    const reply = await this.#ask(offsetCommit, request, versions.commit)
    this.#check(reply.topics[0]?.partitions[0]?.errorCode ?? -1)
    this.#acknowledged = offset
    this.counts.offsetsCommitted++
  }

  async #fetch(): Promise<void> {
    const topics = [{ name: this.#topic, partitionIndexes: [0] }]
    const groups = [{ groupId: this.#groupId, topics }]
    const least = this.#acknowledged
    const reply = await this.#ask(offsetFetch, { groups, requireStable: true }, versions.fetch)
    const [group] = reply.groups
    this.#check(group?.errorCode ?? -1)
    const { errorCode = -1, committedOffset = -1n } = group?.topics[0]?.partitions[0] ?? {}
    this.#check(errorCode)
    const told = Math.max(0, Number(committedOffset))
    const text = `${this.#groupId} has committed ${least}, has sent ${this.#sent}, and is told ${told}`
    assert.ok(told >= least && told <= this.#sent, text)
    // What a reader was told is committed.
    this.#acknowledged = told
    this.counts.offsetsFetched++
  }

  async #leave(): Promise<void> {
    const members = [{ memberId: this.#memberId }]
    const reply = await this.#ask(leaveGroup, { groupId: this.#groupId, members })
    this.#check(reply.errorCode)
  }
}
