/** BrokerRegistration (API key 62). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, list, orNull, string, u16, uuid } from '../words.ts'

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

export const brokerRegistration = api({
  key: 62,
  name: 'BrokerRegistration',
  versions: [0, 4],
  flexible: 0,
  listeners: ['controller'],
  request: {
    brokerId: i32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: list(listener),
    features: list(feature),
    rack: orNull(string()),
    isMigratingZkBroker: bool({ since: 1 }),
    logDirs: list(uuid(), { since: 2 }),
    previousBrokerEpoch: i64({ since: 3, default: -1 }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    brokerEpoch: i64({ default: -1 }),
  },
})

export interface BrokerRegistrationRequest extends Infer<typeof brokerRegistration.request.fields> {}
export interface BrokerRegistrationResponse extends Infer<typeof brokerRegistration.response.fields> {}
