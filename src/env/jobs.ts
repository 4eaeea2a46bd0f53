/**
 * The jobs that worker threads know, by name: whole jobs of over a millisecond, functions of their input alone. This file
 * is loaded in each worker, so that it imports what the jobs need and nothing else.
 */
export type Job = (input: unknown) => unknown

export const jobs: ReadonlyMap<string, Job> = new Map()

/** Where a worker finds this table. */
export const jobsUrl: string = import.meta.url
