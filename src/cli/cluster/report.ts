/** What a command that moves replicas tells while it works: a bar on a terminal, lines elsewhere, objects for programs. */
import type { Outcome, Progress } from './execution.ts'
import type { Plan } from './plan.ts'
import { progressBar, shownPlan } from './shown.ts'

/** What this needs of `process.stdout` and `process.stderr`. */
interface TextStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface ReportOptions {
  readonly isJson: boolean
  readonly out: TextStream
  readonly progress: TextStream
}

export class Report {
  readonly #options: ReportOptions
  #last = ''
  #hasBar = false

  constructor(options: ReportOptions) {
    this.#options = options
  }

  plan(plan: Plan): void {
    const { isJson, out } = this.#options
    if (isJson) this.#object({ kind: 'plan', ...plan })
    else out.write(`${shownPlan(plan)}\n`)
  }

  progress(progress: Progress): void {
    const { isJson, progress: stream } = this.#options
    const text = `${progressBar(progress)}, batch ${progress.batch} of ${progress.batches}`
    if (text === this.#last) return
    this.#last = text
    if (isJson) this.#object({ kind: 'progress', ...progress })
    else if (stream.isTTY === true) {
      this.#hasBar = true
      stream.write(`\r${text}\u001b[K`)
    } else
      stream.write(`${progress.done} of ${progress.total} partitions, batch ${progress.batch} of ${progress.batches}\n`)
  }

  /** A sentence to the person who waits. */
  say(text: string): void {
    const { isJson, progress: stream } = this.#options
    this.endBar()
    if (isJson) this.#object({ kind: 'note', text })
    else stream.write(`${text}\n`)
  }

  /** The result: to the standard output. */
  end(text: string, outcome: Outcome | undefined): void {
    const { isJson, out } = this.#options
    this.endBar()
    if (isJson) this.#object({ kind: 'end', text, ...outcome })
    else out.write(`${text}\n`)
  }

  endBar(): void {
    if (this.#hasBar) this.#options.progress.write('\n')
    this.#hasBar = false
    this.#last = ''
  }

  #object(value: Readonly<Record<string, unknown>>): void {
    this.#options.out.write(`${JSON.stringify(value)}\n`)
  }
}
