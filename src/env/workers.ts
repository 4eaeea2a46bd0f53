/** Jobs of over a millisecond, by name. Those that are known run in this thread until one is worth a thread's cost. */
import { assert, type Workers } from '../base/index.ts'

export type Job = (input: unknown) => unknown

export class InlineWorkers implements Workers {
  readonly #jobs: ReadonlyMap<string, Job>

  constructor(jobs: ReadonlyMap<string, Job>) {
    this.#jobs = jobs
  }

  async run(name: string, input: unknown): Promise<unknown> {
    const job = this.#jobs.get(name)
    assert(job !== undefined, `there is no job '${name}'`)
    return job(input)
  }
}
