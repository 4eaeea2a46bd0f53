/** What the broker says of an error, in its own words, as Kafka's tools print it. */
import type { KafkaError } from '../../client/index.ts'

/** Without what the client says before it. */
export function told({ message, code }: KafkaError): string {
  const at = message.indexOf(`${code}: `)
  return at < 0 ? message : message.slice(at + code.length + 2)
}
