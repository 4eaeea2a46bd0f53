/** The flags by which every verb that asks a schema registry learns of it. */
import { X509Certificate } from 'node:crypto'
import * as tls from 'node:tls'
import { readText } from '../text-file.ts'
import { UsageError } from '../usage-error.ts'

export const registryFlags = {
  registry: { type: 'string', multiple: true },
  'registry-user': { type: 'string' },
  'ca-file': { type: 'string' },
} as const

const urlDefault = 'http://localhost:8081'

/** What `--help` of each of them says of these. */
export const registryFlagsText = `  --registry URL           where the schema registry is; several, comma-separated or repeated, are instances of one;
                           SCHEMA_REGISTRY_URL in the environment, or ${urlDefault}, unless told
  --registry-user NAME:PASSWORD
                           who asks it; what stands in the URL, or SCHEMA_REGISTRY_USER in the environment, unless told
  --ca-file FILE           certificates (PEM) of authorities that are trusted beside those of the system
`

export interface RegistryFlagValues {
  readonly registry?: readonly string[] | undefined
  readonly 'registry-user'?: string | undefined
  readonly 'ca-file'?: string | undefined
}

export interface Login {
  readonly username: string
  readonly password: string
}

/** One instance. */
export interface Endpoint {
  /** Without login, and without a slash at its end. */
  readonly url: string
  readonly login: Login | undefined
}

export interface RegistryPlace {
  /** At least one. */
  readonly endpoints: readonly Endpoint[]
  readonly caFile: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** An empty variable counts as none. Throws UsageError, in which no password is told. */
export function registryPlace(values: RegistryFlagValues, environment: Environment = process.env): RegistryPlace {
  const { registry: flagged = [] } = values
  const usual = environment['SCHEMA_REGISTRY_URL'] || urlDefault
  const [what, given] = flagged.length > 0 ? ['--registry', flagged] : ['SCHEMA_REGISTRY_URL', [usual]]
  const texts = given.flatMap((text) => text.split(',')).flatMap((text) => text.trim() || [])
  if (texts.length === 0) throw new UsageError(`${what} is empty`)
  const user = loginOf('--registry-user', values['registry-user'])
  const userDefault = loginOf('SCHEMA_REGISTRY_USER', environment['SCHEMA_REGISTRY_USER'] || undefined)
  const endpoints = texts.map((text) => {
    const { url, login } = endpointOf(what, text)
    return { url, login: user ?? login ?? userDefault }
  })
  return { endpoints, caFile: values['ca-file'] }
}

function endpointOf(what: string, text: string): Endpoint {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`${what} is a URL that begins with http:// or https://`)
  const { username, password, protocol, host, pathname } = url
  const login = username + password === '' ? undefined : { username: decoded(username), password: decoded(password) }
  return { url: `${protocol}//${host}${pathname.replace(/\/+$/, '')}`, login }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function loginOf(what: string, user: string | undefined): Login | undefined {
  if (user === undefined) return undefined
  const colon = user.indexOf(':')
  if (colon <= 0) throw new UsageError(`${what} is NAME:PASSWORD`)
  return { username: user.slice(0, colon), password: user.slice(colon + 1) }
}

/** What Node says of a certificate that nobody vouches for, with the flag of ours in the place of its own. */
export const withFlag = (message: string): string =>
  message.replace(
    /; if the root CA is installed locally, try running Node\.js with --use-system-ca/,
    '; --ca-file names its authority',
  )

/**
 * For all connections of the process that begin from now on: what asks by `fetch` can be told of authorities in no other way. Rejects with
 * DiskError, UsageError.
 */
export async function trustAuthorities({ caFile }: Pick<RegistryPlace, 'caFile'>): Promise<void> {
  if (caFile === undefined) return
  // Not imported by its name: an older Node would not even start the verbs.
  if (!('setDefaultCACertificates' in tls))
    throw new UsageError(`--ca-file needs Node 24.5 or newer, this is ${process.versions.node}`)
  const text = await readText(caFile)
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (found.length === 0 || !found.every(isCertificate))
    throw new UsageError(`--ca-file is a file of certificates in PEM, and '${caFile}' is none`)
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), ...found])
}

function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text)
    return true
  } catch {
    return false
  }
}
