/** The passes of a compaction as jobs of workers: what they are called, and how they are asked for. */
import { type Clock, type JobRunner, WorkersBusyError } from '../../base/index.ts'
import { type FilterChunkInput, type FilterChunkOutput, filterChunk } from './filter-chunk.ts'
import { type IndexChunkInput, type IndexChunkOutput, indexChunk } from './index-chunk.ts'
import { KeyOffsets } from './key-offsets.ts'
import { nap } from './throttle.ts'

const indexName = 'compaction-index'
const filterName = 'compaction-filter'
const growName = 'compaction-grow'
/** The batches of clients come first. */
const busyNapMs = 50

interface GrowInput {
  readonly keys: SharedArrayBuffer
  readonly bytes: number
  readonly loadFactor: number
}

const grow = ({ keys, ...options }: GrowInput): SharedArrayBuffer => new KeyOffsets(keys).grown(options).memory

/** Senders and jobs are typed by the same interfaces. */
export const compactionJobs: ReadonlyMap<string, (input: unknown) => unknown> = new Map<
  string,
  (input: unknown) => unknown
>([
  [indexName, (input) => indexChunk(input as IndexChunkInput)],
  [filterName, (input) => filterChunk(input as FilterChunkInput)],
  [growName, (input) => grow(input as GrowInput)],
])

export class CompactionJobs {
  readonly #workers: JobRunner
  readonly #clock: Clock
  readonly #check: () => void

  constructor(options: { readonly workers: JobRunner; readonly clock: Clock; readonly check: () => void }) {
    this.#workers = options.workers
    this.#clock = options.clock
    this.#check = options.check
  }

  async index(input: IndexChunkInput): Promise<IndexChunkOutput> {
    return (await this.#run(indexName, input)) as IndexChunkOutput
  }

  async filter(input: FilterChunkInput): Promise<FilterChunkOutput> {
    return (await this.#run(filterName, input)) as FilterChunkOutput
  }

  async grow(input: GrowInput): Promise<SharedArrayBuffer> {
    return (await this.#run(growName, input)) as SharedArrayBuffer
  }

  async #run(name: string, input: unknown): Promise<unknown> {
    for (;;) {
      try {
        return await this.#workers.run(name, input)
      } catch (error) {
        if (!(error instanceof WorkersBusyError)) throw error
        await nap(this.#clock, busyNapMs)
        this.#check()
      }
    }
  }
}
