/**
 * FindCoordinator (10): which broker coordinates a group. Asking for the first one brings the topic of the groups about.
 *
 * Versions 0 to 6. 1: the type of the key, an error message. 4: many keys (KIP-699). 6: share groups. Transactions are not
 * served: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, for which every client gives up at once; some retry all else until their
 * time is over. Nor are share groups: INVALID_REQUEST, which is reported with our words.
 */
import type { GroupService } from '../../coordinator/index.ts'
import { type MetadataImage, noLeader, offsetsTopic } from '../../metadata/index.ts'
import {
  ErrorCode,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  findCoordinator,
} from '../../protocol/index.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { type RareWarning, refusedTransaction } from '../rare-warning.ts'

export interface FindCoordinatorServices {
  readonly image: () => MetadataImage
  readonly groups: Pick<GroupService, 'partitionOf'>
  /** Has the topic created, unless that is under way; what comes of it is seen in the image. */
  readonly ensureInternalTopic: (name: string) => void
  readonly refusals: RareWarning
}

type Found = Pick<FindCoordinatorResponse['coordinators'][number], 'nodeId' | 'host' | 'port' | 'errorCode'> & {
  readonly errorMessage: string
}

const groupType = 0
const transactionType = 1
const manyKeysSince = 4

const notFound = (errorCode: number, errorMessage: string): Found => ({
  nodeId: -1,
  host: '',
  port: -1,
  errorCode,
  errorMessage,
})

const typeNames: Readonly<Record<number, string>> = { [transactionType]: 'transactions', 2: 'share groups' }

function find(services: FindCoordinatorServices, listenerName: string, key: string): Found {
  const image = services.image()
  const topic = image.topics.byName.get(offsetsTopic)
  if (topic === undefined) {
    services.ensureInternalTopic(offsetsTopic)
    return notFound(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'The topic of the groups is being created.')
  }
  const leader = topic.partitions.get(services.groups.partitionOf(key) ?? -1)?.leader ?? noLeader
  const broker = image.cluster.brokers.get(leader)
  const endpoint = broker?.endPoints.find(({ name }) => name === listenerName)
  if (broker === undefined || broker.fenced || endpoint === undefined) {
    return notFound(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'The partition of the group has no leader on this listener.')
  }
  return { nodeId: leader, host: endpoint.host, port: endpoint.port, errorCode: ErrorCode.NONE, errorMessage: '' }
}

function answer(
  services: FindCoordinatorServices,
  { keyType }: FindCoordinatorRequest,
  context: RequestContext,
): (key: string) => Found {
  if (keyType === groupType) return (key) => find(services, context.listenerName, key)
  // The first thing that a transactional producer asks; it gives up here.
  if (keyType === transactionType) services.refusals.warn(refusedTransaction, context)
  const code = keyType === transactionType ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : ErrorCode.INVALID_REQUEST
  const what = typeNames[keyType]
  const message =
    what === undefined ? `Unknown coordinator type ${keyType}.` : `This broker does not serve ${what} yet.`
  return () => notFound(code, message)
}

export function findCoordinatorHandler(
  services: FindCoordinatorServices,
): Handler<FindCoordinatorRequest, FindCoordinatorResponse> {
  return {
    api: findCoordinator,
    handle(request, context) {
      const of = answer(services, request, context)
      if (context.apiVersion >= manyKeysSince) {
        const coordinators = request.coordinatorKeys.map((key) => ({ key, ...of(key) }))
        return findCoordinator.response.create({ coordinators })
      }
      const found = of(request.key)
      // Older versions spell out that nothing is wrong, as Kafka does.
      const errorMessage = found.errorCode === ErrorCode.NONE ? 'NONE' : found.errorMessage
      return findCoordinator.response.create({ ...found, errorMessage })
    },
  }
}
