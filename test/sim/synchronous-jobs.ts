/**
 * The node's jobs for a simulated world: done by a thread as in a real node, for which the whole world stands still. A job
 * that is awaited in this thread would come back after as many turns of the real loop as the machine likes, and a seed
 * would not give the same trace twice.
 */
import assert from 'node:assert/strict'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Job } from '../../src/base/index.ts'
import { compactionJobs } from '../../src/log/index.ts'
import { jobs, jobsUrl } from '../../src/node/index.ts'

const program = `
const { port, done, jobsUrl } = require('node:worker_threads').workerData
const table = import(jobsUrl)
port.on('message', async ({ name, input }) => {
  let answer
  try {
    answer = { output: await (await table).jobs.get(name)(input) }
  } catch (error) {
    answer = { error }
  }
  port.postMessage(answer)
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
})`

/** Far more than a job of a workload takes. */
const waitMs = 60_000

class JobThread {
  readonly #done = new Int32Array(new SharedArrayBuffer(4))
  readonly #port: MessagePort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const workerData = { port: port2, done: this.#done, jobsUrl }
    new Worker(program, { eval: true, workerData, transferList: [port2] }).unref()
    port1.unref()
  }

  run(name: string, input: unknown): unknown {
    Atomics.store(this.#done, 0, 0)
    this.#port.postMessage({ name, input })
    assert.notEqual(Atomics.wait(this.#done, 0, 0, waitMs), 'timed-out', `job '${name}' does not end`)
    const answer: unknown = receiveMessageOnPort(this.#port)?.message
    assert.ok(typeof answer === 'object' && answer !== null)
    if ('error' in answer) throw answer.error
    assert.ok('output' in answer)
    return answer.output
  }
}

let thread: JobThread | undefined

const inThread = (name: string): Job => {
  return (input) => {
    thread ??= new JobThread()
    return thread.run(name, input)
  }
}

/**
 * By name; the thread is started when the first one is run. Compaction's jobs are synchronous by themselves, and read files
 * of the simulated disk, which no other thread has.
 */
export const synchronousJobs: ReadonlyMap<string, Job> = new Map(
  [...jobs.keys()].map((name) => [name, compactionJobs.get(name) ?? inThread(name)]),
)
