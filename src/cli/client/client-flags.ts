/** The flags by which every verb that is a client of a cluster learns of it. */
import { Kafka } from '../../client/index.ts'
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
  readonly properties: ClientProperties
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
  return { kafka: new Kafka(env, { ...properties.connection(), bootstrapServers }), properties }
}
