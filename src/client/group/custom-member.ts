/**
 * A member of a classic group that shares out something of its own, not partitions of topics: as workers do it that agree on who does
 * what, or on who leads. What members tell each other are bytes, which the coordinator passes on unread.
 */
import { ExponentialBackoff } from '../../peer/index.ts'
import type { JoinGroupResponse } from '../../protocol/index.ts'
import type { ClientEnv } from '../client-env.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import { type ConnectionOptions, checkMs } from '../connection-options.ts'
import { Deadline } from '../deadline.ts'
import { Coordinator } from './coordinator.ts'
import type { CustomMemberSettings } from './custom-member-options.ts'
import { Generations, type GroupProtocol, type MemberKind, type SharedOut } from './generations.ts'

const inFlightMax = 5
/** As Kafka's consumer. */
const closeMs = 30_000

export class CustomMember implements AsyncDisposable {
  readonly #env: ClientEnv
  readonly #connections: Connections
  readonly #metadata: Metadata
  readonly #generations: Generations
  #closing: Promise<void> | undefined

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: CustomMemberSettings) {
    this.#env = env
    const { clock } = env
    const logger = env.logger.child('group-member')
    const options = { ...connection, inFlightMax }
    this.#connections = new Connections(env, options)
    this.#metadata = new Metadata({ env, options, connections: this.#connections, makesTopics: false, maxIdleMs: 0 })
    const { requestTimeoutMs, retryBackoffMs: retryMs, retryBackoffMaxMs: maxMs } = connection
    const backoff = new ExponentialBackoff({ initialMs: retryMs, maxMs }, env.random.stream('client-custom-member'))
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs, heartbeatIntervalMs } = settings
    const shared = { clock, logger, groupId, requestTimeoutMs }
    const ground = { ...shared, backoff, connections: this.#connections, metadata: this.#metadata }
    const coordinator = new Coordinator(ground)
    this.#generations = new Generations(
      {
        ...{ ...shared, coordinator, groupInstanceId: null, retryMs },
        ...{ sessionTimeoutMs, rebalanceTimeoutMs, heartbeatIntervalMs },
      },
      new CustomKind(settings, (work) => this.#generations.beatDuring(work)),
    )
  }

  /** Joins the group, and stays in it. Once, and again where `onFailed` has told of an end. */
  begin(): void {
    this.#generations.begin()
  }

  /**
   * For so many milliseconds from now on the group has this member for sure, and nobody else has what it was given, unless somebody
   * removes it by hand; 0: that is not known.
   */
  get sureMs(): number {
    return this.#generations.sureMs
  }

  /** Leaves the group; what it was given is somebody else's from then on. Rejects with KafkaError, TIMED_OUT: it is closed all the same. */
  async close({ timeoutMs = closeMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    checkMs('timeoutMs', timeoutMs)
    this.#closing ??= this.#close(timeoutMs)
    await this.#closing
  }

  async #close(afterMs: number): Promise<void> {
    this.#generations.close()
    const deadline = new Deadline(this.#env.clock, { afterMs, what: 'the group was not told that a member leaves' })
    try {
      await deadline.within(this.#generations.sayGoodbye())
    } finally {
      this.#metadata.close()
      this.#connections.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** The application in the place of a kind. */
class CustomKind implements MemberKind {
  readonly leavingReason = 'the member was closed'
  readonly #settings: CustomMemberSettings
  readonly #beatDuring: (work: Promise<void>) => Promise<void>
  /** It was given something, and has not been told since that this is over. */
  #isAssigned = false

  constructor(settings: CustomMemberSettings, beatDuring: (work: Promise<void>) => Promise<void>) {
    this.#settings = settings
    this.#beatDuring = beatDuring
  }

  get protocolType(): string {
    return this.#settings.protocolType
  }

  protocols(): readonly GroupProtocol[] {
    return this.#settings.protocols().map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
  }

  check(): void {}

  async prepare(): Promise<void> {
    if (!this.#isAssigned) return
    this.#isAssigned = false
    const { onRevoked } = this.#settings
    if (onRevoked !== undefined) await this.#beatDuring((async () => onRevoked())())
  }

  async share({ members, protocolName }: JoinGroupResponse) {
    const { assign } = this.#settings
    const shared = assign({
      protocol: protocolName ?? '',
      members: members.map(({ memberId, metadata }) => ({ memberId, metadata })),
    })
    return [...shared].map(([memberId, bytes]) => ({ memberId, assignment: Buffer.from(bytes) }))
  }

  follow(): void {}

  async take({ memberId, generation, assignment }: SharedOut): Promise<void> {
    this.#isAssigned = true
    this.#settings.onAssigned({ memberId, generation, assignment })
  }

  lose(): void {
    if (!this.#isAssigned) return
    this.#isAssigned = false
    this.#settings.onLost?.()
  }

  handle(): undefined {
    return undefined
  }

  failed(error: unknown): void {
    this.#settings.onFailed?.(error)
  }
}
