/** A command of Odradek's in a process of its own, with its input, its output and its errors apart. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { command } from './run.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export class Piped implements Disposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #stdout: Buffer[] = []
  readonly #closed: Promise<unknown>
  #stderr = ''

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdout.on('data', (chunk: Buffer) => void this.#stdout.push(chunk))
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    // A command that ends without reading its input is none of the test's business.
    this.child.stdin.on('error', () => undefined)
    this.#closed = once(this.child, 'close')
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  async untilStdout(wanted: (stdout: Buffer) => boolean): Promise<void> {
    while (!wanted(this.stdout)) {
      const isOver = await Promise.race([
        once(this.child.stdout, 'data').then(() => false),
        this.#closed.then(() => true),
      ])
      if (isOver && !wanted(this.stdout)) throw new Error(`the command ended before:\n${this.stdout}\n${this.#stderr}`)
    }
  }

  /** So that what a failed test leaves behind does not keep its process. */
  [Symbol.dispose](): void {
    this.child.kill('SIGKILL')
  }

  async ended(): Promise<Ended> {
    await this.#closed
    return { code: this.child.exitCode, stdout: this.stdout, stderr: this.#stderr }
  }
}

export async function piped(args: readonly string[], input: Uint8Array | string = ''): Promise<Ended> {
  using run = new Piped(args)
  run.child.stdin.end(input)
  return await run.ended()
}
