/** BrokerHeartbeat (API key 63). */
import { api } from '../message.ts'
import { bool, type Infer, i16, i32, i64, list, orNull, uuid } from '../words.ts'

export const brokerHeartbeat = api({
  key: 63,
  name: 'BrokerHeartbeat',
  versions: [0, 2],
  flexible: 0,
  listeners: ['controller'],
  request: {
    brokerId: i32(),
    brokerEpoch: i64({ default: -1 }),
    currentMetadataOffset: i64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: list(uuid(), { since: 1, tag: 0 }),
    cordonedLogDirs: orNull(list(uuid(), { since: 2, tag: 1 }), { default: null }),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    isCaughtUp: bool(),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  },
})

export interface BrokerHeartbeatRequest extends Infer<typeof brokerHeartbeat.request.fields> {}
export interface BrokerHeartbeatResponse extends Infer<typeof brokerHeartbeat.response.fields> {}
