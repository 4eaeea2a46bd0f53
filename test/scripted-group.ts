/** For tests of members of groups: a broker in a simulated world that knows two topics, takes commits, and answers the rest as the test says. */
import type { Connection } from '../src/base/index.ts'
import { type Uuid, uuidFromLatin1 } from '../src/base/index.ts'
import { Connections } from '../src/client/cluster/connections.ts'
import { Metadata } from '../src/client/cluster/metadata.ts'
import { connectionOptions } from '../src/client/connection-options.ts'
import type { TopicPartition } from '../src/client/consumer/assignors/assignor.ts'
import { Deadline } from '../src/client/deadline.ts'
import { CommittedOffsets, type MemberName } from '../src/client/group/committed-offsets.ts'
import { Coordinator } from '../src/client/group/coordinator.ts'
import type { Assignee } from '../src/client/group/membership.ts'
import { ExponentialBackoff } from '../src/peer/index.ts'
import { replyFrame, type ScriptedRequest, serve, tellVersions } from '../src/peer/scripted-server.ts'
import {
  type Api,
  apiVersions,
  ErrorCode,
  type Fields,
  findCoordinator,
  type Given,
  type Infer,
  type MetadataResponse,
  metadata,
  offsetCommit,
} from '../src/protocol/index.ts'
import { World } from '../src/sim/index.ts'

const port = 9092
const broker = { nodeId: 1, host: 'b1', port }
/** Of a topic: `a` has the id that is all a. */
export const idOf = (letter: string): Uuid => uuidFromLatin1(letter.repeat(16))
const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

type Answer = (request: ScriptedRequest, socket: Connection) => Promise<void>

export class ScriptedGroup {
  readonly world = new World({ seed: 1, turn: setImmediate, network: { delayMsMean: 1 } })
  /** In which epoch or generation each came. */
  readonly commits: number[] = []
  /** What commits are answered with, in order; behind that all are taken. */
  commitErrors: number[] = []
  readonly errors: unknown[] = []
  /** What the application is told. */
  readonly events: string[] = []
  readonly topics = new Map([
    ['a', idOf('a')],
    ['b', idOf('b')],
  ])
  silentMs = 0
  /** Revoking waits for it. */
  freed: Promise<void> = Promise.resolve()
  readonly offsets: CommittedOffsets
  /** What a member is made of, in group `g`. */
  readonly ground
  readonly #assigned = new Map<string, TopicPartition>()
  readonly #answers = new Map<number, Answer>()
  /** Highest versions, by key. */
  readonly #versions = new Map<number, readonly [number, number]>()

  constructor() {
    const env = this.world.env('client')
    const { clock, logger, random } = env
    const options = connectionOptions({ bootstrapServers: `b1:${port}`, requestTimeoutMs: 1000 }, { poison: true })
    const connections = new Connections(env, options)
    const maxIdleMs = Number.POSITIVE_INFINITY
    const cluster = new Metadata({ env, options, connections, makesTopics: false, maxIdleMs })
    // As by a consumer that subscribes to them.
    for (const topic of this.topics.keys()) cluster.want(topic)
    const backoff = new ExponentialBackoff({ initialMs: 100, maxMs: 1000 }, random.stream('backoff'))
    const shared = { clock, logger, metadata: cluster, backoff, groupId: 'g', requestTimeoutMs: 1000 }
    const coordinator = new Coordinator({ ...shared, connections })
    this.offsets = new CommittedOffsets(coordinator, 'g')
    this.ground = { ...shared, coordinator, assignee: this.#assignee }
    this.answer(metadata, ({ topics }) => this.#metadata(topics ?? []))
    this.answer(findCoordinator, () => ({ coordinators: [{ key: 'g', ...broker }], ...broker }))
    this.answer(offsetCommit, ({ generationIdOrMemberEpoch }) => {
      this.commits.push(generationIdOrMemberEpoch)
      const partitions = [{ partitionIndex: 0, errorCode: this.commitErrors.shift() ?? ErrorCode.NONE }]
      return { topics: [{ name: 'a', partitions }] }
    })
  }

  /** Serves an API, of these versions; what nothing is said to is not answered. */
  answer<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    say: (request: Infer<Q>) => Given<Infer<S>> | undefined | Promise<Given<Infer<S>>>,
    versions: readonly [number, number] = api.versions,
  ): void {
    this.#versions.set(api.key, versions)
    this.#answers.set(api.key, async (request, socket) => {
      const said = await say(api.request.decode(request.reader, request.version))
      if (said !== undefined) socket.write([replyFrame(api, request, api.response.create(said))])
    })
  }

  /** Runs the world for so long, behind what `work` does. */
  async run(ms: number, work: () => void = () => undefined): Promise<void> {
    if (this.world.nowMs === 0) {
      const script = (request: ScriptedRequest, socket: Connection): void => {
        if (request.key === apiVersions.key) socket.write([replyFrame(apiVersions, request, this.#served())])
        else
          this.#answers
            .get(request.key)?.(request, socket)
            .catch((error: unknown) => this.errors.push(error))
      }
      await serve(this.world.env('b1'), { host: 'b1', port, script })
    }
    work()
    await this.world.run(this.world.nowMs + ms, () => false)
  }

  #served() {
    const [min, max] = apiVersions.versions
    return tellVersions([
      [apiVersions.key, min, max],
      ...[...this.#versions].map(([key, them]) => [key, ...them] as const),
    ])
  }

  #metadata(asked: readonly { readonly name: string | null; readonly topicId: Uuid }[]): Given<MetadataResponse> {
    const known = [...this.topics].filter(([name, id]) => asked.some((it) => it.name === name || it.topicId === id))
    const partitions = [{ partitionIndex: 0, leaderId: 1 }]
    const topics = known.map(([name, topicId]) => ({ name, topicId, partitions }))
    return { clusterId: 'scripted', controllerId: 1, brokers: [broker], topics }
  }

  get assigned(): readonly string[] {
    return [...this.#assigned.keys()]
  }

  /** Commits in partition 0 of `a`; tells what comes of it. */
  commit(member: MemberName): readonly unknown[] {
    const outcomes: unknown[] = []
    const deadline = new Deadline(this.world.env('client').clock, { afterMs: 10_000, what: 'not committed' })
    const isOwn = (partition: TopicPartition): boolean => this.#assigned.has(nameOf(partition))
    this.offsets.commit([{ topic: 'a', partition: 0, offset: 1, leaderEpoch: -1 }], member, { deadline, isOwn }).then(
      () => outcomes.push('done'),
      (error: unknown) => outcomes.push(error),
    )
    return outcomes
  }

  readonly #assignee: Assignee = ((group: ScriptedGroup): Assignee => ({
    get assigned() {
      return [...group.#assigned.values()]
    },
    get silentMs() {
      return group.silentMs
    },
    async revoke(partitions, { epoch }) {
      group.#note('asked for', partitions)
      await group.freed
      group.#drop(partitions)
      group.#note(`gives, in epoch ${epoch},`, partitions)
    },
    lose(partitions) {
      group.#drop(partitions)
      group.#note('loses', partitions)
    },
    take(partitions) {
      for (const each of partitions) group.#assigned.set(nameOf(each), each)
      if (partitions.length > 0) group.#note('gets', partitions)
    },
    failed: (error) => void group.errors.push(error),
  }))(this)

  #note(what: string, partitions: readonly TopicPartition[]): void {
    this.events.push(`${what} ${partitions.map(nameOf).join(' ')}`)
  }

  #drop(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#assigned.delete(nameOf(each))
  }
}
