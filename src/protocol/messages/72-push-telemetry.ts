/** PushTelemetry (API key 72). */
import { api } from '../message.ts'
import { bool, bytes, type Infer, i8, i16, i32, uuid } from '../words.ts'

export const pushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexible: 0,
  listeners: ['broker'],
  request: {
    clientInstanceId: uuid(),
    subscriptionId: i32(),
    terminating: bool(),
    compressionType: i8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: i32(),
    errorCode: i16(),
  },
})

export interface PushTelemetryRequest extends Infer<typeof pushTelemetry.request.fields> {}
export interface PushTelemetryResponse extends Infer<typeof pushTelemetry.response.fields> {}
