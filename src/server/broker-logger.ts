/**
 * The resource BROKER_LOGGER (KIP-412): in Kafka the levels of its loggers, by name. We have one level for all, given at
 * start: it can be read under Kafka's name for the root, and not be changed.
 */
import { ApiError, type LogLevel } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'

/** Of the wire; never in a metadata record. */
export const brokerLoggerType = 8
export const rootLogger = 'root'

/** Kafka's name of a level. */
export const levelName = (level: LogLevel): string => level.toUpperCase()

/** A whole number as Java reads it; undefined if it is none. */
export const wholeNumber = (text: string): number | undefined => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined)

/** Why the levels of node `resourceName` stay as they are. */
export function refuseLevels(resourceName: string, nodeId: number): ApiError {
  const id = wholeNumber(resourceName)
  if (id === undefined) {
    return new ApiError(ErrorCode.INVALID_REQUEST, `Node id must be an integer, but it is: ${resourceName}`)
  }
  if (id !== nodeId) {
    return new ApiError(ErrorCode.INVALID_REQUEST, `Unexpected node id. Expected ${nodeId}, but received ${id}`)
  }
  const reason = 'The log level of this node is given when it starts; it cannot be changed while it runs.'
  return new ApiError(ErrorCode.INVALID_REQUEST, reason)
}
