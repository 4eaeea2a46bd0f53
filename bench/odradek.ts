/** Odradek as a user starts it: the command, in a process of its own. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Broker, type BrokerOptions, type Ping, type Place, prepare, ready } from './broker.ts'
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
  const format = [command, 'format', '-t', clusterId, '-c', file, ...(options.format ?? [])]
  const formatted = spawnSync(process.execPath, format, { encoding: 'utf8' })
  if (formatted.status !== 0) throw new Error(`odradek format failed:\n${formatted.stderr}`)
  return launch({ ping: options.ping, place: { port, file, logFile }, args: [command, 'start', file, ...set] })
}

/** On a directory that somebody else has formatted, and perhaps written: Kafka. */
export const takeOverByOdradek = (ping: Ping, place: Place): Promise<Broker> =>
  launch({ ping, place, args: [join(root, 'bin', 'odradek.js'), 'start', place.file] })

interface Launch {
  readonly ping: Ping
  readonly place: Place
  readonly args: readonly string[]
}

async function launch(options: Launch): Promise<Broker> {
  const { ping, place, args } = options
  const { port, logFile } = place
  const sinceNs = process.hrtime.bigint()
  const server = new ServerProcess({ command: process.execPath, args: [...args], logFile })
  const startMs = await ready(server, ping({ port, sinceNs }))
  return {
    name: 'odradek',
    port,
    bootstrap: `127.0.0.1:${port}`,
    process: server,
    startMs,
    place,
    stop: async () => {
      if (!(await server.stop())) throw new Error(`Odradek did not stop within its time:\n${server.logTail()}`)
    },
    again: () => launch(options),
  }
}
