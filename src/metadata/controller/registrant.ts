/** What no broker and no controller can be: it would be in the log for good, and nodes that replay it could not read it. */
import { ApiError } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'

interface Listener {
  readonly name: string
  readonly securityProtocol: number
}

/** PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL. */
const securityProtocolMax = 3

/** Throws ApiError 119. A controller of Kafka falls over such listeners. */
export function checkRegistrant(nodeId: number, listeners: readonly Listener[]): void {
  const refuse = (reason: string): never => {
    throw new ApiError(ErrorCode.INVALID_REGISTRATION, reason)
  }
  if (nodeId < 0) refuse(`A node cannot have the id ${nodeId}`)
  const names = new Set(listeners.map(({ name }) => name))
  if (names.size !== listeners.length) refuse('Duplicate listener in request')
  const strange = listeners.find((it) => it.securityProtocol < 0 || it.securityProtocol > securityProtocolMax)
  if (strange !== undefined) refuse(`Listener ${strange.name} has an unknown security protocol`)
}
