/**
 * ControllerRegistration (70), on controllers: a controller makes its listeners and features known (KIP-919).
 *
 * Version 0.
 */
import type { ControllerChannel } from '../../metadata/index.ts'
import {
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
  controllerRegistration,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface ControllerRegistrationServices {
  readonly channel: Pick<ControllerChannel, 'registerController'>
}

export function controllerRegistrationHandler({
  channel,
}: ControllerRegistrationServices): Handler<ControllerRegistrationRequest, ControllerRegistrationResponse> {
  return {
    api: controllerRegistration,
    handle: (request) => channel.registerController(request),
    fail: (_request, { code, message }) =>
      controllerRegistration.response.create({ errorCode: code, errorMessage: message }),
  }
}
