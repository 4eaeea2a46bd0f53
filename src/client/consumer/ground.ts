/** What the parts of a consumer stand on. */
import type { Clock, Logger } from '../../base/index.ts'
import { ExponentialBackoff } from '../../peer/index.ts'
import type { ClientEnv } from '../client-env.ts'
import type { ClientTrace } from '../client-trace.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import type { ConsumerSettings } from './consumer-options.ts'

const inFlightMax = 5

export interface Ground {
  readonly clock: Clock
  readonly logger: Logger
  readonly connections: Connections
  readonly metadata: Metadata
  readonly backoff: ExponentialBackoff
  readonly requestTimeoutMs: number
  readonly rebalances: ClientTrace['rebalance'] | undefined
}

export function groundOf(env: ClientEnv, connection: ConnectionOptions, settings: ConsumerSettings): Ground {
  const options = { ...connection, inFlightMax }
  const connections = new Connections(env, options)
  const metadata = new Metadata({
    env,
    options,
    connections,
    makesTopics: settings.allowAutoCreateTopics,
    // Its parts say what they want for as long as they do.
    maxIdleMs: 0,
  })
  const backoff = new ExponentialBackoff(
    { initialMs: connection.retryBackoffMs, maxMs: connection.retryBackoffMaxMs },
    env.random.stream('client-consumer'),
  )
  const { requestTimeoutMs } = connection
  return {
    clock: env.clock,
    logger: env.logger.child('consumer'),
    rebalances: env.trace?.rebalance,
    ...{ connections, metadata, backoff, requestTimeoutMs },
  }
}
