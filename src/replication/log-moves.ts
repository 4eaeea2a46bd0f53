/** The replicas of this broker that are on their way to another log directory: which, where to, so many at a time. */
import type { Clock, Logger, Uuid } from '../base/index.ts'
import { type Log, type LogManager, Throttle } from '../log/index.ts'
import { LogMove } from './log-move.ts'
import type { Partition } from './partition.ts'

export interface LogMovesOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly directories: readonly LogManager[]
  readonly idOf: (directory: LogManager) => Uuid
  /** Tells the controller where a replica is. */
  readonly report: (partition: Partition, directoryId: Uuid) => void
  /** Nothing is copied any more, and it is where it was. */
  readonly failed: (partition: Partition) => void
  /** All of them together (`replica.alter.log.dirs.io.max.bytes.per.second`). */
  readonly bytesPerSecond: () => number
  /** Who copies at a time (`num.replica.alter.log.dirs.threads`). */
  readonly atOnceMax: () => number
}

export class LogMoves {
  readonly #options: LogMovesOptions
  readonly #throttle: Throttle
  readonly #moves = new Map<Partition, LogMove>()
  #waiting: (() => void)[] = []
  #running = 0
  #isStopped = false
  /** One beginning or end at a time. */
  #changes: Promise<unknown> = Promise.resolve()

  constructor(options: LogMovesOptions) {
    this.#options = options
    this.#throttle = new Throttle(options.clock, options.bytesPerSecond)
  }

  /** Where it goes. */
  targetOf(partition: Partition): LogManager | undefined {
    return this.#moves.get(partition)?.to
  }

  futureOf(partition: Partition): Log | undefined {
    return this.targetOf(partition)?.future({ topic: partition.topic, partition: partition.partitionId })
  }

  /** Goes there from now on, wherever it went before; nothing where it is there. Rejects with DiskError. */
  begin(partition: Partition, to: LogManager, from: LogManager): Promise<void> {
    return this.#serially(async () => {
      if (this.targetOf(partition) === to || this.#isStopped) return
      await this.#end(partition, to)
      if (partition.directory === to.directory || partition.isStopped) return
      const { topic, partitionId, topicId } = partition
      const future = await to.createFuture({ topic, partition: partitionId }, topicId)
      future.config = partition.log.config
      const directoryId = this.#options.idOf(to)
      const report = (): void => this.#options.report(partition, directoryId)
      const move = new LogMove({
        ...this.#options,
        partition,
        from,
        to,
        future,
        directoryId,
        report,
        throttle: this.#throttle,
      })
      this.#moves.set(partition, move)
      void this.#run(partition, move)
    })
  }

  async #run(partition: Partition, move: LogMove): Promise<void> {
    while (this.#running >= this.#options.atOnceMax() && !this.#isStopped) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#running++
    const isDone = this.#moves.get(partition) === move && (await move.run())
    if (this.#moves.get(partition) === move) {
      this.#moves.delete(partition)
      if (!isDone) this.#options.failed(partition)
    }
    this.#running--
    this.#waiting.shift()?.()
  }

  /** Stays where it is; copies are removed, also of a move that has ended without success. */
  cancel(partition: Partition): Promise<void> {
    return this.#serially(() => this.#end(partition, undefined))
  }

  async #end(partition: Partition, kept: LogManager | undefined): Promise<void> {
    const move = this.#moves.get(partition)
    this.#moves.delete(partition)
    await move?.end()
    const topicPartition = { topic: partition.topic, partition: partition.partitionId }
    for (const directory of this.#options.directories) {
      if (directory === kept || !directory.isOnline || directory.future(topicPartition) === undefined) continue
      await directory.dropFuture(topicPartition)
    }
  }

  /** Copying ends; the copies stay, and the next start goes on with them. */
  async stop(): Promise<void> {
    this.#isStopped = true
    // What is beginning would be overlooked.
    await this.#changes
    const moves = [...this.#moves.values()]
    this.#moves.clear()
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.all(moves.map((move) => move.end()))
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(work)
    this.#changes = done.catch(() => undefined)
    return done
  }
}
