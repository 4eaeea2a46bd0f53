/**
 * The active controller in another process. What this node asks for itself goes as it is, on a line of its own where Kafka has
 * one, so that a heartbeat does not wait behind a long CreateTopics; what clients ask for goes in an Envelope (KIP-590),
 * either the client's own bytes (`forward`) or a request that the broker has made of them (`asker`).
 */
import { ApiError, type Clock, type Logger, Reader, Writer } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { type Asker, type ControllerChannel, notController } from '../metadata/index.ts'
import { type Peers, UnsupportedVersionError } from '../peer/index.ts'
import {
  type AlterPartitionRequest,
  type Api,
  allocateProducerIds,
  alterClientQuotas,
  alterConfigs,
  alterPartition,
  alterPartitionReassignments,
  assignReplicasToDirs,
  brokerHeartbeat,
  brokerRegistration,
  controllerRegistration,
  createAcls,
  createPartitions,
  createTopics,
  deleteAcls,
  deleteTopics,
  ErrorCode,
  electLeaders,
  envelope,
  errorName,
  type Fields,
  type Infer,
  incrementalAlterConfigs,
  listPartitionReassignments,
  unregisterBroker,
  updateFeatures,
} from '../protocol/index.ts'
import { type Answer, type ForwardedRequest, type Forwarder, Signal } from '../server/index.ts'
import { type Attempt, type ControllerAddress, ControllerLine } from './controller-line.ts'
import { failedUnlessKnown, opened, readable, sealed } from './envelopes.ts'

export interface RemoteControllerOptions {
  /** Where the quorum says that the active controller is; undefined while it has none. */
  readonly leader: () => ControllerAddress | undefined
  readonly peers: Peers
  readonly clock: Clock
  readonly logger: Logger
  readonly config: BrokerConfig
}

/** A controller before version 3 knows of no epochs: it is told the ids alone, and another one is not told them. */
const withPlainIsr = ({ topics, ...request }: AlterPartitionRequest): AlterPartitionRequest => ({
  ...request,
  topics: topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((it) => ({ ...it, newIsr: it.newIsrWithEpochs.map(({ brokerId }) => brokerId) })),
  })),
})

/** For how long Kafka's channels send a request again. That for heartbeats has half a session (KAFKA-14392). */
const forwardingMsMax = 60_000
const assignmentsMsMax = 60_000
const registrationMsMax = 5000
/** Before this version of BrokerRegistration a feature whose lowest level is 0 cannot be read (KAFKA-17492). */
const zeroLevelsSince = 4

export class RemoteController implements ControllerChannel, Forwarder {
  readonly #heartbeats: ControllerLine
  readonly #partitions: ControllerLine
  readonly #assignments: ControllerLine
  readonly #registrations: ControllerLine
  readonly #forwarding: ControllerLine

  constructor({ config, ...shared }: RemoteControllerOptions) {
    const attemptMsMax = config.number('controller.socket.timeout.ms')
    const line = (name: string, retryMsMax: number): ControllerLine =>
      new ControllerLine({ ...shared, name, retryMsMax, attemptMsMax })
    this.#heartbeats = line('heartbeat', Math.floor(config.number('broker.session.timeout.ms') / 2))
    this.#partitions = line('alter-partition', Number.POSITIVE_INFINITY)
    this.#assignments = line('directory-assignments', assignmentsMsMax)
    this.#registrations = line('registration', registrationMsMax)
    this.#forwarding = line('forwarding', forwardingMsMax)
  }

  /** Ends its connections; what waits is answered with ApiError 7. */
  close(): void {
    const lines = [this.#heartbeats, this.#partitions, this.#assignments, this.#registrations, this.#forwarding]
    for (const line of lines) line.close()
  }

  // ---- what this node asks for itself

  registerBroker: ControllerChannel['registerBroker'] = (request, apiVersion) =>
    this.#attempt(this.#heartbeats, async (peer, timeoutMs) => {
      try {
        return await peer.send(brokerRegistration, request, { timeoutMs, versions: [zeroLevelsSince, apiVersion] })
      } catch (error) {
        if (!(error instanceof UnsupportedVersionError)) throw error
        const features = request.features.filter(({ minSupportedVersion }) => minSupportedVersion > 0)
        const versions = [0, Math.min(zeroLevelsSince - 1, apiVersion)] as const
        return peer.send(brokerRegistration, { ...request, features }, { timeoutMs, versions })
      }
    })

  brokerHeartbeat: ControllerChannel['brokerHeartbeat'] = (request) =>
    this.#ask(this.#heartbeats, brokerHeartbeat, request)

  alterPartition: ControllerChannel['alterPartition'] = (request) =>
    this.#ask(this.#partitions, alterPartition, withPlainIsr(request))

  assignReplicasToDirs: ControllerChannel['assignReplicasToDirs'] = (request) =>
    this.#ask(this.#assignments, assignReplicasToDirs, request)

  registerController: ControllerChannel['registerController'] = (request) =>
    this.#ask(this.#registrations, controllerRegistration, request)

  allocateProducerIds: ControllerChannel['allocateProducerIds'] = (request) =>
    this.#ask(this.#forwarding, allocateProducerIds, request)

  #ask<Q extends Fields, S extends Fields>(line: ControllerLine, api: Api<Q, S>, request: Infer<Q>): Promise<Infer<S>> {
    return this.#attempt(line, (peer, timeoutMs) => peer.send(api, request, { timeoutMs }))
  }

  async #attempt<R extends object>(line: ControllerLine, attempt: Attempt<R>): Promise<R> {
    try {
      return await line.ask(async (peer, timeoutMs) => {
        const response = await attempt(peer, timeoutMs)
        if (saysNotController(response)) throw notController()
        throwIfFailed(response)
        return response
      })
    } catch (error) {
      if (!(error instanceof UnsupportedVersionError)) throw error
      throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, error.message)
    }
  }

  // ---- what clients ask for

  forward(request: ForwardedRequest): Promise<Answer<Uint8Array>> {
    return this.#forwarding.ask(async (peer, timeoutMs) => {
      const reply = await peer.send(envelope, sealed(request), { timeoutMs }).catch((error: unknown) => {
        throw failedUnlessKnown(error)
      })
      return opened(request, reply)
    })
  }

  createTopics: ControllerChannel['createTopics'] = (request, asker) => this.#askFor(createTopics, request, asker)

  deleteTopics: ControllerChannel['deleteTopics'] = (request, asker) => this.#askFor(deleteTopics, request, asker)

  createPartitions: ControllerChannel['createPartitions'] = (request, asker) =>
    this.#askFor(createPartitions, request, asker)

  alterConfigs: ControllerChannel['alterConfigs'] = (request, asker) => this.#askFor(alterConfigs, request, asker)

  incrementalAlterConfigs: ControllerChannel['incrementalAlterConfigs'] = (request, asker) =>
    this.#askFor(incrementalAlterConfigs, request, asker)

  async #askFor<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    request: Infer<Q>,
    asker: Asker | undefined,
  ): Promise<Infer<S>> {
    if (asker === undefined) return this.#ask(this.#forwarding, api, request)
    const { clientId, correlationId, clientHost, principal, apiVersion = api.versions[1] } = asker
    const writer = new Writer()
    api.request.encode(writer, apiVersion, request)
    const body = writer.finishAsOne()
    const reply = await this.forward({
      apiKey: api.key,
      apiVersion,
      clientId,
      correlationId,
      clientHost,
      principal,
      body,
    })
    if (!(reply instanceof Signal)) return readable(() => api.response.decode(new Reader(reply), apiVersion))
    throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, `The active controller does not serve ${api.name} ${apiVersion}.`)
  }

  // ---- the rest of what a controller is asked: of clients it comes by `forward`

  electLeaders: ControllerChannel['electLeaders'] = (request) => this.#ask(this.#forwarding, electLeaders, request)

  alterPartitionReassignments: ControllerChannel['alterPartitionReassignments'] = (request) =>
    this.#ask(this.#forwarding, alterPartitionReassignments, request)

  listPartitionReassignments: ControllerChannel['listPartitionReassignments'] = (request) =>
    this.#ask(this.#forwarding, listPartitionReassignments, request)

  unregisterBroker: ControllerChannel['unregisterBroker'] = (request) =>
    this.#ask(this.#forwarding, unregisterBroker, request)

  alterClientQuotas: ControllerChannel['alterClientQuotas'] = (request) =>
    this.#ask(this.#forwarding, alterClientQuotas, request)

  createAcls: ControllerChannel['createAcls'] = (request) => this.#ask(this.#forwarding, createAcls, request)

  deleteAcls: ControllerChannel['deleteAcls'] = (request) => this.#ask(this.#forwarding, deleteAcls, request)

  updateFeatures: ControllerChannel['updateFeatures'] = (request) =>
    this.#ask(this.#forwarding, updateFeatures, request)
}

/** Anywhere in it: of one partition is enough, as in Kafka. */
function saysNotController(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(saysNotController)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  return Object.entries(value).some(([name, it]) =>
    name === 'errorCode' ? it === ErrorCode.NOT_CONTROLLER : saysNotController(it),
  )
}

/** An error for the whole is no reply but a rejection, as the channel has it. */
function throwIfFailed(response: object): void {
  if (!('errorCode' in response) || typeof response.errorCode !== 'number') return
  if (response.errorCode === ErrorCode.NONE) return
  const told =
    'errorMessage' in response && typeof response.errorMessage === 'string' ? response.errorMessage : undefined
  throw new ApiError(response.errorCode, told ?? `The controller answered ${errorName(response.errorCode)}.`)
}
