/** Kafka's command line tools in one process, one after the other (`java/Tools.java`): a tenth of a second each, not two. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { javaCommand } from '../../bench/java.ts'
import { JavaProgram } from './java-program.ts'
import { type Tool, toolClass, toolFlags } from './java-tool.ts'

export const tools = new JavaProgram('Tools')

export interface ToolRan {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const timeoutMs = 90_000

export class ToolProcess {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  readonly #interface: Interface
  #stderr = ''

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000)
    })
    this.#interface = createInterface({ input: child.stdout })
    this.#lines = this.#interface[Symbol.asyncIterator]()
  }

  static async start(): Promise<ToolProcess> {
    const args = [...toolFlags, '-cp', await tools.classPath(), tools.name]
    return new ToolProcess(spawn(await javaCommand(), args, { stdio: 'pipe' }))
  }

  /** One at a time. */
  async run(tool: Tool, args: readonly string[]): Promise<ToolRan> {
    this.#child.stdin.write(`${JSON.stringify({ tool: toolClass(tool), args })}\n`)
    const late = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    const { value, done } = await this.#lines.next().finally(() => clearTimeout(late))
    if (done === true) throw new Error(`${tool} ${args.join(' ')}: no answer within ${timeoutMs} ms\n${this.#stderr}`)
    const ran: ToolRan = JSON.parse(value)
    return ran
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#interface.close()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
