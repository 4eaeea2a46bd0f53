/** A command of Odradek's in a process of its own, for tests. */
import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export const command = join(import.meta.dirname, '..', '..', '..', 'bin', 'odradek.js')

export interface RunOptions extends Pick<SpawnOptions, 'detached'> {
  /** Options of Node. */
  readonly node?: readonly string[]
  /** Of another `bin/odradek.js`. */
  readonly path?: string
}

export class Run {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  output = ''

  constructor(args: readonly string[], cwd: string, options: RunOptions = {}) {
    const { node = [], path = command, ...more } = options
    this.child = spawn(process.execPath, [...node, path, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...more })
    this.child.stdout?.on('data', (chunk) => this.#take(chunk))
    this.child.stderr?.on('data', (chunk) => this.#take(chunk))
    this.ended = once(this.child, 'close').then(() => this.child.exitCode)
  }

  #take(chunk: Buffer): void {
    this.output += chunk
    this.child.emit('output')
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output)
      if (found !== null) return found
      const isOver = await Promise.race([once(this.child, 'output').then(() => false), this.ended.then(() => true)])
      if (isOver && !pattern.test(this.output)) assert.fail(`the command ended without ${pattern}:\n${this.output}`)
    }
  }
}
