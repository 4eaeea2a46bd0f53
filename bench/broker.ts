/** What the benchmarks and the interop suites ask of a broker under test, and the configuration both kinds run with. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ServerProcess } from './child.ts'

export interface Broker {
  readonly name: string
  readonly port: number
  readonly bootstrap: string
  readonly process: ServerProcess
  /** Milliseconds from the start of the process to the first answer to ApiVersions. */
  readonly startMs: number
  stop(): Promise<void>
  /** Of its configuration and its log. */
  readonly place: Place
  /** Starts it again on the same directory and the same port, after it was stopped or killed. */
  again(): Promise<Broker>
}

export interface BrokerOptions {
  /** A directory of the broker's own; emptied before the start. */
  readonly folder: string
  /** How many log directories it has: `data`, then `data-1` and so on. One where nothing is said. */
  readonly directories?: number
  readonly settings?: Readonly<Record<string, string>>
  /** More arguments of the tool that formats its directories. */
  readonly format?: readonly string[]
}

/** Waits for the first answer; `sinceNs` is of the monotonic clock. */
export type Ping = (options: { readonly port: number; readonly sinceNs: bigint }) => Promise<number>

/** What a broker needs to start on a directory that is formatted. */
export interface Place {
  readonly port: number
  readonly file: string
  readonly logFile: string
}

export interface Prepared extends Place {
  readonly settings: Readonly<Record<string, string>>
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('the listener has no port'))
        else resolve(address.port)
      })
    })
  })
}

/** One combined node: Kafka's defaults but for addresses, and for replicas it cannot have alone. */
export async function prepare(options: BrokerOptions): Promise<Prepared> {
  rmSync(options.folder, { recursive: true, force: true })
  mkdirSync(options.folder, { recursive: true })
  const port = await freePort()
  const controllerPort = await freePort()
  const directories = Array.from({ length: options.directories ?? 1 }, (_, i) => (i === 0 ? 'data' : `data-${i}`))
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': directories.map((name) => join(options.folder, name)).join(','),
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    ...options.settings,
  }
  const file = join(options.folder, 'server.properties')
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  return { port, settings, file, logFile: join(options.folder, 'server.log') }
}

/** Waits for the first answer, or fails with the end of the log when the process ends before. */
export async function ready(server: ServerProcess, answer: Promise<number>): Promise<number> {
  const died = server.exited.then((): number => {
    throw new Error(`the broker ended before it answered:\n${server.logTail()}`)
  })
  try {
    return await Promise.race([answer, died])
  } catch (error) {
    const tail = server.logTail()
    await server.stop(1000)
    throw new Error(`the broker did not come up:\n${tail}`, { cause: error })
  } finally {
    died.catch(() => 0)
  }
}
