/** For tests: controllers in a simulated network, real or by a script, and a broker that asks whichever leads. */
import { assert, type Env } from '../src/base/index.ts'
import { BrokerConfig } from '../src/config/index.ts'
import { type ControllerChannel, notController } from '../src/metadata/index.ts'
import type { ControllerAddress } from '../src/node/controller-line.ts'
import { RemoteController } from '../src/node/remote-controller.ts'
import { Peers } from '../src/peer/index.ts'
import { ClusterFixture } from '../src/server/handlers/handler-fixture.ts'
import {
  alterConfigsHandler,
  alterPartitionHandler,
  apiVersionsHandler,
  bind,
  bindForwarded,
  brokerHeartbeatHandler,
  brokerRegistrationHandler,
  controllerRegistrationHandler,
  createTopicsHandler,
  deleteTopicsHandler,
  electLeadersHandler,
  envelopeHandler,
  incrementalAlterConfigsHandler,
  type RequestContext,
  Router,
  Server,
  type ServerLimits,
} from '../src/server/index.ts'
import type { World } from '../src/sim/index.ts'

const limits: ServerLimits = {
  requestBytesMax: 2 ** 20,
  connectionsMax: 100,
  connectionsPerAddressMax: 100,
  connectionsPerAddressOverrides: new Map(),
  idleMsMax: -1,
  queuedReplyBytesMax: 2 ** 20,
  inFlightMax: 100,
}

export const nodeConfig = (texts: Readonly<Record<string, string>>): BrokerConfig =>
  BrokerConfig.parse(
    new Map(
      Object.entries({
        'node.id': '1',
        'process.roles': 'broker,controller',
        listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
        'controller.listener.names': 'CONTROLLER',
        'controller.quorum.voters': '1@127.0.0.1:9093',
        ...texts,
      }),
    ),
  )

export const peersOf = ({ network, clock, random }: Env, clientId: string): Peers =>
  new Peers({
    network,
    clock,
    random: random.stream('peers'),
    clientId,
    software: { name: 'odradek', version: '0' },
    limits: { replyBytesMax: 2 ** 20, inFlightMax: 5, queuedBytesMax: 2 ** 20, waitingMax: 100 },
    reconnect: { initialMs: 50, maxMs: 50 },
    setupTimeout: { initialMs: 10_000, maxMs: 30_000 },
    poison: true,
  })

const listen = async (env: Env, name: string, router: Router): Promise<Server> => {
  const onFault = (error: Error): void => assert(false, error.message)
  const server = new Server({ ...env, limits: () => limits, onFault, poison: true })
  await server.listen({ name: 'PLAINTEXT', host: name, port: 9092, router })
  return server
}

const noFeatures = () => ({ supported: [], finalizedEpoch: -1, finalized: [] })

export interface Standing {
  readonly cluster: ClusterFixture
  readonly address: ControllerAddress
  isActive: boolean
  /** Creations of topics wait for it. */
  gate: Promise<void>
  /** API and client of each request that its controller was asked, in order. */
  readonly asked: string[]
}

/** A node that serves what a controller does, over a cluster of its own. */
export async function controllerAt(world: World, name: string, id: number): Promise<Standing> {
  const cluster = new ClusterFixture()
  cluster.start(1, 2)
  const address = { id, host: name, port: 9092 }
  const standing: Standing = { cluster, address, isActive: true, gate: Promise.resolve(), asked: [] }
  const orElsewhere = async <R>(work: () => Promise<R>): Promise<R> => {
    if (!standing.isActive) throw notController()
    return work()
  }
  const { channel: all } = cluster
  const channel: ControllerChannel = {
    ...all,
    registerBroker: (request, version) => orElsewhere(() => all.registerBroker(request, version)),
    brokerHeartbeat: (request) => orElsewhere(() => all.brokerHeartbeat(request)),
    createTopics: (request, asker) =>
      orElsewhere(() => standing.gate.then(() => orElsewhere(() => all.createTopics(request, asker)))),
  }
  const services = { ...cluster.services, channel, listener: 'controller' as const }
  const router: Router = new Router(
    [
      bind(apiVersionsHandler({ served: () => router.served(), features: noFeatures })),
      bind(createTopicsHandler(services)),
      bind(deleteTopicsHandler(services)),
      bind(electLeadersHandler(services)),
      bind(alterConfigsHandler(services)),
      bind(incrementalAlterConfigsHandler(services)),
      bind(alterPartitionHandler(services)),
      bind(brokerRegistrationHandler(services)),
      bind(brokerHeartbeatHandler(services)),
      bind(controllerRegistrationHandler(services)),
      bind(envelopeHandler({ router: () => router, isActive: () => standing.isActive })),
    ].map((handler) => ({
      ...handler,
      run(reader, context: RequestContext, elsewhere) {
        const { clientId, clientHost, correlationId } = context
        standing.asked.push(`${handler.name} ${clientId} ${clientHost} ${correlationId}`)
        return handler.run(reader, context, elsewhere)
      },
    })),
    world.env(name).logger,
  )
  await listen(world.env(name), name, router)
  return standing
}

export interface Asking {
  readonly remote: RemoteController
  /** Who leads, as the broker knows it. */
  leader: ControllerAddress | undefined
}

/** What a broker on that node has of the controller. */
export function askingFrom(world: World, name: string, texts: Readonly<Record<string, string>> = {}): Asking {
  const env = world.env(name)
  const asking: Asking = {
    leader: undefined,
    remote: new RemoteController({
      leader: () => asking.leader,
      peers: peersOf(env, '7'),
      clock: env.clock,
      logger: env.logger,
      config: nodeConfig(texts),
    }),
  }
  return asking
}

/** A listener for clients, of a broker that knows of the metadata what `cluster` does. */
export async function brokerAt(world: World, name: string, asking: Asking, cluster: ClusterFixture): Promise<void> {
  const services = { ...cluster.services, channel: asking.remote, listener: 'broker' as const }
  const forwarder = (): RemoteController => asking.remote
  const router: Router = new Router(
    [
      bind(apiVersionsHandler({ served: () => router.served(), features: noFeatures })),
      bindForwarded(createTopicsHandler(services), forwarder),
      bindForwarded(deleteTopicsHandler(services), forwarder),
      bindForwarded(electLeadersHandler(services), forwarder),
      bind(alterConfigsHandler(services)),
      bind(incrementalAlterConfigsHandler(services)),
    ],
    world.env(name).logger,
  )
  await listen(world.env(name), name, router)
}
