/**
 * UnregisterBroker (64), on brokers and controllers: a broker that will not come back is forgotten.
 *
 * Version 0.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import { type UnregisterBrokerRequest, type UnregisterBrokerResponse, unregisterBroker } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface UnregisterBrokerServices {
  readonly channel: Pick<ControllerChannel, 'unregisterBroker'>
}

export function unregisterBrokerHandler({
  channel,
}: UnregisterBrokerServices): Handler<UnregisterBrokerRequest, UnregisterBrokerResponse> {
  return {
    api: unregisterBroker,
    handle: (request) => channel.unregisterBroker(request),
    fail: (_request, { code, message }) => unregisterBroker.response.create({ errorCode: code, errorMessage: message }),
  }
}
