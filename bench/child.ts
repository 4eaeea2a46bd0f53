/**
 * Child processes: run one to its end within a time, or keep one running with its output in a file. Nothing started
 * here outlives this process. It does not know what it runs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface RunOptions extends Command {
  readonly timeoutMs: number
  readonly input?: string
}

export interface Ran {
  /** Undefined when the process was killed: by the time-out, or by another. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** More is cut off: a run that is told too much fails by what is missing, not by its memory. */
const outputCharactersMax = 256 * 1024 * 1024
const living = new Set<ChildProcess>()
let isGuarded = false

/** Not before there is a child: who has none may end on a signal in its own way. */
function guard(): void {
  if (isGuarded) return
  isGuarded = true
  process.on('exit', () => {
    for (const child of living) child.kill('SIGKILL')
  })
  // By default these end a process without its 'exit'.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
}

function keep(child: ChildProcess): ChildProcess {
  guard()
  living.add(child)
  child.on('exit', () => living.delete(child))
  return child
}

/** Runs a command to its end. A time-out kills it and gives `code: undefined`. */
export function run(options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.command, options.args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    })
    keep(child)
    let stdout = ''
    let stderr = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < outputCharactersMax) stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < outputCharactersMax) stderr += text
    })
    // A command that ends before it read all its input is no failure of ours: its exit code tells.
    child.stdin.on('error', () => child.stdin.destroy())
    child.stdin.end(options.input ?? '')
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? undefined, stdout, stderr })
    })
  })
}

/** Runs a command that must succeed, and gives what it wrote to standard output. */
export async function runOrThrow(options: RunOptions): Promise<string> {
  const ran = await run(options)
  if (ran.code === 0) return ran.stdout
  const why = ran.code === undefined ? `did not end within ${options.timeoutMs} ms` : `ended with ${ran.code}`
  const command = [options.command, ...options.args].join(' ').slice(0, 400)
  throw new Error(`${command}\n${why}\n${ran.stdout.slice(-4000)}\n${ran.stderr.slice(-4000)}`)
}

export interface ServerCommand extends Command {
  readonly logFile: string
}

/** A process that runs until it is stopped, its output in a file. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #logFile: string
  readonly #exited: Promise<void>

  constructor(command: ServerCommand) {
    this.#logFile = command.logFile
    const log = openSync(command.logFile, 'a')
    this.#child = keep(
      spawn(command.command, command.args, {
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        env: { ...process.env, ...command.env },
        stdio: ['ignore', log, log],
      }),
    )
    closeSync(log)
    this.#exited = new Promise((resolve) => {
      this.#child.on('exit', () => resolve())
      this.#child.on('error', () => resolve())
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error(`the server did not start: ${this.#child.spawnfile}`)
    return pid
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get exited(): Promise<void> {
    return this.#exited
  }

  logTail(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-6000)
  }

  /** As a power cut for the process: no clean end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** Asks for a clean end; kills after `graceMs`. Returns whether it ended by itself. */
  async stop(graceMs = 20_000): Promise<boolean> {
    if (!this.isRunning) return true
    this.#child.kill('SIGTERM')
    const grace = new AbortController()
    const ended = await Promise.race([
      this.#exited.then(() => true),
      delay(graceMs, false, { signal: grace.signal }).catch(() => false),
    ])
    grace.abort()
    if (!ended) {
      this.#child.kill('SIGKILL')
      await this.#exited
    }
    return ended
  }
}
