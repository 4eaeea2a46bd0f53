/**
 * Who is asked, and until when: each call of an admin client is a task about things that are shared out to brokers, and asked
 * about again while what went wrong may pass. A thing that has failed does not hold up the others.
 */
import type { Clock } from '../../base/index.ts'
import { ExponentialBackoff, type Peer } from '../../peer/index.ts'
import type { ClientEnv } from '../client-env.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import { checkMs } from '../connection-options.ts'
import { Deadline } from '../deadline.ts'
import { KafkaError, type KafkaErrorCode } from '../kafka-error.ts'
import { Addressee } from './addressee.ts'
import type { AdminSettings, CallOptions } from './admin-options.ts'
import { onlyOf } from './results.ts'

/** Things that one broker is asked about, or about which none can be asked. */
export type Share<T> =
  | { readonly to: Peer; readonly things: readonly T[] }
  | { readonly error: KafkaError; readonly things: readonly T[] }

/** One round of a call. */
export interface Attempt {
  readonly deadline: Deadline
  readonly connections: Connections
  readonly metadata: Metadata
  /** What is known of the cluster; of another round than the first, known anew. */
  readonly view: ClusterView
  readonly isFirst: boolean
  /** Asks somebody within the time of this round. */
  readonly addressee: (peer: Peer) => Addressee
}

export type Place<T> = (things: readonly T[], attempt: Attempt) => Promise<readonly Share<T>[]> | readonly Share<T>[]

/** What came of things, by their keys. */
export type Told<V> = Iterable<readonly [key: string, result: V | KafkaError]>

export interface Task<T, V> {
  readonly deadline: Deadline
  readonly place: Place<T>
  /** One request, or what takes its place where the broker is old. Rejects with KafkaError, which is that of all of `things`. */
  readonly ask: (to: Addressee, things: readonly T[]) => Promise<Told<V>>
  /** By what its results are found. */
  readonly keyOf: (thing: T) => string
  /** Whether the same may be asked again behind an answer. A lost connection always may. */
  readonly passes: (error: KafkaError) => boolean
}

/** A call that is about no more than one thing. */
export interface OneTask<V> extends Pick<Task<string, V>, 'deadline' | 'place' | 'passes'> {
  readonly ask: (to: Addressee) => Promise<V | KafkaError>
}

/** A topic that no call was about for so long is not asked for any more. */
const idleMs = 10_000

/** So long something is waited for that nobody knows: it may have been made a moment ago. Kafka's waits as long as the call may take. */
const unknownWaitMs = 3000

const unknown: ReadonlySet<KafkaErrorCode> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'BROKER_NOT_AVAILABLE',
])

export class Routing {
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #metadata: Metadata
  readonly #backoff: ExponentialBackoff
  readonly #requestTimeoutMs: number
  readonly #settings: AdminSettings

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: AdminSettings) {
    this.#clock = env.clock
    this.#settings = settings
    this.#requestTimeoutMs = connection.requestTimeoutMs
    this.#connections = new Connections(env, connection)
    this.#metadata = new Metadata({
      env: { ...env, logger: env.logger.child('admin') },
      options: connection,
      connections: this.#connections,
      makesTopics: false,
      maxIdleMs: idleMs,
    })
    this.#backoff = new ExponentialBackoff(
      { initialMs: connection.retryBackoffMs, maxMs: connection.retryBackoffMaxMs },
      env.random.stream('client-admin'),
    )
  }

  close(): void {
    this.#metadata.close()
    this.#connections.close()
  }

  /** By when a call is over that begins now. Throws KafkaError for a time that is none. */
  deadline(what: string, { timeoutMs = this.#settings.defaultApiTimeoutMs }: CallOptions): Deadline {
    checkMs('timeoutMs', timeoutMs)
    return new Deadline(this.#clock, { afterMs: timeoutMs, what: `${what}: no answer` })
  }

  /** All brokers that are in use, as they are told now. Rejects with KafkaError. */
  async brokerIds(deadline: Deadline): Promise<readonly number[]> {
    await deadline.within(this.#metadata.update())
    return [...this.#metadata.view.brokers.keys()]
  }

  /** What came of each of `things`, in their order, by `keyOf`; of those of one key, once. Rejects with KafkaError CLOSED. */
  async settle<T, V>(things: Iterable<T>, task: Task<T, V>): Promise<ReadonlyMap<string, V | KafkaError>> {
    const rounds = new Rounds(things, task, this.#clock)
    const { deadline } = task
    for (let attempts = 0; !rounds.isDone; attempts++) {
      if (attempts > 0) await this.#connections.rest(Math.min(this.#backoff.backoffMs(attempts - 1), deadline.leftMs))
      if (deadline.isOver) rounds.endAll(deadline, this.#metadata.lastFailure)
      else await this.#round(rounds, task, attempts === 0)
    }
    return rounds.results
  }

  /** Rejects with KafkaError. */
  async one<V>({ ask, ...task }: OneTask<V>): Promise<V> {
    const keyOf = (it: string): string => it
    return onlyOf(await this.settle([''], { ...task, keyOf, ask: async (to) => [['', await ask(to)]] }))
  }

  async #round<T, V>(rounds: Rounds<T, V>, task: Task<T, V>, isFirst: boolean): Promise<void> {
    const { deadline } = task
    const timeoutMs = Math.max(1, Math.ceil(Math.min(this.#requestTimeoutMs, deadline.leftMs)))
    const addressee = (peer: Peer): Addressee => new Addressee(peer, timeoutMs)
    const [connections, metadata] = [this.#connections, this.#metadata]
    try {
      if (isFirst) await metadata.cluster(deadline)
      else await deadline.within(metadata.update())
      const attempt = { deadline, connections, metadata, view: metadata.view, isFirst, addressee }
      const shares = await task.place(rounds.left, attempt)
      await Promise.all(
        shares.map(async (share) => {
          if ('error' in share) return rounds.fail(share.things, share.error)
          try {
            rounds.take(share.things, await task.ask(addressee(share.to), share.things))
          } catch (error) {
            rounds.fail(share.things, error)
          }
        }),
      )
    } catch (error) {
      rounds.fail(rounds.left, error)
    }
  }
}

/** What a task has come to. */
class Rounds<T, V> {
  readonly #task: Task<T, V>
  readonly #clock: Clock
  readonly #sinceMs: number
  readonly #left = new Map<string, T>()
  readonly #results = new Map<string, V | KafkaError | undefined>()
  /** What went wrong last, of those that are left. */
  readonly #last = new Map<string, KafkaError>()

  constructor(things: Iterable<T>, task: Task<T, V>, clock: Clock) {
    this.#task = task
    this.#clock = clock
    this.#sinceMs = clock.monotonic()
    for (const thing of things) {
      const key = task.keyOf(thing)
      this.#left.set(key, thing)
      this.#results.set(key, undefined)
    }
  }

  get isDone(): boolean {
    return this.#left.size === 0
  }

  get left(): readonly T[] {
    return [...this.#left.values()]
  }

  get results(): ReadonlyMap<string, V | KafkaError> {
    return this.#results as ReadonlyMap<string, V | KafkaError>
  }

  take(things: readonly T[], told: Told<V>): void {
    const missing = new Set(things.map((thing) => this.#task.keyOf(thing)))
    for (const [key, result] of told) {
      missing.delete(key)
      if (result instanceof KafkaError) this.#failed(key, result)
      else this.#end(key, result)
    }
    for (const key of missing) {
      this.#end(key, new KafkaError('UNKNOWN_SERVER_ERROR', `nothing was answered about '${key}'`))
    }
  }

  /** Throws what is no failure of the cluster. */
  fail(things: readonly T[], error: unknown): void {
    if (!(error instanceof KafkaError) || error.code === 'CLOSED') throw error
    for (const thing of things) this.#failed(this.#task.keyOf(thing), error)
  }

  /** `unheard`: why nobody tells about the cluster. */
  endAll(deadline: Deadline, unheard: unknown): void {
    for (const key of [...this.#left.keys()]) this.#end(key, deadline.error(this.#last.get(key) ?? unheard))
  }

  #failed(key: string, error: KafkaError): void {
    if (!this.#passes(error)) this.#end(key, error)
    else if (error.code !== 'TIMED_OUT') this.#last.set(key, error)
  }

  #passes(error: KafkaError): boolean {
    if (error.code === 'NETWORK' || error.code === 'TIMED_OUT') return true
    if (!this.#task.passes(error)) return false
    return !unknown.has(error.code) || this.#clock.monotonic() - this.#sinceMs < unknownWaitMs
  }

  #end(key: string, result: V | KafkaError): void {
    // An answer about what was not asked, or is known already, is none.
    if (this.#left.delete(key)) this.#results.set(key, result)
  }
}
