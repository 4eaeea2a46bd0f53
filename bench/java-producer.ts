/** Kafka's own Java producer at full speed: the performance tool in its jars, with the heap that its scripts give to tools. */
import { join } from 'node:path'
import { runOrThrow } from './child.ts'
import { javaCommand } from './java.ts'
import { kafkaJars } from './kafka.ts'

export interface JavaProducerOptions {
  readonly bootstrap: string
  readonly topic: string
  /** One record a line; they are drawn at random. */
  readonly payloadFile: string
  readonly records: number
  /** Of the producer. */
  readonly settings: Readonly<Record<string, string>>
}

const timeoutMs = 300_000
const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'

/** Returns the records a second that the producer reports. */
export async function produceByJava(options: JavaProducerOptions): Promise<number> {
  const { bootstrap, topic, payloadFile, records, settings } = options
  const properties = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  const args = [
    ...['-Xmx256M', '-XX:+UseG1GC', quiet, '-cp', join(await kafkaJars(), '*')],
    ...['org.apache.kafka.tools.ProducerPerformance', '--bootstrap-server', bootstrap, '--topic', topic],
    ...['--num-records', `${records}`, '--throughput', '-1', '--payload-file', payloadFile],
    ...['--command-property', ...properties],
  ]
  const printed = await runOrThrow({ command: await javaCommand(), args, timeoutMs })
  const last = printed.trim().split('\n').at(-1) ?? ''
  const found = /^(\d+) records sent, ([\d.]+) records\/sec/.exec(last)
  if (found === null || Number(found[1]) !== records)
    throw new Error(`the producer did not send all:\n${printed.slice(-2000)}`)
  return Number(found[2])
}
