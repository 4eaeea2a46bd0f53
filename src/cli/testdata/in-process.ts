/** A verb in the process of the test, so that not each of a hundred calls waits for a Node to start. It has no standard input. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { mock } from 'node:test'
import type { ProcessContext } from '../process-context.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

type Written = Readonly<Record<'stdout' | 'stderr', Uint8Array[]>>

const commands = new AsyncLocalStorage<Written>()

/** What the test itself writes at the same time, or who reports on it, goes where it always does. */
function divert(name: 'stdout' | 'stderr'): void {
  const stream = process[name]
  const write = stream.write.bind(stream)
  mock.method(stream, 'write', (...args: Parameters<typeof write>): boolean => {
    const written = commands.getStore()
    if (written === undefined) return write(...args)
    const [chunk, ...more] = args
    written[name].push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk.slice())
    const done: unknown = more.find((it) => typeof it === 'function')
    if (typeof done === 'function') setImmediate(() => done())
    return true
  })
}

// Verbs listen to the output for as long as their process is there.
process.stdout.setMaxListeners(0)
divert('stdout')
divert('stderr')

export async function inProcess(
  run: (args: readonly string[], context: ProcessContext) => Promise<number>,
  args: readonly string[],
): Promise<Ended> {
  const written: Written = { stdout: [], stderr: [] }
  const code = await commands.run(written, () => run(args, { hasParent: false }))
  return { code, stdout: String(Buffer.concat(written.stdout)), stderr: String(Buffer.concat(written.stderr)) }
}
