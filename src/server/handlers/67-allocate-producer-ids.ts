/**
 * AllocateProducerIds (67), on controllers: a block of producer ids for one broker (KIP-730).
 *
 * Version 0.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
  allocateProducerIds,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface AllocateProducerIdsServices {
  readonly channel: Pick<ControllerChannel, 'allocateProducerIds'>
}

export function allocateProducerIdsHandler({
  channel,
}: AllocateProducerIdsServices): Handler<AllocateProducerIdsRequest, AllocateProducerIdsResponse> {
  return {
    api: allocateProducerIds,
    handle: (request) => channel.allocateProducerIds(request),
    fail: (_request, { code }) => allocateProducerIds.response.create({ errorCode: code }),
  }
}
