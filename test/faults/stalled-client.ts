/**
 * Runs in a thread of its own while the node's loop is held: a member of a group and a broker that heartbeat, and one who
 * asks for ApiVersions all the time. Tells what each was answered.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { uuidFromLatin1 } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import {
  apiVersions,
  brokerHeartbeat,
  brokerRegistration,
  ErrorCode,
  findCoordinator,
  heartbeat,
  joinGroup,
  syncGroup,
} from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'

export interface ClientReport {
  readonly ready?: true
  /** A reply to ApiVersions: when it was asked for and when it came, by the wall clock. */
  readonly answered?: { readonly askedMs: number; readonly cameMs: number }
  /** A heartbeat of the member or the broker: when it was sent and when it was answered. */
  readonly heartbeat?: { readonly sentMs: number; readonly cameMs: number }
  /** What must not happen. */
  readonly lost?: string
}

interface ClientData {
  readonly port: number
  readonly controllerPort: number
  readonly clusterId: string
  readonly features: readonly {
    readonly name: string
    readonly minSupportedVersion: number
    readonly maxSupportedVersion: number
  }[]
}

const data: ClientData = workerData
const { network } = createEnv()
const tell = (report: ClientReport): void => parentPort?.postMessage(report)
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const connect = (port: number): Promise<Wire> => Wire.connect(network, '127.0.0.1', port)

async function member(): Promise<() => Promise<void>> {
  const wire = await connect(data.port)
  const groupId = 'g'
  while ((await wire.call(findCoordinator, { key: groupId }, 3)).errorCode !== ErrorCode.NONE) await sleep(20)
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const join = (memberId: string) =>
    wire.call(joinGroup, {
      groupId,
      memberId,
      sessionTimeoutMs: 500,
      rebalanceTimeoutMs: 5000,
      protocolType: 'consumer',
      protocols,
    })
  const { memberId } = await join('')
  const { generationId } = await join(memberId)
  const assignments = [{ memberId, assignment: Buffer.alloc(0) }]
  await wire.call(syncGroup, {
    groupId,
    memberId,
    generationId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments,
  })
  return async () => {
    const sentMs = Date.now()
    const { errorCode } = await wire.call(heartbeat, { groupId, memberId, generationId })
    tell({ heartbeat: { sentMs, cameMs: Date.now() } })
    if (errorCode !== ErrorCode.NONE) tell({ lost: `the member was answered ${errorCode}` })
  }
}

async function broker(): Promise<() => Promise<void>> {
  const wire = await connect(data.controllerPort)
  const { brokerEpoch, errorCode } = await wire.call(brokerRegistration, {
    brokerId: 2,
    clusterId: data.clusterId,
    incarnationId: uuidFromLatin1('incarnation-0002'),
    listeners: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 1, securityProtocol: 0 }],
    features: data.features,
    rack: null,
    logDirs: [uuidFromLatin1('directory-000002')],
  })
  if (errorCode !== ErrorCode.NONE) throw new Error(`the broker was not registered: ${errorCode}`)
  let wasUnfenced = false
  return async () => {
    const currentMetadataOffset = Number.MAX_SAFE_INTEGER
    const sentMs = Date.now()
    const reply = await wire.call(brokerHeartbeat, {
      brokerId: 2,
      brokerEpoch,
      currentMetadataOffset,
      wantFence: false,
    })
    if (reply.errorCode !== ErrorCode.NONE) tell({ lost: `the broker was answered ${reply.errorCode}` })
    tell({ heartbeat: { sentMs, cameMs: Date.now() } })
    if (wasUnfenced && reply.isFenced) tell({ lost: 'the broker was fenced' })
    wasUnfenced ||= !reply.isFenced
  }
}

async function asker(): Promise<() => Promise<void>> {
  const wire = await connect(data.port)
  return async () => {
    const askedMs = Date.now()
    await wire.call(apiVersions, {}, 0)
    tell({ answered: { askedMs, cameMs: Date.now() } })
  }
}

async function forEver(step: () => Promise<void>, everyMs: number): Promise<void> {
  for (;;) {
    await step()
    await sleep(everyMs)
  }
}

const steps = [await member(), await broker()]
for (const step of steps) await step()
for (const step of steps) void forEver(step, 100)
void forEver(await asker(), 5)
tell({ ready: true })
