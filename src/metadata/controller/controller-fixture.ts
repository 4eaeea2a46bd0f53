/** For tests: a controller whose records are replayed at once and committed, over a random stream that is a counter. */
import { ApiError, type RandomStream, type Uuid, uuidFromLatin1 } from '../../base/index.ts'
import { BrokerConfig } from '../../config/index.ts'
import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  brokerHeartbeat,
  brokerRegistration,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  ErrorCode,
} from '../../protocol/index.ts'
import { supportedFeatures } from '../features.ts'
import type { MetadataRecord } from '../record.ts'
import { Controller, type ControllerOptions } from './controller.ts'
import type { Decision } from './decision.ts'

const clusterId = 'cluster'

export const id = (text: string): Uuid => uuidFromLatin1(text.padEnd(16, '-'))

function countingStream(): RandomStream {
  let count = 0
  return {
    u32: () => count++,
    below: (bound) => count++ % bound,
    float: () => 0.5,
    uuid: () => id(`t${count++}`),
  }
}

/** What was asked, and the answer: to be asked again of another controller. */
export type Call =
  | {
      readonly kind: 'register'
      readonly request: BrokerRegistrationRequest
      readonly reply: BrokerRegistrationResponse
    }
  | { readonly kind: 'heartbeat'; readonly request: BrokerHeartbeatRequest; readonly reply: BrokerHeartbeatResponse }
  | { readonly kind: 'alterPartition'; readonly request: AlterPartitionRequest; readonly reply: AlterPartitionResponse }
  | { readonly kind: 'electLeaders'; readonly request: ElectLeadersRequest; readonly reply: ElectLeadersResponse }
  | {
      readonly kind: 'reassign'
      readonly request: AlterPartitionReassignmentsRequest
      readonly reply: AlterPartitionReassignmentsResponse
    }

export class Fixture {
  readonly options: ControllerOptions
  readonly controller: Controller
  readonly written: MetadataRecord[] = []
  readonly calls: Call[] = []
  nextOffset = 0
  nowMs = 1_000
  /** Of the quorum. */
  kraftVersion = 0
  /** Whether all voters have said that they support kraft.version 1. */
  hasVotersFor1 = true

  constructor(texts: Readonly<Record<string, string>> = {}) {
    const given = {
      'node.id': '1',
      'process.roles': 'broker,controller',
      listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.voters': '1@127.0.0.1:9093',
      ...texts,
    }
    const config = BrokerConfig.parse(new Map(Object.entries(given)))
    const check = (level: number): void => {
      if (level === this.kraftVersion || this.hasVotersFor1) return
      throw new ApiError(ErrorCode.INVALID_UPDATE_VERSION, 'not all of the voters support it')
    }
    const kraftVersion = { level: () => this.kraftVersion, check }
    this.options = { clusterId, config, random: countingStream(), kraftVersion }
    this.controller = new Controller(this.options)
    this.take(this.controller.activate(this.context))
  }

  get context() {
    return { nowMs: this.nowMs, nextOffset: this.nextOffset, apiVersion: 4 }
  }

  /** Replays and commits the records; returns the reply. */
  take<R>({ records, reply, kraftVersion = this.kraftVersion }: Decision<R>): R {
    this.kraftVersion = kraftVersion
    for (const record of records) this.controller.replay(record, this.nextOffset++)
    if (records.length > 0) this.controller.commit(this.nextOffset - 1)
    this.written.push(...records)
    return reply
  }

  /** `isPredecessorGone`: the asker knows that nobody else can be this broker any more. */
  register(
    brokerId: number,
    given: Partial<Parameters<typeof brokerRegistration.request.create>[0]> = {},
    isPredecessorGone = false,
  ) {
    const request = brokerRegistration.request.create({
      brokerId,
      clusterId,
      incarnationId: id(`i${brokerId}`),
      listeners: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }],
      features: supportedFeatures.map((it) => ({
        name: it.name,
        minSupportedVersion: it.minLevel,
        maxSupportedVersion: it.maxLevel,
      })),
      logDirs: [id(`d${brokerId}`)],
      ...given,
    })
    const reply = this.take(this.controller.registerBroker(request, { ...this.context, isPredecessorGone }))
    this.calls.push({ kind: 'register', request, reply })
    return reply
  }

  heartbeat(brokerId: number, given: Partial<Parameters<typeof brokerHeartbeat.request.create>[0]> = {}) {
    const brokerEpoch = this.controller.state.brokers.get(brokerId)?.registration.brokerEpoch ?? -1
    const currentMetadataOffset = this.nextOffset - 1
    const request = brokerHeartbeat.request.create({ brokerId, brokerEpoch, currentMetadataOffset, ...given })
    const reply = this.take(this.controller.brokerHeartbeat(request, this.context))
    this.calls.push({ kind: 'heartbeat', request, reply })
    return reply
  }

  /** Registered and unfenced. */
  start(...brokerIds: readonly number[]): void {
    for (const brokerId of brokerIds) {
      this.register(brokerId)
      this.heartbeat(brokerId)
    }
  }
}
