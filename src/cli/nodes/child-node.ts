/**
 * One node as a process of its own, of which its lines, its readiness and its end are told.
 *
 * Not a thread: an assertion that fails, memory that runs out or a native module that crashes ends a whole process, so that a node in a
 * thread would take all others with it; each process has a loop and a collector of its own, so that a pause of one is not a pause
 * of all; and the flags of V8 that `odradek start` sets hold for a process. What is told here is what runs on machines apart.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { leaveMessage, leftMessage, readyMessage } from './parent-channel.ts'

export interface ChildNodeOptions {
  readonly id: number
  /** Its `server.properties`. */
  readonly path: string
  /** Of `odradek start`. */
  readonly flags: readonly string[]
  readonly onLine: (line: string) => void
  readonly onReady: () => void
  readonly onEnd: () => void
}

/** As `bin/odradek.js` tells a process that its parent stands in front of it: that one's death stops it. */
const hasParent = { ODRADEK_RESTARTED: '1' }

export class ChildNode {
  readonly id: number
  readonly #process: ChildProcess
  readonly #ended = Promise.withResolvers<void>()
  readonly #left = Promise.withResolvers<void>()
  #isReady = false
  #isTold = false
  #outcome: string | undefined
  #isOver = false

  constructor({ id, path, flags, onLine, onReady, onEnd }: ChildNodeOptions) {
    this.id = id
    const [, command = ''] = process.argv
    this.#process = spawn(process.execPath, [...process.execArgv, command, 'start', path, ...flags], {
      // A Ctrl-C on the terminal is for the one that stops all in order, not for each of them at once.
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...hasParent },
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) readLines(stream, onLine)
    this.#process.on('message', (message) => {
      if (message === leftMessage) this.#left.resolve()
      if (message !== readyMessage) return
      this.#isReady = true
      onReady()
    })
    const end = (outcome: string | undefined): void => {
      if (this.#isOver) return
      this.#isOver = true
      this.#outcome = outcome
      this.#ended.resolve()
      this.#left.resolve()
      onEnd()
    }
    this.#process.on('error', (error) => end(`cannot be run: ${error.message}`))
    this.#process.on('close', (code, signal) => end(this.#outcomeOf(code, signal)))
  }

  /** Code 0 is a node that somebody has stopped; one that is told to stop before it can listen for that has done nothing yet. */
  #outcomeOf(code: number | null, signal: string | null): string | undefined {
    if (code === 0 || (this.#isTold && signal === 'SIGTERM' && !this.#isReady)) return undefined
    return signal === null ? `ended with code ${code}` : `was ended by ${signal}`
  }

  /** Undefined where there is none. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  get isReady(): boolean {
    return this.#isReady && !this.#isOver
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** How it failed; undefined if it was told to end, by whomever, and did. */
  get failure(): string | undefined {
    return this.#outcome
  }

  /** Its broker hands leadership over, where it serves yet; resolves when that is done, or the node has ended. */
  leave(): Promise<void> {
    if (!this.isReady) return Promise.resolve()
    this.#process.send(leaveMessage, () => undefined)
    return this.#left.promise
  }

  /** Under control; resolves when it has ended. */
  stop(): Promise<void> {
    this.#isTold = true
    if (!this.#isOver) this.#process.kill('SIGTERM')
    return this.#ended.promise
  }

  endAtOnce(): void {
    this.#process.kill('SIGKILL')
  }
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
}
