/**
 * The jobs that worker threads do for a node, by name: whole jobs of over a millisecond, functions of their input alone.
 * Loaded in each worker, so that it imports what the jobs need and nothing else.
 */
import type { Job } from '../base/index.ts'
import { compactionJobs } from '../log/index.ts'
import { type InvalidBatch, type TopicRules, type ValidBatch, validateSlowly } from '../records/index.ts'

interface ValidateInput {
  readonly records: Uint8Array
  readonly options: {
    readonly topic: TopicRules
    readonly nowMs: number
    readonly decompressedLimitBytes: number
  }
}

const validate = ({ records, options }: ValidateInput): Promise<ValidBatch | InvalidBatch> =>
  validateSlowly(records, options)

/** The senders are typed by the same interface. */
export const jobs: ReadonlyMap<string, Job> = new Map<string, Job>([
  ['validate-produced', (input) => validate(input as ValidateInput)],
  ...compactionJobs,
])

/** Where a worker finds this table. */
export const jobsUrl: string = import.meta.url
