/**
 * How a client comes to the brokers, by Kafka's names: `security.protocol`, `ssl.*` and `sasl.*`, as far as they mean something without
 * Java. What is asked for and cannot be done is an error: whoever wants to be safe must not find himself in the clear.
 */
import { readFileSync } from 'node:fs'
import type { KafkaOptions, SaslOptions, SslOptions } from '../../client/index.ts'
import { ConfigError } from '../../config/index.ts'

type Texts = ReadonlyMap<string, string>

const protocols = {
  PLAINTEXT: { isTls: false, isSasl: false },
  SSL: { isTls: true, isSasl: false },
  SASL_PLAINTEXT: { isTls: false, isSasl: true },
  SASL_SSL: { isTls: true, isSasl: true },
} as const

const names: ReadonlySet<string> = new Set([
  'security.protocol',
  'sasl.mechanism',
  'sasl.jaas.config',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.certificates',
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.key.password',
  'ssl.endpoint.identification.algorithm',
])

export const isOfSecurity = (name: string): boolean => names.has(name)

/** Throws ConfigError. */
export function securityOf(texts: Texts): Pick<KafkaOptions, 'ssl' | 'sasl'> {
  const told = (texts.get('security.protocol') ?? 'PLAINTEXT').trim().toUpperCase()
  if (!isProtocol(told))
    throw new ConfigError(`security.protocol=${told}: there are ${Object.keys(protocols).join(', ')}`)
  const { isTls, isSasl } = protocols[told]
  return { ...(isTls && { ssl: tls(texts) }), ...(isSasl && { sasl: sasl(texts) }) }
}

const isProtocol = (text: string): text is keyof typeof protocols => text in protocols

// ---- TLS

function tls(texts: Texts): SslOptions {
  const algorithm = texts.get('ssl.endpoint.identification.algorithm')?.trim().toLowerCase()
  if (algorithm !== undefined && algorithm !== '' && algorithm !== 'https') {
    throw new ConfigError(`ssl.endpoint.identification.algorithm=${algorithm}: it is https, or empty`)
  }
  const ca = texts.get('ssl.truststore.certificates') ?? trustStore(texts)
  return {
    ...keyStore(texts),
    ...(ca !== undefined && { ca }),
    ...(algorithm !== undefined && { endpointIdentificationAlgorithm: algorithm }),
  }
}

function trustStore(texts: Texts): string | undefined {
  const path = texts.get('ssl.truststore.location')
  if (path === undefined) return undefined
  const type = storeType(texts, 'ssl.truststore.type')
  if (type !== 'PEM') throw new ConfigError(`ssl.truststore.type=${type}: authorities are read from PEM alone`)
  return read('ssl.truststore.location', path).toString('utf8')
}

function keyStore(texts: Texts): SslOptions {
  const key = texts.get('ssl.keystore.key')
  const cert = texts.get('ssl.keystore.certificate.chain')
  const ofKey = texts.get('ssl.key.password')
  if (key !== undefined && cert !== undefined) return { key, cert, ...withPassphrase(ofKey) }
  const path = texts.get('ssl.keystore.location')
  if (path === undefined) return {}
  const type = storeType(texts, 'ssl.keystore.type')
  const bytes = read('ssl.keystore.location', path)
  if (type === 'PKCS12') return { pfx: bytes, ...withPassphrase(texts.get('ssl.keystore.password')) }
  if (type !== 'PEM') throw new ConfigError(`ssl.keystore.type=${type}: keys are read from PEM and PKCS12 alone`)
  return { key: bytes, cert: bytes, ...withPassphrase(ofKey) }
}

const withPassphrase = (passphrase: string | undefined): SslOptions => (passphrase === undefined ? {} : { passphrase })

/** Java's own kind, unless told. */
const storeType = (texts: Texts, name: string): string => (texts.get(name) ?? 'JKS').trim().toUpperCase()

function read(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ConfigError(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

// ---- SASL

function sasl(texts: Texts): SaslOptions {
  const mechanism = (texts.get('sasl.mechanism') ?? 'GSSAPI').trim().toUpperCase()
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512') {
    throw new ConfigError(`sasl.mechanism=${mechanism}: the command line has PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512`)
  }
  const options = jaasOptions(texts.get('sasl.jaas.config') ?? '')
  const [username, password] = [options.get('username'), options.get('password')]
  if (username === undefined || password === undefined) {
    throw new ConfigError(`sasl.jaas.config: ${mechanism} needs a username and a password there`)
  }
  return { mechanism, username, password }
}

/** `MODULE FLAG name="value" name=value;` as `javax.security.auth.login.Configuration` has it, for one module. */
function jaasOptions(text: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  for (const [, name = '', quoted, plain] of text.matchAll(/([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))/g)) {
    options.set(name, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '')
  }
  return options
}
