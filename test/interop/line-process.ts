/** A program that writes one JSON object a line, and may be killed: how the suites hold members of a group. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Command } from '../../bench/child.ts'

export type Line = Readonly<Record<string, unknown>>
/** Of our programs in other languages; all take the same. */
export type LineOptions = Readonly<Record<string, string | number | true>>

const isLine = (value: unknown): value is Line => typeof value === 'object' && value !== null
const stderrCharactersMax = 8000

export const optionArguments = (options: LineOptions): string[] =>
  Object.entries(options).flatMap(([key, value]) => (value === true ? [`--${key}`] : [`--${key}`, `${value}`]))

/** Of a program that has ended. */
export const linesOf = (output: string): Line[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): Line => JSON.parse(line))

export class LineProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #stderr = ''

  constructor(command: Command, onLine: (line: Line) => void) {
    const child = spawn(command.command, command.args, {
      env: { ...process.env, ...command.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    // Not 'exit': what it wrote before its end has been read by then.
    this.#exited = once(child, 'close')
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrCharactersMax)
    })
    createInterface({ input: child.stdout }).on('line', (text) => {
      // Java tools also print warnings; what is no JSON object is none of ours.
      if (!text.startsWith('{')) return
      const line: unknown = JSON.parse(text)
      if (isLine(line)) onLine(line)
    })
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Undefined while it runs, and of one that a signal ended. */
  get exitCode(): number | undefined {
    return this.#child.exitCode ?? undefined
  }

  get stderr(): string {
    return this.#stderr
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal)
    await this.#exited
  }
}
