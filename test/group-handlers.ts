/** For tests of the handlers of groups: a broker that coordinates all groups, asked in bytes. */
import assert from 'node:assert/strict'
import { type Logger, Reader, type Uuid, uuidFromLatin1, Writer, zeroUuid } from '../src/base/index.ts'
import {
  GroupBroker,
  heartbeatOf,
  ManualClock,
  MemoryPartition,
} from '../src/coordinator/group/test-support/group-fixture.ts'
import {
  anonymous,
  emptyImage,
  type MetadataImage,
  partitionFromRecord,
  type TopicImage,
} from '../src/metadata/index.ts'
import {
  type Api,
  consumerProtocolSubscription,
  ErrorCode,
  type Fields,
  type Given,
  type Infer,
  joinGroup,
  offsetCommit,
  partitionRecord,
  registerBrokerRecord,
  syncGroup,
} from '../src/protocol/index.ts'
import { type BoundHandler, Signal } from '../src/server/handler.ts'
import { offsetCommitHandler } from '../src/server/handlers/08-offset-commit.ts'
import { offsetFetchHandler } from '../src/server/handlers/09-offset-fetch.ts'
import { findCoordinatorHandler } from '../src/server/handlers/10-find-coordinator.ts'
import { joinGroupHandler } from '../src/server/handlers/11-join-group.ts'
import { heartbeatHandler } from '../src/server/handlers/12-heartbeat.ts'
import { leaveGroupHandler } from '../src/server/handlers/13-leave-group.ts'
import { syncGroupHandler } from '../src/server/handlers/14-sync-group.ts'
import { describeGroupsHandler } from '../src/server/handlers/15-describe-groups.ts'
import { listGroupsHandler } from '../src/server/handlers/16-list-groups.ts'
import { deleteGroupsHandler } from '../src/server/handlers/42-delete-groups.ts'
import { offsetDeleteHandler } from '../src/server/handlers/47-offset-delete.ts'
import { awaited } from '../src/server/handlers/handler-fixture.ts'
import { RareWarning } from '../src/server/rare-warning.ts'
import { bind } from '../src/server/router.ts'

export const topicId: Uuid = uuidFromLatin1('the id of topic ')
export const unknownId: Uuid = uuidFromLatin1('of another topic')

export const topicOf = (name: string, partitionCount: number, id: Uuid = zeroUuid): TopicImage => ({
  name,
  topicId: id,
  partitions: new Map(
    Array.from({ length: partitionCount }, (_, partitionId) => {
      const record = partitionRecord.create({ partitionId, topicId: id, replicas: [1], isr: [1], leader: 1 })
      return [partitionId, partitionFromRecord(record)]
    }),
  ),
})

export function imageOf(...topics: readonly TopicImage[]): MetadataImage {
  const broker = registerBrokerRecord.create({
    brokerId: 1,
    fenced: false,
    endPoints: [{ name: 'PLAINTEXT', host: 'here', port: 9092, securityProtocol: 0 }],
  })
  return {
    ...emptyImage,
    cluster: { ...emptyImage.cluster, brokers: new Map([[1, broker]]) },
    topics: {
      byName: new Map(topics.map((topic) => [topic.name, topic])),
      byId: new Map(topics.map((topic) => [topic.topicId, topic])),
    },
  }
}

export const subscription = (...topics: readonly string[]): Buffer => {
  const writer = new Writer(64)
  writer.i16(3)
  consumerProtocolSubscription.encode(writer, 3, consumerProtocolSubscription.create({ topics }))
  return writer.finishAsOne()
}

/** A broker that coordinates all groups, behind its handlers. */
export class Fixture {
  image = imageOf(topicOf('__consumer_offsets', 1), topicOf('t', 2, topicId))
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly broker = new GroupBroker({ clock: this.clock })
  readonly ensured: string[] = []
  readonly warnings: string[] = []
  readonly #handlers = new Map<number, BoundHandler>()
  #ids = 0

  static async lead(): Promise<Fixture> {
    const fixture = new Fixture()
    await fixture.broker.lead(fixture.partition)
    return fixture
  }

  constructor() {
    const { groups } = this.broker
    const logger: Logger = { child: () => logger, log: (_level, line) => void this.warnings.push(line) }
    const services = {
      refusals: new RareWarning({ clock: this.clock, logger }),
      groups,
      image: () => this.image,
      ensureInternalTopic: (name: string) => void this.ensured.push(name),
      random: { uuid: () => uuidFromLatin1(String(++this.#ids).padStart(16, '0')) },
    }
    for (const handler of [
      bind(offsetCommitHandler(services)),
      bind(offsetFetchHandler(services)),
      bind(findCoordinatorHandler(services)),
      bind(joinGroupHandler(services)),
      bind(heartbeatHandler(services)),
      bind(leaveGroupHandler(services)),
      bind(syncGroupHandler(services)),
      bind(describeGroupsHandler(services)),
      bind(listGroupsHandler(services)),
      bind(deleteGroupsHandler(services)),
      bind(offsetDeleteHandler(services)),
    ]) {
      this.#handlers.set(handler.key, handler)
    }
  }

  /** A member of the consumer protocol in group `g`. */
  async joinConsumer(): Promise<void> {
    const { errorCode } = await this.broker.groups.consumerHeartbeat('g', heartbeatOf(), 1)
    assert.equal(errorCode, ErrorCode.NONE)
  }

  /** The request's bytes are overwritten once the handler waits, as the server reuses them. */
  async ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    apiVersion: number,
    request: Given<Infer<Q>>,
  ): Promise<Infer<S>> {
    const handler = this.#handlers.get(api.key)
    assert.ok(handler !== undefined)
    const writer = new Writer(256)
    api.request.encode(writer, apiVersion, api.request.create(request))
    const bytes = writer.finishAsOne()
    const answer = handler.run(new Reader(bytes), {
      apiKey: api.key,
      apiVersion,
      correlationId: 1,
      clientId: 'client',
      listenerName: 'PLAINTEXT',
      clientHost: '::ffff:10.0.0.7',
      principal: anonymous,
      client: { name: '', version: '' },
      proceed: () => undefined,
      afterEarlier: () => undefined,
      throttle: () => undefined,
      onClose: () => undefined,
    })
    bytes.fill(0xee)
    const write = await awaited(answer)
    assert.ok(!(write instanceof Signal))
    const reply = new Writer(256)
    write(reply)
    return api.response.decode(new Reader(reply.finishAsOne()), apiVersion)
  }

  join(apiVersion: number, given: Given<Infer<typeof joinGroup.request.fields>> = {}) {
    return this.ask(joinGroup, apiVersion, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('t') }],
      ...given,
    })
  }

  /** A group with one member, whose generation is stable; returns the member's id. */
  async stable(): Promise<string> {
    const { memberId } = await this.join(3)
    const assignments = [{ memberId, assignment: Buffer.from('mine') }]
    const { errorCode } = await this.ask(syncGroup, 3, { groupId: 'g', generationId: 1, memberId, assignments })
    assert.equal(errorCode, ErrorCode.NONE)
    return memberId
  }

  commit(apiVersion: number, given: Given<Infer<typeof offsetCommit.request.fields>> = {}) {
    const partitions = [{ partitionIndex: 0, committedOffset: 42n, committedMetadata: 'note' }]
    return this.ask(offsetCommit, apiVersion, { groupId: 'g', topics: [{ name: 't', topicId, partitions }], ...given })
  }
}

export const versionsOf = ([min, max]: readonly [number, number]): number[] =>
  Array.from({ length: max - min + 1 }, (_, i) => min + i)
