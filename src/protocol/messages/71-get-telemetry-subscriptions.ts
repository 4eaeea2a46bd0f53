/** GetTelemetrySubscriptions (API key 71). */
import { api } from '../message.ts'
import { bool, type Infer, i8, i16, i32, list, string, uuid } from '../words.ts'

export const getTelemetrySubscriptions = api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    clientInstanceId: uuid(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
    clientInstanceId: uuid(),
    subscriptionId: i32(),
    acceptedCompressionTypes: list(i8()),
    pushIntervalMs: i32(),
    telemetryMaxBytes: i32(),
    deltaTemporality: bool(),
    requestedMetrics: list(string()),
  },
})

export interface GetTelemetrySubscriptionsRequest extends Infer<typeof getTelemetrySubscriptions.request.fields> {}
export interface GetTelemetrySubscriptionsResponse extends Infer<typeof getTelemetrySubscriptions.response.fields> {}
