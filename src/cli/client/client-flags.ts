/** The flags by which every verb that is a client of a cluster learns of it. */
import { type Admin, Kafka, KafkaError } from '../../client/index.ts'
import { createEnv } from '../../env/index.ts'
import { readPropertiesFile } from '../config-file.ts'
import { ClientProperties } from './client-properties.ts'

export const clientFlags = {
  'bootstrap-server': { type: 'string', short: 'b' },
  'command-config': { type: 'string', short: 'F' },
  property: { type: 'string', short: 'X', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const

/** What `--help` of each of them says of these. */
export const clientFlagsText = `  --bootstrap-server, -b HOST:PORT
                           a broker to ask first, or several, comma-separated; 127.0.0.1:9092 unless told
  --command-config, -F FILE
                           properties of the client, as Kafka's tools take them
  --property, -X NAME=VALUE
                           one such property, over what the file says; may be repeated
  --help, -h               print this text
`

const bootstrapDefault = '127.0.0.1:9092'

export interface ClientFlagValues {
  readonly 'bootstrap-server'?: string | undefined
  readonly 'command-config'?: string | undefined
  readonly property?: readonly string[] | undefined
}

export interface ClientSetup {
  readonly kafka: Kafka
  readonly timeouts: Timeouts
  readonly properties: ClientProperties
}

/** How long calls wait; undefined: as is usual. */
interface Timeouts {
  /** `default.api.timeout.ms`. */
  readonly callMs: number | undefined
}

type Reaching = Pick<ClientSetup, 'kafka' | 'timeouts'>

/** For the first answer of any bootstrap server: one that is not there by then was most likely named by mistake. */
const firstAnswerMs = 10_000

const adminOf = ({ kafka, timeouts: { callMs } }: Reaching): Admin =>
  kafka.admin({ ...(callMs !== undefined && { defaultApiTimeoutMs: callMs }) })

/** Resolves with whether some bootstrap server has answered. Rejects with KafkaError where none does in time. */
async function isReached(admin: Admin, { timeouts: { callMs = firstAnswerMs } }: Reaching): Promise<boolean> {
  try {
    await admin.describeCluster({ timeoutMs: callMs })
    return true
  } catch (error) {
    // Whatever else is wrong is told by what was asked for.
    if (!(error instanceof KafkaError && error.code === 'TIMED_OUT')) return false
    const { cause } = error
    const reason = cause instanceof Error ? cause.message : error.message
    throw new KafkaError('TIMED_OUT', `no bootstrap server has answered within ${callMs} ms: ${reason}`, { cause })
  }
}

/** An admin client, once some bootstrap server has answered. Whoever has it closes it. Rejects with KafkaError where none does in time. */
export async function reachedAdmin(setup: Reaching): Promise<Admin> {
  const admin = adminOf(setup)
  try {
    await isReached(admin, setup)
    return admin
  } catch (error) {
    await admin.close()
    throw error
  }
}

/** What `work` gives; rejects with KafkaError where no bootstrap server answers in time. */
export async function withAdmin<T>(setup: Reaching, work: (admin: Admin) => Promise<T>): Promise<T> {
  await using admin = adminOf(setup)
  const { promise, reject } = Promise.withResolvers<never>()
  isReached(admin, setup).catch(reject)
  return await Promise.race([work(admin), promise])
}

/** Resolves when some bootstrap server has answered. Rejects with KafkaError where none does in time. */
export async function reach(setup: Reaching): Promise<void> {
  await (await reachedAdmin(setup)).close()
}

/** `given` is what other flags of the verb say, by Kafka's names, over all else. Throws UsageError, ConfigError, DiskError. */
export async function clientSetup(
  values: ClientFlagValues,
  given: ReadonlyMap<string, string> = new Map(),
): Promise<ClientSetup> {
  const file = values['command-config']
  const texts = file === undefined ? new Map<string, string>() : await readPropertiesFile(createEnv().disk, file)
  const properties = ClientProperties.of({ file: texts, pairs: values.property ?? [], given })
  const warn = (line: string): void => void process.stderr.write(line)
  for (const name of properties.unknownNames) warn(`${file}: the property '${name}' is not known here\n`)
  const bootstrapServers = values['bootstrap-server'] ?? properties.text('bootstrap.servers') ?? bootstrapDefault
  const env = createEnv({ level: 'warn', keepsAlive: true })
  return {
    kafka: new Kafka(env, { ...(await properties.connection()), bootstrapServers }),
    properties,
    timeouts: { callMs: properties.callMs },
  }
}
