/**
 * One point of the sweep: the script runs on an empty simulated disk until its world stops at the n-th disk operation; then
 * the next process is held against what was promised, goes on, ends in one of two ways, and so does the one after it.
 */
import assert from 'node:assert/strict'
import { compactionJobs, partitionMetadataName, readWholeFile } from '../../../src/log/index.ts'
import { type DiskOperation, type Fate, type LogLine, World } from '../../../src/sim/index.ts'
import { checkIndexes, checkNothingDeleted, checkNothingUnfinished } from './directory-checks.ts'
import { checkRestartedLog } from './log-checks.ts'
import { Promises } from './promises.ts'
import { goOn, script } from './script.ts'
import { directory, nodeName, SweepProcess } from './sweep-process.ts'
import { type TopicName, topicNames } from './topics.ts'

export type How = Fate | 'killed'

export interface Point {
  readonly seed: number
  /** The operation of the script that is not done any more; undefined: it runs to its end. */
  readonly nth: number | undefined
  readonly how: How
  /** The first restart ends too, at that operation of it. */
  readonly again?: { readonly nth: number; readonly how: How } | undefined
}

export interface PointOutcome {
  readonly hash: string
  /** Operations of the script, and of the first restart. */
  readonly operations: number
  readonly restartOperations: number
  readonly counts: ReadonlyMap<DiskOperation, number>
  /** Answered appends whose records the power took, all of them not flushed. */
  readonly lost: number
}

class CrashPoint {
  readonly #point: Point
  readonly #world: World
  readonly #promises = new Promises()
  #lines: LogLine[] = []
  #process: SweepProcess | undefined
  #lost = 0

  constructor(point: Point) {
    this.#point = point
    this.#world = new World({
      seed: point.seed,
      turn: setImmediate,
      jobs: compactionJobs,
      log: (line) => void this.#lines.push(line),
    })
  }

  get #operations(): number {
    return this.#world.disk(nodeName).operations
  }

  async run(): Promise<PointOutcome> {
    const { nth, how, again } = this.#point
    await this.#format()
    const formatted = this.#operations
    await this.#untilStopped(nth, how, async () => {
      for (const step of script) {
        await step(await this.#started())
        if (this.#promises.isClean) this.#process = undefined
      }
    })
    const operations = this.#operations - formatted
    const counts = new Map(this.#world.disk(nodeName).counts)
    const restart = async (): Promise<void> => {
      await this.#start()
    }
    if (again !== undefined) await this.#untilStopped(again.nth, again.how, restart)
    const before = this.#operations
    if (this.#process === undefined) await restart()
    const restartOperations = this.#operations - before
    await this.#check()
    await goOn(await this.#started())
    await this.#endAndCheck(nth ?? 0)
    return { hash: this.#world.traceHash(), operations, restartOperations, counts, lost: this.#lost }
  }

  /** The directory is there, durably, before any process uses it. */
  async #format(): Promise<void> {
    const { disk } = this.#world.env(nodeName)
    await disk.makeDirectory(directory)
    await disk.syncDirectory('/')
  }

  async #start(): Promise<SweepProcess> {
    this.#lines = []
    const { isClean } = this.#promises
    this.#process = await SweepProcess.start(this.#world, this.#promises)
    this.#promises.isClean = false
    for (const { loading } of isClean ? this.#process.manager.logs : []) {
      assert.equal(loading.segmentsReadAgain, 0, 'a clean stop leaves nothing to recover')
    }
    return this.#process
  }

  async #started(): Promise<SweepProcess> {
    return this.#process ?? this.#start()
  }

  /** Does `work`, of which the world may stop in the middle. */
  async #untilStopped(nth: number | undefined, how: How, work: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (nth !== undefined) this.#world.endInOperation(nodeName, nth, { how, ended: () => resolve(this.#over(how)) })
    await Promise.race([work(), promise])
    this.#checkFailures()
  }

  /** In the very moment of the end. */
  #over(how: How): void {
    this.#process?.observe()
    this.#checkFailures()
    this.#process = undefined
    this.#promises.isClean = false
    if (how === 'dropped' || how === 'torn') this.#promises.isLossless = false
  }

  #checkFailures(): void {
    assert.deepEqual(this.#process?.failures ?? [], [], 'nothing fails by itself')
  }

  async #check(): Promise<void> {
    const process = await this.#started()
    const { disk } = this.#world.env(nodeName)
    await checkNothingUnfinished(disk)
    const errors = this.#lines.filter(({ level, message }) => level === 'error' && message !== holeMessage)
    assert.deepEqual(errors, [], 'a restart after a loss of power names no other error')
    for (const topic of topicNames) await this.#checkTopic(process, topic)
    this.#promises.isLossless = true
    this.#checkFailures()
  }

  async #checkTopic(process: SweepProcess, topic: TopicName): Promise<void> {
    const promise = this.#promises.of(topic)
    const log = process.manager.get({ topic, partition: 0 })
    if (promise.exists !== 'unknown') assert.equal(log !== undefined, promise.exists === 'yes', `${topic} is there`)
    if (log === undefined) {
      promise.startOver([], 'no')
      return
    }
    const path = `${directory}/${topic}-0/${partitionMetadataName}`
    const text = (await readWholeFile(this.#world.env(nodeName).disk, path, 1000))?.toString() ?? ''
    const topicId = promise.topicIds.find((id) => text.includes(id))
    assert.ok(topicId !== undefined || (text === '' && promise.exists === 'unknown'), `${topic} is of '${text}'`)
    const isHoleTold = this.#lines.some(({ part, message }) => part === `${topic}-0` && message === holeMessage)
    const { acknowledgedEnd } = promise
    await checkRestartedLog({ log, promise, isLossless: this.#promises.isLossless, isHoleTold })
    this.#lost += Math.max(0, acknowledgedEnd - log.logEndOffset)
    promise.topicIds = topicId === undefined ? [] : [topicId]
    // Without the file of its id it is not yet what its topic asks for.
    promise.exists = topicId === undefined ? 'no' : 'yes'
  }

  /** In turns a clean stop, and a loss of all that is not synced. */
  async #endAndCheck(turn: number): Promise<void> {
    const process = await this.#started()
    const isClean = turn % 2 === 0
    if (isClean) {
      await process.stop()
      this.#process = undefined
      const { disk } = this.#world.env(nodeName)
      await checkNothingDeleted(disk)
      await checkIndexes(disk)
    } else {
      this.#world.crash(nodeName, 'dropped')
      this.#over('dropped')
    }
    await this.#check()
    const last = await this.#started()
    await last.stop()
    this.#checkFailures()
  }

  /** All of it, in the time of the world. */
  settle(): Promise<PointOutcome> {
    return this.#world.settle(this.run(), 36_000_000)
  }
}

const holeMessage = 'records are missing between two segments'

export async function runPoint(point: Point): Promise<PointOutcome> {
  try {
    return await new CrashPoint(point).settle()
  } catch (error) {
    throw new Error(`at ${JSON.stringify(point)}`, { cause: error })
  }
}
