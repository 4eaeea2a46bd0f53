/** Calls about many things of which Kafka's tools tell only the first that has failed. */
import { KafkaError, settled } from '../../client/index.ts'

/** Throws the KafkaError of the first that has failed. */
export async function allDone(call: Promise<ReadonlyMap<string, unknown>>): Promise<void> {
  for (const result of (await settled(call)).values()) if (result instanceof KafkaError) throw result
}
