/**
 * The active controller as this node asks it: a call while it is in this process, a request over the network else. While it
 * moves, a request waits there for the next one, within its own bounds; so does one that was asked here when this node lost the
 * leadership.
 */
import type { Clock, Logger } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { type ControllerChannel, isNotController } from '../metadata/index.ts'
import type { Peers } from '../peer/index.ts'
import { reachedAt } from '../raft/index.ts'
import type { Forwarder } from '../server/index.ts'
import type { ControllerDriver } from './controller-driver.ts'
import type { ControllerAddress } from './controller-line.ts'
import type { QuorumView } from './quorum-view.ts'
import { RemoteController } from './remote-controller.ts'

type OwnController = ControllerChannel & Pick<ControllerDriver, 'isActive' | 'registerOwnBroker'>

/** Who leads, and the controller of this process, active or not. */
interface LedQuorum {
  readonly controller: OwnController | undefined
  readonly view: Pick<QuorumView, 'leaderId' | 'leaderEndpoints'>
}

export interface ActiveControllerOptions {
  readonly quorum: LedQuorum
  readonly config: BrokerConfig
  readonly peers: Peers
  readonly clock: Clock
  readonly logger: Logger
}

export class ActiveController {
  readonly #quorum: LedQuorum
  /** Under which name this node reaches controllers. */
  readonly #listener: string | undefined
  readonly #remote: RemoteController
  /**
   * What this node asks for itself, and what carries its asker, is asked of the next one where this node has lost the
   * leadership. The rest rejects with ApiError 41 then: the client's own bytes are passed on (`bindForwarded`).
   */
  readonly channel: ControllerChannel

  constructor({ quorum, ...shared }: ActiveControllerOptions) {
    this.#quorum = quorum
    this.#listener = shared.config.controllerListenerNames[0]
    this.#remote = new RemoteController({ ...shared, leader: () => this.#leader })
    this.channel = this.#channel()
  }

  get #leader(): ControllerAddress | undefined {
    const { leaderId: id, leaderEndpoints } = this.#quorum.view
    const endpoint = reachedAt(leaderEndpoints, this.#listener)
    return id < 0 || endpoint === undefined ? undefined : { id, host: endpoint.host, port: endpoint.port }
  }

  get #own(): OwnController | undefined {
    const { controller } = this.#quorum
    return controller?.isActive === true ? controller : undefined
  }

  #channel(): ControllerChannel {
    const now = (): ControllerChannel => this.#own ?? this.#remote
    const orNext = <R>(ask: (controller: ControllerChannel) => Promise<R>): Promise<R> => this.#orNext(ask, ask)
    return {
      registerBroker: (request, apiVersion) => orNext((it) => it.registerBroker(request, apiVersion)),
      brokerHeartbeat: (request) => orNext((it) => it.brokerHeartbeat(request)),
      assignReplicasToDirs: (request) => orNext((it) => it.assignReplicasToDirs(request)),
      alterPartition: (request) => orNext((it) => it.alterPartition(request)),
      registerController: (request) => orNext((it) => it.registerController(request)),
      allocateProducerIds: (request) => orNext((it) => it.allocateProducerIds(request)),
      createTopics: (request, asker) => orNext((it) => it.createTopics(request, asker)),
      deleteTopics: (request, asker) => orNext((it) => it.deleteTopics(request, asker)),
      createPartitions: (request, asker) => orNext((it) => it.createPartitions(request, asker)),
      incrementalAlterConfigs: (request, asker) => orNext((it) => it.incrementalAlterConfigs(request, asker)),
      alterConfigs: (request, asker) => orNext((it) => it.alterConfigs(request, asker)),
      electLeaders: (request) => now().electLeaders(request),
      alterPartitionReassignments: (request) => now().alterPartitionReassignments(request),
      listPartitionReassignments: (request) => now().listPartitionReassignments(request),
      unregisterBroker: (request) => now().unregisterBroker(request),
      alterClientQuotas: (request) => now().alterClientQuotas(request),
      createAcls: (request) => now().createAcls(request),
      deleteAcls: (request) => now().deleteAcls(request),
      updateFeatures: (request) => now().updateFeatures(request),
    }
  }

  /** What was asked here may be done all the same, by who leads next: as over the network, it may then be done twice. */
  async #orNext<R>(
    askOwn: (own: OwnController) => Promise<R>,
    askRemote: (remote: ControllerChannel) => Promise<R>,
  ): Promise<R> {
    const own = this.#own
    if (own === undefined) return askRemote(this.#remote)
    try {
      return await askOwn(own)
    } catch (error) {
      if (!isNotController(error)) throw error
      return askRemote(this.#remote)
    }
  }

  /** Undefined while the active controller is in this process. */
  get forwarder(): Forwarder | undefined {
    return this.#own === undefined ? this.#remote : undefined
  }

  /** A controller in this process knows that the broker holds the locks of its directories. */
  registerOwnBroker: ControllerChannel['registerBroker'] = (...request) =>
    this.#orNext(
      (own) => own.registerOwnBroker(...request),
      (remote) => remote.registerBroker(...request),
    )

  /** What waits is answered with ApiError 7. */
  close(): void {
    this.#remote.close()
  }
}
