/** How a verb that goes on until it is told to stop comes to its end, and what the shell is told of that. */
import { exitFailed, exitInterrupted, exitPipe, exitTerminated } from '../exit-codes.ts'
import type { ProcessContext } from '../process-context.ts'
import { stopOnSignals } from '../stop-signals.ts'
import { Output } from './output.ts'

/** Who has ended by then says nothing of it. */
const tellMs = 500
/** For what is in hand; behind it the process ends, for a broker may be away for ever. */
const graceMs = 5000

export class Ending {
  readonly output: Output
  readonly #verb: string
  readonly #release: () => void
  readonly #told: (() => void)[] = []
  readonly #timers: NodeJS.Timeout[] = []
  #leftBehind: () => string = () => 'what was under way'
  #reason: string | undefined
  #isOver = false

  /** `verb` begins what is told. */
  constructor(verb: string, context: ProcessContext) {
    this.#verb = verb
    this.output = new Output(process.stdout, () => this.#end(undefined))
    const { hasParent } = context
    this.#release = stopOnSignals(process, {
      hasParent,
      isScript: process.env['npm_lifecycle_event'] !== undefined,
      nowMs: () => performance.now(),
      stop: (reason) => this.#stop(reason),
      end: (reason) => process.exit(codeOf(reason)),
    })
  }

  /** A signal has come, or nobody reads the output any more: what is in hand is done, and nothing new begun. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Called once, at once where it is over already. */
  whenOver(told: () => void): void {
    if (this.#isOver) told()
    else this.#told.push(told)
  }

  /** What is not done where the process ends without it, in words. */
  leavesBehind(what: () => string): void {
    this.#leftBehind = what
  }

  release(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#release()
  }

  /** What the process answers to the shell, where the work itself ended with `code`. */
  codeOver(code: number): number {
    const { isBroken, failure } = this.output
    if (failure !== undefined) {
      process.stderr.write(`the output cannot be written: ${failure.message}\n`)
      return exitFailed
    }
    if (isBroken) return exitPipe
    return this.#reason === undefined ? code : codeOf(this.#reason)
  }

  #stop(reason: string): void {
    const say = (text: string): void => void process.stderr.write(`odradek ${this.#verb}: ${reason}: ${text}\n`)
    const giveUp = (): void => {
      say(`not done within ${graceMs / 1000} s; it ends without ${this.#leftBehind()}`)
      process.exit(codeOf(reason))
    }
    this.#timers.push(
      setTimeout(() => say('ending; once more ends it at once'), tellMs),
      setTimeout(giveUp, graceMs),
    )
    this.#end(reason)
  }

  #end(reason: string | undefined): void {
    this.#reason ??= reason
    if (this.#isOver) return
    this.#isOver = true
    for (const told of this.#told.splice(0)) told()
  }
}

const codeOf = (reason: string): number => (reason === 'SIGTERM' ? exitTerminated : exitInterrupted)
