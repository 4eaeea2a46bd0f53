/**
 * ListPartitionReassignments (46), on brokers and controllers: which partitions are getting other replicas (KIP-455).
 *
 * Version 0.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  listPartitionReassignments,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface ListPartitionReassignmentsServices {
  readonly channel: Pick<ControllerChannel, 'listPartitionReassignments'>
}

export function listPartitionReassignmentsHandler({
  channel,
}: ListPartitionReassignmentsServices): Handler<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse> {
  return {
    api: listPartitionReassignments,
    handle: (request) => channel.listPartitionReassignments(request),
    fail: ({ topics }, { code, message }) =>
      listPartitionReassignments.response.create({
        errorCode: code,
        errorMessage: message,
        topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })),
        })),
      }),
  }
}
