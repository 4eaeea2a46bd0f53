/** Odradek as a user starts it: the command, in a process of its own. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Broker, type BrokerOptions, type Ping, prepare, ready } from './broker.ts'
import { ServerProcess } from './child.ts'
import { root } from './paths.ts'

const clusterId = '5L6g3nShT-eMCtK--X86sw'
/** Told on the command line too: both ways must lead to the same broker. */
const told = ['log.dirs', 'listeners']

export interface OdradekOptions extends BrokerOptions {
  readonly ping: Ping
}

export async function startOdradek(options: OdradekOptions): Promise<Broker> {
  const { port, settings, file, logFile } = await prepare(options)
  const values = new Map(Object.entries(settings))
  const set = told.flatMap((key) => ['--set', `${key}=${values.get(key) ?? ''}`])
  const command = join(root, 'bin', 'odradek.js')
  const formatted = spawnSync(process.execPath, [command, 'format', '-t', clusterId, '-c', file], { encoding: 'utf8' })
  if (formatted.status !== 0) throw new Error(`odradek format failed:\n${formatted.stderr}`)
  const sinceNs = process.hrtime.bigint()
  const args = [command, 'start', file, ...set]
  const server = new ServerProcess({ command: process.execPath, args, logFile })
  const startMs = await ready(server, options.ping({ port, sinceNs }))
  return {
    name: 'odradek',
    port,
    bootstrap: `127.0.0.1:${port}`,
    process: server,
    startMs,
    stop: async () => {
      if (!(await server.stop())) throw new Error(`Odradek did not stop within its time:\n${server.logTail()}`)
    },
  }
}
