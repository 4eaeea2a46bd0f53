/** How brokers are reached, by Kafka's properties: `security.protocol`, `ssl.*`, `sasl.*`. */
import type { KafkaOptions } from '../../client/index.ts'
import { ConfigError } from '../../config/index.ts'

type Texts = ReadonlyMap<string, string>

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** What has an effect here; whoever sets another one wants it to have one. */
const known: ReadonlySet<string> = new Set([
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.certificates',
  'ssl.truststore.password',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
  'sasl.mechanism',
  'sasl.jaas.config',
])

/** Without what is passed over only because it is about times and files of Java. */
const isOfMeaning = (name: string): boolean =>
  /^ssl\.(truststore|keystore|key|endpoint|cipher|engine|enabled|protocol|provider)/.test(name) ||
  /^sasl\.(mechanism|jaas|oauthbearer|client\.callback|login\.(class|callback))/.test(name)

/**
 * Rejects with ConfigError: nobody who asks for encryption, or says who he is, gets a connection without. What reads stores is loaded only
 * where there are some: a node comes with it, which takes longer to load than most verbs take.
 */
export async function securityOptions(texts: Texts): Promise<Pick<KafkaOptions, 'ssl' | 'sasl'>> {
  const protocol = (texts.get('security.protocol') ?? 'PLAINTEXT').trim().toUpperCase()
  if (!protocols.includes(protocol))
    throw new ConfigError(`security.protocol is one of ${protocols.join(', ')}, not ${protocol}`)
  const [hasTls, hasSasl] = [protocol.endsWith('SSL'), protocol.startsWith('SASL_')]
  for (const name of texts.keys()) {
    const isWanted = (hasTls && name.startsWith('ssl.')) || (hasSasl && name.startsWith('sasl.'))
    if (isWanted && isOfMeaning(name) && !known.has(name)) throw new ConfigError(`${name} has no effect here`)
  }
  const ssl = hasTls ? (await import('../../stack/index.ts')).tlsOptions(texts) : undefined
  return { ...(ssl !== undefined && { ssl }), ...(hasSasl && { sasl: saslOf(texts) }) }
}

const passwordMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

function saslOf(texts: Texts): NonNullable<KafkaOptions['sasl']> {
  const named = texts.get('sasl.mechanism') ?? 'GSSAPI'
  const mechanism = passwordMechanisms.find((it) => it === named)
  if (mechanism === undefined) {
    throw new ConfigError(`sasl.mechanism is one of ${passwordMechanisms.join(', ')} here, not ${named}`)
  }
  const jaas = texts.get('sasl.jaas.config') ?? ''
  const [username, password] = [jaasOption(jaas, 'username'), jaasOption(jaas, 'password')]
  if (username === undefined || password === undefined) {
    throw new ConfigError('sasl.jaas.config: there is no username="..." with password="..."')
  }
  return { mechanism, username, password }
}

/** Of `Module required username="alice" password="a\"b";`: quotes may be escaped. */
function jaasOption(jaas: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 's').exec(jaas)
  return found === null ? undefined : (found[1]?.replace(/\\(.)/gs, '$1') ?? found[2])
}
