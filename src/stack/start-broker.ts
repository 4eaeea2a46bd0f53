/**
 * `await startBroker()`: a whole Kafka inside a test. In memory, on a free port, ready in milliseconds; stops itself at
 * the end of the block with `await using`.
 */
import type { LogLevel } from '../base/index.ts'
import type { Node } from '../node/index.ts'
import { layered, testDefaults } from './default-config.ts'
import { startServer } from './server.ts'

export interface StartBrokerOptions {
  /** Broker configs by Kafka's names, over the defaults for tests. `log.dirs` may name directories of the machine. */
  readonly config?: Readonly<Record<string, string>>
  /** Least level of log lines; nothing below `error` unless told. */
  readonly logLevel?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly log?: (line: string) => void
}

export interface RunningBroker extends AsyncDisposable {
  /** `host:port`, for `bootstrap.servers`. */
  readonly bootstrap: string
  readonly port: number
  readonly clusterId: string
  /** Settles when the broker has stopped: undefined if it was told to, else why. */
  readonly ended: Promise<Error | undefined>
  /** Stops under control; a second call waits for the same stop. */
  stop(): Promise<void>
}

/** Throws ConfigError for a wrong config, and the network's Error for a port that is taken. */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  const { config = {}, logLevel = 'error', log } = options
  const node = await startServer({
    texts: layered(testDefaults, config),
    formatsEmpty: true,
    level: logLevel,
    ...(log === undefined ? {} : { write: log }),
  })
  return runningBroker(node)
}

function runningBroker(node: Node): RunningBroker {
  const [first] = node.listeners
  if (first === undefined) throw new Error('a broker has a listener')
  const { host, port } = first
  const stop = (): Promise<void> => node.stop()
  return {
    bootstrap: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    clusterId: node.clusterId,
    ended: node.ended,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
