/**
 * AlterPartition (56), on controllers: the leader of a partition tells its ISR (KIP-497).
 *
 * Versions 2 to 3. 3: the epochs of the brokers in the ISR (KIP-903).
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import { type AlterPartitionRequest, type AlterPartitionResponse, alterPartition } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface AlterPartitionServices {
  readonly channel: Pick<ControllerChannel, 'alterPartition'>
}

export function alterPartitionHandler({
  channel,
}: AlterPartitionServices): Handler<AlterPartitionRequest, AlterPartitionResponse> {
  return {
    api: alterPartition,
    handle: (request) => channel.alterPartition(request),
    fail: (_request, { code }) => alterPartition.response.create({ errorCode: code }),
  }
}
