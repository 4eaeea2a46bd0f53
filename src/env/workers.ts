/**
 * A few threads for whole jobs of over a millisecond. A thread is started when a job comes and none is idle, keeps the
 * process alive only while it works, and is ended when it has failed. A round trip costs some 30 us: nothing that is
 * done per request comes here.
 */
import { Worker } from 'node:worker_threads'
import { BoundedQueue, type JobRunner, JobTimeoutError, type Workers, WorkersBusyError } from '../base/index.ts'

export interface WorkerPoolOptions {
  /** Of a module that exports `jobs`, a map of functions by name. */
  readonly jobsUrl: string
  readonly threadsMax: number
  /** Jobs that wait for a thread; more are refused. */
  readonly queueMax: number
  /** Its threads yield to all others: on Linux, where a thread has a priority of its own. */
  readonly isBackground?: boolean
  /** False: the process does not wait for its jobs when there is nothing else. Default true. */
  readonly keepsAlive?: boolean
  /** Milliseconds: a job that takes longer is ended, and its thread with it. Default: none is. */
  readonly jobMsMax?: number
}

interface Waiting {
  readonly name: string
  readonly input: unknown
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}

/** A tenth of the share that others get of a processor that is wanted by both. */
const backgroundNice = 10

type Answer = { readonly output: unknown } | { readonly error: Error }

/**
 * Runs in the thread: one job at a time, errors sent back as they are. What `transfer` of an output names is moved, not copied. A script or a
 * module, as the process was told to take texts (`--input-type`): there is `require` in one of them alone.
 */
const program = `
const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads')
if (workerData.nice > 0) process.getBuiltinModule('node:os').setPriority(0, workerData.nice)
const table = import(workerData.jobsUrl)
const { readSync, writeSync } = process.getBuiltinModule('node:fs')
const host = {
  readSync: ({ fd }, into, position) => readSync(fd, into, 0, into.length, position),
  writeSync: ({ fd }, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
}
parentPort.on('message', async ({ name, input }) => {
  try {
    const job = (await table).jobs.get(name)
    if (job === undefined) throw new RangeError("there is no job '" + name + "'")
    const output = await job(input, host)
    parentPort.postMessage({ output }, output?.transfer ?? [])
  } catch (error) {
    parentPort.postMessage({ error })
  }
})`

class Thread {
  readonly #worker: Worker
  readonly #options: WorkerPoolOptions
  #job: Waiting | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: Error | undefined

  /** `done`: it is free again; `ended`: it is no more. */
  constructor(
    options: WorkerPoolOptions,
    told: { readonly done: (thread: Thread) => void; readonly ended: (thread: Thread) => void },
  ) {
    this.#options = options
    const { jobsUrl, isBackground } = options
    const nice = isBackground === true && process.platform === 'linux' ? backgroundNice : 0
    this.#worker = new Worker(program, { eval: true, workerData: { jobsUrl, nice } })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => {
      // It is being ended: whatever would be begun in it now would be lost.
      if (this.#failure !== undefined) return
      const job = this.#ended()
      this.#worker.unref()
      if ('error' in answer) job?.reject(answer.error)
      else job?.resolve(answer.output)
      told.done(this)
    })
    this.#worker.on('error', (error: Error) => {
      this.#failure ??= error
    })
    this.#worker.on('exit', (code) => {
      const job = this.#ended()
      told.ended(this)
      job?.reject(this.#failure ?? new Error(`the thread of job '${job.name}' ended with code ${code}`))
    })
  }

  #ended(): Waiting | undefined {
    clearTimeout(this.#timer)
    const job = this.#job
    this.#job = undefined
    return job
  }

  start(job: Waiting): void {
    this.#job = job
    const { keepsAlive = true, jobMsMax } = this.#options
    if (keepsAlive) this.#worker.ref()
    else this.#worker.unref()
    const { name, input } = job
    if (jobMsMax !== undefined) this.#timer = setTimeout(() => this.#tooLate(name, jobMsMax), jobMsMax).unref()
    try {
      this.#worker.postMessage({ name, input })
    } catch (error) {
      // The input cannot be cloned: the caller's fault, and the thread is as free as before.
      this.#ended()
      this.#worker.unref()
      throw error
    }
  }

  #tooLate(name: string, ms: number): void {
    this.#failure = new JobTimeoutError(`'${name}' took longer than ${ms} ms, and was ended`)
    void this.#worker.terminate()
  }
}

export class WorkerPool implements JobRunner {
  readonly #options: WorkerPoolOptions
  readonly #queue: BoundedQueue<Waiting>
  readonly #idle: Thread[] = []
  #threads = 0

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#queue = new BoundedQueue(options.queueMax)
  }

  run(name: string, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const job = { name, input, resolve, reject }
      const thread = this.#idle.pop() ?? this.#begin()
      if (thread !== undefined) this.#start(thread, job)
      else if (!this.#queue.push(job))
        reject(new WorkersBusyError(`${this.#queue.capacity} jobs wait already; '${name}' is refused`))
    })
  }

  #begin(): Thread | undefined {
    if (this.#threads === this.#options.threadsMax) return undefined
    this.#threads++
    return new Thread(this.#options, {
      done: (thread) => this.#next(thread),
      ended: (ended) => {
        this.#threads--
        const at = this.#idle.indexOf(ended)
        if (at >= 0) this.#idle.splice(at, 1)
        const job = this.#queue.shift()
        const thread = job && this.#begin()
        if (job !== undefined && thread !== undefined) this.#start(thread, job)
      },
    })
  }

  #next(thread: Thread): void {
    const job = this.#queue.shift()
    if (job === undefined) this.#idle.push(thread)
    else this.#start(thread, job)
  }

  #start(thread: Thread, job: Waiting): void {
    try {
      thread.start(job)
    } catch (error) {
      job.reject(error instanceof Error ? error : new Error(String(error)))
      this.#next(thread)
    }
  }
}

/** The threads of a process. */
export class SystemWorkers implements Workers {
  readonly background: JobRunner
  readonly #jobs: JobRunner

  constructor(jobsUrl: string) {
    this.#jobs = new WorkerPool({ jobsUrl, threadsMax: 2, queueMax: 1024 })
    this.background = new WorkerPool({ jobsUrl, threadsMax: 4, queueMax: 1024, isBackground: true })
  }

  run(name: string, input: unknown): Promise<unknown> {
    return this.#jobs.run(name, input)
  }
}
