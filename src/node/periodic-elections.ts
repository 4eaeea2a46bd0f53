/**
 * The elections of the active controller's own accord, by time: one kind of them. A round looks at the partitions that want one
 * when it begins, some at a time, so that a big cluster holds up nobody.
 */
import type { Clock, Logger, Timer } from '../base/index.ts'
import type { TopicPartition, WilledElection } from '../metadata/index.ts'

export interface PeriodicElectionsOptions {
  readonly kind: WilledElection
  readonly intervalMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly wanting: () => readonly TopicPartition[]
  /** Resolves to the number of those that have another leader, when that is committed. */
  readonly elect: (partitions: readonly TopicPartition[]) => Promise<number>
  readonly onFailure: (error: unknown) => void
}

/** A millisecond's work or so, two on a slow machine. */
const sliceMax = 200
/** Requests come between two slices. */
const betweenSlicesMs = 10

const told: Readonly<Record<WilledElection, string>> = {
  preferred: 'gave partitions their preferred leaders back',
  unclean: 'elected leaders for partitions that had none, though they may lack records: the topics allow it',
}

export class PeriodicElections {
  readonly #options: PeriodicElectionsOptions
  #timer: Timer | undefined
  /** Of the round that is under way, those that are left. */
  #left: readonly TopicPartition[] = []
  #elected = 0
  /** An answer to a run that has been stopped comes too late. */
  #run = 0

  constructor(options: PeriodicElectionsOptions) {
    this.#options = options
  }

  start(): void {
    this.#later(this.#options.intervalMs)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#run++
    this.#left = []
    this.#elected = 0
  }

  #later(delayMs: number): void {
    this.#timer = this.#options.clock.after(delayMs, () => this.#slice())
  }

  #slice(): void {
    const { wanting, elect, onFailure } = this.#options
    if (this.#left.length === 0) this.#left = wanting()
    const run = this.#run
    const partitions = this.#left.slice(0, sliceMax)
    if (partitions.length === 0) {
      this.start()
      return
    }
    this.#left = this.#left.slice(sliceMax)
    elect(partitions).then((elected) => {
      if (run !== this.#run) return
      this.#elected += elected
      if (this.#left.length > 0) this.#later(betweenSlicesMs)
      else this.#end()
    }, onFailure)
  }

  #end(): void {
    const { kind, logger } = this.#options
    const level = kind === 'unclean' ? 'warn' : 'info'
    if (this.#elected > 0) logger.log(level, told[kind], { partitions: this.#elected })
    this.#elected = 0
    this.start()
  }
}
