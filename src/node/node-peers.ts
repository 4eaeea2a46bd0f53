/** The outgoing connections of a node: to other voters, and to the active controller. */
import type { Env } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { Peers } from '../peer/index.ts'

/** As Kafka's between controllers: `reconnect.backoff.ms` and its maximum are no configs of a node. */
const reconnect = { initialMs: 50, maxMs: 500 }
const limits = { inFlightMax: 5, queuedBytesMax: 8 * 1024 * 1024, waitingMax: 1000 }

/** What servers log and count: of the package, as its test checks. */
export const software = { name: 'odradek', version: '0.1.0' }

/** A fetch of a follower brings what it asks for, and one batch more. */
const replyBytesMax = (config: BrokerConfig): number =>
  config.number('socket.request.max.bytes') + config.number('replica.fetch.response.max.bytes')

export const nodePeers = ({ network, clock, random }: Env, config: BrokerConfig, poison: boolean): Peers =>
  new Peers({
    network,
    clock,
    random: random.stream('peers'),
    clientId: `odradek-${config.nodeId}`,
    software,
    limits: { ...limits, replyBytesMax: replyBytesMax(config) },
    reconnect,
    setupTimeout: {
      initialMs: config.number('socket.connection.setup.timeout.ms'),
      maxMs: config.number('socket.connection.setup.timeout.max.ms'),
    },
    poison,
  })
