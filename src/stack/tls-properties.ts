/** How connections are encrypted, by Kafka's properties: `ssl.*`, whose files are read here. */
import type { TlsOptions } from '../base/index.ts'
import { ConfigError } from '../node/index.ts'
import { configuredFile } from './configured-file.ts'

type Texts = ReadonlyMap<string, string>

/** Of a type that Node reads. */
function bytesOf(texts: Texts, store: 'ssl.truststore' | 'ssl.keystore', types: readonly string[]): Buffer | undefined {
  const path = texts.get(`${store}.location`)
  if (path === undefined) return undefined
  const type = (texts.get(`${store}.type`) ?? 'JKS').toUpperCase()
  if (!types.includes(type)) throw new ConfigError(`${store}.type is ${types.join(' or ')} here, not ${type}`)
  return configuredFile(`${store}.location`, path)
}

/** Throws ConfigError. */
export function tlsOptions(texts: Texts): TlsOptions {
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
