/** Every message that the protocol room declares, by the name that Kafka gives it. */
import * as protocol from '../../src/protocol/index.ts'

export const messages = new Map<string, protocol.Message<protocol.Fields>>()
for (const api of protocol.apis) {
  messages.set(api.request.name, api.request)
  messages.set(api.response.name, api.response)
}
for (const value of Object.values(protocol)) if (value instanceof protocol.Message) messages.set(value.name, value)
