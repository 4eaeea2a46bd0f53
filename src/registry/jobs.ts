/** The jobs of the thread in which schemas are read and compared. Loaded there, so that it imports what they need and nothing else. */
import type { Job } from '../base/index.ts'
import { formats } from './formats/index.ts'
import { schemaJobs } from './schema-work.ts'

export const jobs: ReadonlyMap<string, Job> = schemaJobs(formats)

/** Where a worker finds this table. */
export const jobsUrl: string = import.meta.url
