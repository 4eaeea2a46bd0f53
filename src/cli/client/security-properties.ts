/** How brokers are reached, by Kafka's properties: `security.protocol`, `ssl.*`, `sasl.*`. */
import { readFileSync } from 'node:fs'
import type { KafkaOptions } from '../../client/index.ts'
import { ConfigError } from '../../config/index.ts'

type Texts = ReadonlyMap<string, string>
type Ssl = Exclude<NonNullable<KafkaOptions['ssl']>, boolean>

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

/** Throws ConfigError: nobody who asks for encryption, or says who he is, gets a connection without. */
export function securityOptions(texts: Texts): Pick<KafkaOptions, 'ssl' | 'sasl'> {
  const protocol = (texts.get('security.protocol') ?? 'PLAINTEXT').trim().toUpperCase()
  if (!protocols.includes(protocol))
    throw new ConfigError(`security.protocol is one of ${protocols.join(', ')}, not ${protocol}`)
  const [hasTls, hasSasl] = [protocol.endsWith('SSL'), protocol.startsWith('SASL_')]
  for (const name of texts.keys()) {
    const isWanted = (hasTls && name.startsWith('ssl.')) || (hasSasl && name.startsWith('sasl.'))
    if (isWanted && isOfMeaning(name) && !known.has(name)) throw new ConfigError(`${name} has no effect here`)
  }
  return { ...(hasTls && { ssl: sslOf(texts) }), ...(hasSasl && { sasl: saslOf(texts) }) }
}

/** Of a type that Node reads. */
function bytesOf(texts: Texts, store: 'ssl.truststore' | 'ssl.keystore', types: readonly string[]): Buffer | undefined {
  const path = texts.get(`${store}.location`)
  if (path === undefined) return undefined
  const type = (texts.get(`${store}.type`) ?? 'JKS').toUpperCase()
  if (!types.includes(type)) throw new ConfigError(`${store}.type is ${types.join(' or ')} here, not ${type}`)
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new ConfigError(`${store}.location: ${error.message}`)
    throw error
  }
}

function sslOf(texts: Texts): Ssl {
  const ca = texts.get('ssl.truststore.certificates') ?? bytesOf(texts, 'ssl.truststore', ['PEM'])
  const store = bytesOf(texts, 'ssl.keystore', ['PEM', 'PKCS12'])
  const isPkcs12 = texts.get('ssl.keystore.type')?.toUpperCase() === 'PKCS12'
  const cert = texts.get('ssl.keystore.certificate.chain') ?? (isPkcs12 ? undefined : store)
  const key = texts.get('ssl.keystore.key') ?? (isPkcs12 ? undefined : store)
  const passphrase = texts.get('ssl.key.password') ?? (isPkcs12 ? texts.get('ssl.keystore.password') : undefined)
  const algorithm = texts.get('ssl.endpoint.identification.algorithm')
  if (algorithm !== undefined && algorithm !== '' && algorithm.toLowerCase() !== 'https') {
    throw new ConfigError(`ssl.endpoint.identification.algorithm is https or empty, not '${algorithm}'`)
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(isPkcs12 && store !== undefined && { pfx: store }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(algorithm === '' && { endpointIdentificationAlgorithm: '' as const }),
  }
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
