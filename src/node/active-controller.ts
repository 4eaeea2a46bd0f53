/**
 * The active controller as this node asks it: a call while it is in this process, a request over the network else. While it
 * moves, a request waits there for the next one, within its own bounds.
 */
import type { Clock, Logger } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import type { ControllerChannel } from '../metadata/index.ts'
import type { Peers } from '../peer/index.ts'
import { reachedAt } from '../raft/index.ts'
import type { Forwarder } from '../server/index.ts'
import type { ControllerDriver } from './controller-driver.ts'
import type { ControllerAddress } from './controller-line.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'
import type { QuorumView } from './quorum-view.ts'
import { RemoteController } from './remote-controller.ts'

/** Who leads, and what of that is in this process. */
interface LedQuorum extends Pick<MetadataQuorum, 'controller'> {
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

  constructor({ quorum, ...shared }: ActiveControllerOptions) {
    this.#quorum = quorum
    this.#listener = shared.config.controllerListenerNames[0]
    this.#remote = new RemoteController({ ...shared, leader: () => this.#leader })
  }

  get #leader(): ControllerAddress | undefined {
    const { leaderId: id, leaderEndpoints } = this.#quorum.view
    const endpoint = reachedAt(leaderEndpoints, this.#listener)
    return id < 0 || endpoint === undefined ? undefined : { id, host: endpoint.host, port: endpoint.port }
  }

  get #own(): ControllerDriver | undefined {
    const { controller } = this.#quorum
    return controller?.isActive === true ? controller : undefined
  }

  get channel(): ControllerChannel {
    return this.#own ?? this.#remote
  }

  /** Undefined while the active controller is in this process. */
  get forwarder(): Forwarder | undefined {
    return this.#own === undefined ? this.#remote : undefined
  }

  /** A controller in this process knows that the broker holds the locks of its directories. */
  registerOwnBroker: ControllerChannel['registerBroker'] = (...request) =>
    this.#own?.registerOwnBroker(...request) ?? this.#remote.registerBroker(...request)

  /** What waits is answered with ApiError 7. */
  close(): void {
    this.#remote.close()
  }
}
