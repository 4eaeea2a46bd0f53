/**
 * Carries a plan out: so many partitions at a time, each batch waited for, then led by those that the plan prefers. Throttles are
 * taken away in the end, whatever happened. Who interrupts it has what is under way cancelled: those partitions are where they
 * were, those that were done stay, and the same command goes on from there.
 */
import { alterPartitionReassignments, ErrorCode, listPartitionReassignments } from '../../protocol/index.ts'
import { type ClusterAdmin, errorText } from './admin.ts'
import { electPreferred } from './elections.ts'
import type { Move } from './plan.ts'
import { partitionName } from './seen.ts'
import { removeThrottles, setThrottles } from './throttle.ts'

const pollMsMin = 100
const pollMsMax = 1000

export interface Progress {
  readonly done: number
  readonly total: number
  readonly batch: number
  readonly batches: number
}

export interface ExecutionOptions {
  readonly moves: readonly Move[]
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
  readonly isInterrupted: boolean
  /** What could not be done, and why. */
  readonly failures: readonly string[]
}

type PartitionLists = readonly { readonly name: string; readonly partitionIndexes: number[] }[]

export class Execution {
  readonly #admin: ClusterAdmin
  readonly #options: ExecutionOptions
  readonly #failures: string[] = []
  #done = 0
  #cancelled = 0

  constructor(admin: ClusterAdmin, options: ExecutionOptions) {
    this.#admin = admin
    this.#options = options
  }

  /** Throws AdminError where the cluster does not answer any more; throttles were taken away then too, if that could be. */
  async run(): Promise<Outcome> {
    const { bytesPerSecond } = this.#options
    if (bytesPerSecond === undefined) await this.#runBatches()
    else {
      try {
        await setThrottles(this.#admin, this.#options, bytesPerSecond)
        await this.#runBatches()
      } finally {
        await removeThrottles(this.#admin, this.#options)
      }
    }
    const { aborted } = this.#options.interrupted
    return { done: this.#done, cancelled: this.#cancelled, isInterrupted: aborted, failures: this.#failures }
  }

  async #runBatches(): Promise<void> {
    const { moves, batchSize, interrupted, onProgress } = this.#options
    const batches = Math.ceil(moves.length / batchSize)
    for (let i = 0; i < batches && !interrupted.aborted; i++) {
      const progress = (): void => onProgress({ done: this.#done, total: moves.length, batch: i + 1, batches })
      progress()
      const begun = await this.#begin(moves.slice(i * batchSize, (i + 1) * batchSize))
      const left = await this.#wait(begun, progress)
      const finished = begun.filter((move) => !left.includes(move))
      await electPreferred(this.#admin, finished)
      await this.#cancel(left)
      progress()
    }
  }

  /** Those that the cluster has taken on. */
  async #begin(moves: readonly Move[]): Promise<readonly Move[]> {
    const refused = await this.#alter(moves, ({ to }) => [...to])
    return moves.filter((move) => {
      const reason = refused.get(partitionName(move.topic, move.partition))
      if (reason !== undefined) this.#failures.push(`${partitionName(move.topic, move.partition)}: ${reason}`)
      return reason === undefined
    })
  }

  /** Those that are still under way when it was interrupted. */
  async #wait(moves: readonly Move[], progress: () => void): Promise<readonly Move[]> {
    const { interrupted } = this.#options
    let left = moves
    for (let delayMs = pollMsMin; ; delayMs = Math.min(delayMs * 1.5, pollMsMax)) {
      const before = left.length
      left = await this.#underWay(left)
      this.#done += before - left.length
      if (left.length < before) progress()
      if (left.length === 0 || interrupted.aborted) return left
      await this.#pause(delayMs)
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

  /** One that ends by itself meanwhile is done. */
  async #cancel(moves: readonly Move[]): Promise<void> {
    const refused = await this.#alter(moves, () => null)
    for (const { topic, partition } of moves) {
      const reason = refused.get(partitionName(topic, partition))
      if (reason === undefined) this.#cancelled++
      else if (reason.startsWith('NO_REASSIGNMENT_IN_PROGRESS')) this.#done++
      else this.#failures.push(`${partitionName(topic, partition)} could not be cancelled: ${reason}`)
    }
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
    const { responses } = await this.#admin.askWhole(alterPartitionReassignments, { topics }, (reply) => reply)
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

const byTopic = (moves: readonly Move[]): PartitionLists =>
  Array.from(
    Map.groupBy(moves, ({ topic }) => topic),
    ([name, ofTopic]) => ({
      name,
      partitionIndexes: ofTopic.map(({ partition }) => partition),
    }),
  )
