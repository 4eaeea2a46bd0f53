/**
 * AlterPartitionReassignments (45), on brokers and controllers: the controller gives partitions other replicas, or those back that
 * they had, within the time that the client gives.
 *
 * Versions 0 to 1. 1: the number of replicas may have to stay (KIP-860).
 */
import type { Clock } from '../../base/index.ts'
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  alterPartitionReassignments,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'
import { withinTimeout } from '../within-timeout.ts'

export interface AlterPartitionReassignmentsServices {
  readonly channel: Pick<ControllerChannel, 'alterPartitionReassignments'>
  readonly clock: Clock
}

export function alterPartitionReassignmentsHandler({
  channel,
  clock,
}: AlterPartitionReassignmentsServices): Handler<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
> {
  return {
    api: alterPartitionReassignments,
    async handle(request) {
      if (request.topics.length === 0) return alterPartitionReassignments.response.create()
      return withinTimeout(clock, request.timeoutMs, () => channel.alterPartitionReassignments(request))
    },
    fail: ({ topics }, { code, message }) =>
      alterPartitionReassignments.response.create({
        errorCode: code,
        errorMessage: message,
        responses: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: code,
            errorMessage: message,
          })),
        })),
      }),
  }
}
