/** How a verb that goes on until it is told to stop comes to its end, and what the shell is told of that. */
import { exitFailed, exitInterrupted, exitPipe, exitTerminated } from '../exit-codes.ts'
import type { ProcessContext } from '../process-context.ts'
import { stopOnSignals } from '../stop-signals.ts'
import { Output } from './output.ts'

export class Ending {
  readonly output: Output
  readonly #release: () => void
  readonly #told: (() => void)[] = []
  #reason: string | undefined
  #isOver = false

  constructor(context: ProcessContext) {
    this.output = new Output(process.stdout, () => this.#end(undefined))
    const { hasParent } = context
    this.#release = stopOnSignals(process, {
      hasParent,
      isScript: process.env['npm_lifecycle_event'] !== undefined,
      nowMs: () => performance.now(),
      stop: (reason) => this.#end(reason),
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

  release(): void {
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

  #end(reason: string | undefined): void {
    this.#reason ??= reason
    if (this.#isOver) return
    this.#isOver = true
    for (const told of this.#told.splice(0)) told()
  }
}

const codeOf = (reason: string): number => (reason === 'SIGTERM' ? exitTerminated : exitInterrupted)
