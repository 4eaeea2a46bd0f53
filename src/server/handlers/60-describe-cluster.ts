/**
 * DescribeCluster (60): the brokers, or on a controller's listener the controllers.
 *
 * Versions 0 to 2. 1: the kind of endpoint that is meant (KIP-919). 2: fenced brokers (KIP-1073).
 */
import { ApiError, type RandomStream } from '../../base/index.ts'
import { controllerRegistrationLevel, type MetadataImage } from '../../metadata/index.ts'
import {
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  describeCluster,
  ErrorCode,
} from '../../protocol/index.ts'
import { clusterOperations, operationsNotAsked } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import { anyOf, ListenerBrokers } from '../listener-brokers.ts'

type Node = DescribeClusterResponse['brokers'][number]

/** On a controller's listener: the leader of the quorum, -1 if none is known. On a broker's, chance takes one of the brokers. */
type TakenForController = { readonly controllerId: () => number } | { readonly chance: RandomStream }

export type DescribeClusterServices = TakenForController & {
  readonly image: () => MetadataImage
  readonly clusterId: string
}

const endpointTypes = { broker: 1, controller: 2 } as const

function brokerNodes(image: MetadataImage, listenerName: string, request: DescribeClusterRequest): readonly Node[] {
  const brokers = new ListenerBrokers(image, listenerName)
  return (request.includeFencedBrokers ? brokers.all() : brokers.alive()).map(({ fenced, ...node }) => ({
    ...node,
    isFenced: fenced,
  }))
}

function controllerNodes(image: MetadataImage, listenerName: string): readonly Node[] {
  const nodes: Node[] = []
  for (const { controllerId, endPoints } of image.cluster.controllers.values()) {
    const endpoint = endPoints.find(({ name }) => name === listenerName)
    if (endpoint === undefined) continue
    nodes.push({ brokerId: controllerId, host: endpoint.host, port: endpoint.port, rack: null, isFenced: false })
  }
  return nodes
}

/** What is wrong with the kind of endpoint that the client wants; undefined: nothing. */
function mismatch({ endpointType }: DescribeClusterRequest, own: 'broker' | 'controller', apiVersion: number) {
  if (endpointType === endpointTypes[own]) return undefined
  const other = own === 'broker' ? 'controller' : 'broker'
  const isKnown = endpointType === endpointTypes[other]
  const code = isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE
  const wanted = `but we wanted an endpoint of type ${other.toUpperCase()}`
  return describeCluster.response.create({
    errorCode: apiVersion === 0 ? ErrorCode.INVALID_REQUEST : code,
    errorMessage: isKnown
      ? `The request was sent to an endpoint of type ${own.toUpperCase()}, ${wanted}`
      : `Unsupported endpoint type ${endpointType}`,
  })
}

/** Controllers are not known before they register. Throws ApiError UNSUPPORTED_VERSION. */
function checkLevel({ features }: MetadataImage): void {
  if (features.metadataVersion >= controllerRegistrationLevel) return
  const reason = 'At this metadata.version controllers cannot be asked directly.'
  throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, reason)
}

export function describeClusterHandler(
  services: DescribeClusterServices,
): Handler<DescribeClusterRequest, DescribeClusterResponse> {
  const { image, clusterId } = services
  const own = 'controllerId' in services ? 'controller' : 'broker'
  const leaderOf = (nodes: readonly Node[]): number =>
    'controllerId' in services
      ? services.controllerId()
      : anyOf(
          nodes.filter(({ isFenced }) => !isFenced),
          services.chance,
        )
  return {
    api: describeCluster,
    handle(request, { apiVersion, listenerName }) {
      if (own === 'controller') checkLevel(image())
      const mismatched = mismatch(request, own, apiVersion)
      if (mismatched !== undefined) return mismatched
      const nodes =
        own === 'broker' ? brokerNodes(image(), listenerName, request) : controllerNodes(image(), listenerName)
      const leader = leaderOf(nodes)
      return {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        errorMessage: null,
        endpointType: endpointTypes[own],
        clusterId,
        // A controller of which nobody knows the address is of no use to the client.
        controllerId: nodes.find(({ brokerId }) => brokerId === leader)?.brokerId ?? -1,
        brokers: nodes,
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
          ? clusterOperations
          : operationsNotAsked,
      }
    },
    fail: (_request, { code, message }) => describeCluster.response.create({ errorCode: code, errorMessage: message }),
  }
}
