/** The passes of a compaction as jobs of workers: what they are called, and how they are asked for. */
import { type Clock, DiskError, type Job, type JobRunner, WorkersBusyError } from '../../base/index.ts'
import { RefusedError } from './chunk.ts'
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

/** What the disk refused: an error would lose its class on the way from the thread. */
interface Refusal {
  readonly refused: { readonly code: string; readonly reason: string }
}

const isRefusal = (output: unknown): output is Refusal =>
  typeof output === 'object' && output !== null && 'refused' in output

function orRefusal(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return { refused: { code: error.code, reason: error.message } }
  }
}

/** Senders and jobs are typed by the same interfaces. */
export const compactionJobs: ReadonlyMap<string, Job> = new Map<string, Job>([
  [indexName, (input, host) => orRefusal(() => indexChunk(input as IndexChunkInput, host))],
  [filterName, (input, host) => orRefusal(() => filterChunk(input as FilterChunkInput, host))],
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
        const output = await this.#workers.run(name, input)
        if (isRefusal(output)) throw new DiskError(output.refused.code, '', output.refused.reason)
        return output
      } catch (error) {
        if (!(error instanceof WorkersBusyError)) throw error
        await nap(this.#clock, busyNapMs)
        this.#check()
      }
    }
  }
}
