/**
 * BrokerHeartbeat (63), on controllers: a broker lives, and says what it wants (KIP-631).
 *
 * Versions 0 to 2. 1: directories that failed. 2: directories that are cordoned.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import { type BrokerHeartbeatRequest, type BrokerHeartbeatResponse, brokerHeartbeat } from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface BrokerHeartbeatServices {
  readonly channel: Pick<ControllerChannel, 'brokerHeartbeat'>
}

export function brokerHeartbeatHandler({
  channel,
}: BrokerHeartbeatServices): Handler<BrokerHeartbeatRequest, BrokerHeartbeatResponse> {
  return {
    api: brokerHeartbeat,
    handle: (request) => channel.brokerHeartbeat(request),
    fail: (_request, { code }) => brokerHeartbeat.response.create({ errorCode: code }),
  }
}
