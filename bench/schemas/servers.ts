/** Servers of this bench, each in a process of its own. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerProcess } from '../child.ts'
import { cache, root } from '../paths.ts'
import type { ServerJob, Started } from './server.ts'

const program = join(root, 'bench', 'schemas', 'server.ts')
const startMsMax = 60_000

export interface Server extends Started, AsyncDisposable {
  readonly pid: number
}

let count = 0

/** Disposed of it is ended. */
export async function startServer(job: ServerJob): Promise<Server> {
  const folder = join(cache, 'bench')
  mkdirSync(folder, { recursive: true })
  const logFile = join(folder, `server-${process.pid}-${count++}.log`)
  const server = new ServerProcess({ command: process.execPath, args: [program, JSON.stringify(job)], logFile })
  const endMs = performance.now() + startMsMax
  for (;;) {
    const line = /^\{.*\}$/m.exec(readFileSync(logFile, 'utf8'))?.[0]
    if (line !== undefined) {
      const started: Started = JSON.parse(line)
      return { ...started, pid: server.pid, [Symbol.asyncDispose]: () => server.kill() }
    }
    if (!server.isRunning || performance.now() > endMs) {
      const tail = server.logTail()
      await server.kill()
      throw new Error(`a server of the bench did not start:\n${tail}`)
    }
    await delay(20)
  }
}
