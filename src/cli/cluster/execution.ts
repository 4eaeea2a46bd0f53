/**
 * Carries a plan out: so many partitions at a time, each batch waited for, looked at, then led by those that the plan prefers. What
 * is under way when it is interrupted, or when the cluster does not answer any more, is cancelled: those partitions are where they
 * were, those that were done stay, and the same command goes on from there. Throttles are taken away in the end, whatever happened.
 */
import { alterPartitionReassignments, ErrorCode, listPartitionReassignments } from '../../protocol/index.ts'
import { type ClusterAdmin, errorText } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { electPreferred } from './elections.ts'
import type { Move } from './plan.ts'
import { partitionName, readReplicas, sameIds } from './seen.ts'
import { removeThrottles, setThrottles } from './throttle.ts'

const pollMsMin = 100
const pollMsMax = 1000
/** Of the replicas of what has ended: a broker may lag behind the controller. */
const looksMax = 25
const lookMs = 200

export interface Progress {
  readonly done: number
  readonly total: number
  readonly batch: number
  readonly batches: number
}

export interface ExecutionOptions {
  readonly moves: readonly Move[]
  /** What is to be throttled, where something is: the moves and what else of their topics is on its way, from where it is copied. */
  readonly throttled: readonly Move[]
  /** Brokers that can be asked. */
  readonly live: readonly number[]
  /** All that the cluster has. */
  readonly topics: readonly string[]
  readonly batchSize: number
  /** Of each broker, in and out; undefined: as fast as it goes. */
  readonly bytesPerSecond: number | undefined
  readonly interrupted: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface Outcome {
  readonly done: number
  /** Were under way when it was interrupted, and are where they were. */
  readonly cancelled: number
  /** Were under way before it began, and still are. */
  readonly goOn: number
  readonly isInterrupted: boolean
  /** What could not be done, and why. */
  readonly failures: readonly string[]
}

type PartitionLists = readonly { readonly name: string; readonly partitionIndexes: number[] }[]

export class Execution {
  readonly #admin: ClusterAdmin
  readonly #options: ExecutionOptions
  readonly #failures: string[] = []
  /** What of the batch is under way, as far as is known. */
  #left: readonly Move[] = []
  #done = 0
  #cancelled = 0
  #goOn = 0

  constructor(admin: ClusterAdmin, options: ExecutionOptions) {
    this.#admin = admin
    this.#options = options
  }

  /** That the cluster does not answer any more is a failure in the outcome. */
  async run(): Promise<Outcome> {
    const { bytesPerSecond, interrupted } = this.#options
    try {
      if (bytesPerSecond !== undefined) await setThrottles(this.#admin, this.#options, bytesPerSecond)
      await this.#runBatches()
    } catch (error) {
      this.#fail('', error)
    } finally {
      if (bytesPerSecond !== undefined) this.#failures.push(...(await removeThrottles(this.#admin, this.#options)))
    }
    return {
      done: this.#done,
      cancelled: this.#cancelled,
      goOn: this.#goOn,
      isInterrupted: interrupted.aborted,
      failures: this.#failures,
    }
  }

  /** Rethrows what is no AdminError. */
  #fail(what: string, error: unknown): void {
    if (!(error instanceof AdminError)) throw error
    this.#failures.push(`${what}${error.message}`)
  }

  async #runBatches(): Promise<void> {
    const { moves, batchSize, interrupted, onProgress } = this.#options
    const batches = Math.ceil(moves.length / batchSize)
    for (let i = 0; i < batches && !interrupted.aborted; i++) {
      const progress = (ended: number): void =>
        onProgress({ done: this.#done + ended, total: moves.length, batch: i + 1, batches })
      progress(0)
      await this.#runBatch(moves.slice(i * batchSize, (i + 1) * batchSize), progress)
      progress(0)
    }
  }

  async #runBatch(batch: readonly Move[], progress: (ended: number) => void): Promise<void> {
    let begun: readonly Move[] = []
    // Also where the answer to what begins them is lost.
    this.#left = batch
    try {
      begun = await this.#begin(batch)
      this.#left = begun
      await this.#wait(begun, progress)
    } finally {
      const left = this.#left
      await this.#cancelLeft()
      await this.#settle(begun.filter((move) => !left.includes(move)))
    }
  }

  /** Those that the cluster has taken on. */
  async #begin(moves: readonly Move[]): Promise<readonly Move[]> {
    const refused = await this.#alter(
      moves.filter((move) => move.isResumed !== true),
      ({ to }) => [...to],
    )
    return moves.filter((move) => {
      const reason = refused.get(nameOf(move))
      if (reason !== undefined) this.#failures.push(`${nameOf(move)}: ${reason}`)
      return reason === undefined
    })
  }

  /** Until none is under way, or it is interrupted. */
  async #wait(begun: readonly Move[], progress: (ended: number) => void): Promise<void> {
    const { interrupted } = this.#options
    for (let delayMs = pollMsMin; ; delayMs = Math.min(delayMs * 1.5, pollMsMax)) {
      const before = this.#left.length
      this.#left = await this.#underWay(this.#left)
      if (this.#left.length < before) progress(begun.length - this.#left.length)
      if (this.#left.length === 0 || interrupted.aborted) return
      await this.#pause(delayMs)
    }
  }

  /** What is no longer under way is done where it has come to; others may have cancelled it, or sent it elsewhere. */
  async #settle(ended: readonly Move[]): Promise<void> {
    if (ended.length === 0) return
    let doing = `whether ${ended.length} partitions have come where they should is not known`
    try {
      const replicas = await this.#look(ended, ({ to }, found) => sameIds(to, found))
      const isDone = (move: Move): boolean => sameIds(move.to, replicas.get(nameOf(move)) ?? move.to)
      const done = ended.filter(isDone)
      this.#done += done.length
      for (const move of ended) {
        if (isDone(move)) continue
        const found = replicas.get(nameOf(move))
        this.#failures.push(`${nameOf(move)} is on ${found}, not on ${move.to}: others have changed or cancelled it`)
      }
      doing = `leaders of ${done.length} partitions that are done could not be elected`
      await electPreferred(this.#admin, done)
    } catch (error) {
      this.#fail(`${doing}: `, error)
    }
  }

  /** What has replicas, by name; again, for a while, until all are settled. A topic that is gone is. */
  async #look(
    moves: readonly Move[],
    isSettled: (move: Move, found: readonly number[]) => boolean,
  ): Promise<ReadonlyMap<string, readonly number[]>> {
    if (moves.length === 0) return new Map()
    for (let i = 1; ; i++) {
      const replicas = await readReplicas(this.#admin, new Set(moves.map(({ topic }) => topic)))
      const isOver = moves.every((move) => {
        const found = replicas.get(nameOf(move))
        return found === undefined || isSettled(move, found)
      })
      if (isOver || i === looksMax) return replicas
      await this.#admin.pause(lookMs)
    }
  }

  #pause(delayMs: number): Promise<void> {
    const { interrupted } = this.#options
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        interrupted.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.#admin.clock.after(delayMs, done)
      interrupted.addEventListener('abort', done)
    })
  }

  async #underWay(moves: readonly Move[]): Promise<readonly Move[]> {
    if (moves.length === 0) return moves
    const { topics } = await this.#admin.askWhole(
      listPartitionReassignments,
      { topics: [...byTopic(moves)] },
      (reply) => reply,
    )
    const names = new Set(
      topics.flatMap(({ name, partitions }) => partitions.map((it) => partitionName(name, it.partitionIndex))),
    )
    return moves.filter(({ topic, partition }) => names.has(partitionName(topic, partition)))
  }

  /** What was under way before is not this one's to cancel. */
  async #cancelLeft(): Promise<void> {
    const own = this.#left.filter((move) => move.isResumed !== true)
    this.#goOn += this.#left.length - own.length
    this.#left = []
    try {
      const refused = await this.#alter(own, () => null)
      const ended: Move[] = []
      for (const move of own) {
        const reason = refused.get(nameOf(move))
        if (reason === undefined) this.#cancelled++
        else if (reason.startsWith('NO_REASSIGNMENT_IN_PROGRESS')) ended.push(move)
        else this.#failures.push(`${nameOf(move)} could not be cancelled: ${reason}`)
      }
      await this.#tellEnded(ended)
    } catch (error) {
      this.#fail(
        `${own.length} partitions that were begun could not be cancelled, and may still be on their way: `,
        error,
      )
    }
  }

  /** They came to their end meanwhile, or a first answer was lost and they were cancelled: their replicas tell. */
  async #tellEnded(moves: readonly Move[]): Promise<void> {
    const replicas = await this.#look(moves, ({ from, to }, found) => sameIds(to, found) || sameIds(from, found))
    const done = moves.filter((move) => sameIds(move.to, replicas.get(nameOf(move)) ?? move.to))
    this.#done += done.length
    this.#cancelled += moves.length - done.length
  }

  /** By name why a partition was refused. */
  async #alter(
    moves: readonly Move[],
    replicas: (move: Move) => number[] | null,
  ): Promise<ReadonlyMap<string, string>> {
    if (moves.length === 0) return new Map()
    const topics = Array.from(
      Map.groupBy(moves, ({ topic }) => topic),
      ([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map((move) => ({ partitionIndex: move.partition, replicas: replicas(move) })),
      }),
    )
    // What the plan was made of may have changed: as many replicas as there were then is as many as there are to be.
    const request = { topics, allowReplicationFactorChange: false }
    const { responses } = await this.#admin.askWhole(alterPartitionReassignments, request, (reply) => reply)
    const refused = new Map<string, string>()
    for (const { name, partitions } of responses) {
      for (const { partitionIndex, errorCode, errorMessage } of partitions) {
        if (errorCode === ErrorCode.NONE) continue
        refused.set(partitionName(name, partitionIndex), errorText(errorCode, errorMessage))
      }
    }
    return refused
  }
}

const nameOf = ({ topic, partition }: Move): string => partitionName(topic, partition)

const byTopic = (moves: readonly Move[]): PartitionLists =>
  Array.from(
    Map.groupBy(moves, ({ topic }) => topic),
    ([name, ofTopic]) => ({
      name,
      partitionIndexes: ofTopic.map(({ partition }) => partition),
    }),
  )
