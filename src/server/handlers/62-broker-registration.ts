/**
 * BrokerRegistration (62), on controllers: a broker comes into the cluster, fenced (KIP-631).
 *
 * Versions 0 to 4. 1: migration from ZooKeeper. 2: log directories. 3: the epoch before, to tell whether it stopped
 * cleanly. 4: features whose lowest level is 0.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  brokerRegistration,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface BrokerRegistrationServices {
  readonly channel: Pick<ControllerChannel, 'registerBroker'>
}

export function brokerRegistrationHandler({
  channel,
}: BrokerRegistrationServices): Handler<BrokerRegistrationRequest, BrokerRegistrationResponse> {
  return {
    api: brokerRegistration,
    handle: (request, { apiVersion }) => channel.registerBroker(request, apiVersion),
    fail: (_request, { code }) => brokerRegistration.response.create({ errorCode: code }),
  }
}
