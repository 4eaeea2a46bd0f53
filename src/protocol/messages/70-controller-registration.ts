/** ControllerRegistration (API key 70). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, list, orNull, string, u16, uuid } from '../words.ts'

const listener = {
  name: string(),
  host: string(),
  port: u16(),
  securityProtocol: i16(),
}

const feature = {
  name: string(),
  minSupportedVersion: i16(),
  maxSupportedVersion: i16(),
}

export const controllerRegistration = api({
  key: 70,
  name: 'ControllerRegistration',
  versions: [0, 0],
  flexible: 0,
  listeners: ['controller'],
  request: {
    controllerId: i32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    listeners: list(listener),
    features: list(feature),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    errorMessage: orNull(string()),
  },
})

export interface ControllerRegistrationRequest extends Infer<typeof controllerRegistration.request.fields> {}
export interface ControllerRegistrationResponse extends Infer<typeof controllerRegistration.response.fields> {}
