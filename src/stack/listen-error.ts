/** A listener that could not be opened: names the config that asks for it, which the error of the system does not. */
import type { BrokerConfig } from '../node/index.ts'

export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** Of the system, as `EADDRINUSE`. */
  readonly code: string

  constructor(message: string, code: string, cause: Error) {
    super(message, { cause })
    this.code = code
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another process',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'this user may not open that port',
  ENOTFOUND: 'the name of the host does not resolve',
  EAI_AGAIN: 'the name of the host does not resolve now',
}

/** `error` as it is, unless it is the system's about this address. */
export function asListenError(error: unknown, shown: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  const reason = reasons[error.code]
  if (reason === undefined) return error
  return new ListenError(`${shown} cannot be listened on: ${reason}`, error.code, error)
}

interface Wanted {
  /** As it is written in the config. */
  readonly shown: string
  readonly key: string
  readonly host: string | undefined
  readonly port: number
}

/** `error` as it is, unless it is the system's about one of the addresses that `config` wants to listen on. */
export function withListener(error: unknown, config: BrokerConfig): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  const port = 'port' in error ? error.port : undefined
  const host = 'hostname' in error ? error.hostname : 'address' in error ? error.address : undefined
  const all = wanted(config)
  const found = all.find((it) => it.port === port) ?? all.find((it) => host !== undefined && it.host === host)
  return found === undefined ? error : asListenError(error, `${found.shown} of '${found.key}'`)
}

function wanted({ listeners, metricsListener: metrics }: BrokerConfig): readonly Wanted[] {
  const own = listeners.map(({ listener, host, port }) => ({
    shown: `${listener}://${host ?? ''}:${port}`,
    key: 'listeners',
    host,
    port,
  }))
  if (metrics === undefined) return own
  return [...own, { ...metrics, shown: `${metrics.host}:${metrics.port}`, key: 'odradek.metrics.listener' }]
}
