/** A KafkaError in the words in which Kafka's tools print the exception that it is there. */
import type { KafkaError } from '../../client/index.ts'
import { told } from './told.ts'

/** Those whose class is not named as the code is. */
const classNames: Readonly<Record<string, string>> = {
  UNKNOWN_SERVER_ERROR: 'UnknownServer',
  REQUEST_TIMED_OUT: 'Timeout',
  TIMED_OUT: 'Timeout',
  NETWORK_EXCEPTION: 'Network',
  NOT_SERVED: 'UnsupportedVersion',
  INVALID_TOPIC_EXCEPTION: 'InvalidTopic',
  TOPIC_AUTHORIZATION_FAILED: 'TopicAuthorization',
  GROUP_AUTHORIZATION_FAILED: 'GroupAuthorization',
  CLUSTER_AUTHORIZATION_FAILED: 'ClusterAuthorization',
  TOPIC_ALREADY_EXISTS: 'TopicExists',
  INVALID_CONFIG: 'InvalidConfiguration',
  KAFKA_STORAGE_ERROR: 'KafkaStorage',
}

const pascal = (code: string): string =>
  code
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')

/** `org.apache.kafka.common.errors.TimeoutException: ...`, as an exception writes the one that it was caused by. */
export const exceptionText = (error: KafkaError): string =>
  `org.apache.kafka.common.errors.${classNames[error.code] ?? pascal(error.code)}Exception: ${told(error)}`
