/**
 * Addresses in configs: listeners (`NAME://host:port`), the map from listener names to security protocols, voters
 * (`id@host:port`) and bootstrap servers (`host:port`). Parses and checks; resolves no host name.
 */
import { ConfigError, invalidValue } from './config-error.ts'

export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type SecurityProtocol = (typeof securityProtocols)[number]

export interface Endpoint {
  /** In capitals, as Kafka normalises it. */
  readonly listener: string
  readonly securityProtocol: SecurityProtocol
  /** Undefined means every interface. */
  readonly host: string | undefined
  /** 0 lets the system choose. */
  readonly port: number
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Voter extends Address {
  readonly id: number
}

export function securityProtocolOf(name: string): SecurityProtocol | undefined {
  const upper = name.toUpperCase()
  return securityProtocols.find((protocol) => protocol === upper)
}

/** Pairs `NAME:PROTOCOL`. Throws ConfigError that says which pair is wrong and what a protocol may be. */
export function parseSecurityProtocolMap(text: string): Map<string, SecurityProtocol> {
  const key = 'listener.security.protocol.map'
  const map = new Map<string, SecurityProtocol>()
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') continue
    const colon = pair.lastIndexOf(':')
    if (colon <= 0) throw invalidValue(key, text, `'${pair}' is not of the form NAME:PROTOCOL`)
    const name = pair.slice(colon + 1).trim()
    const protocol = securityProtocolOf(name)
    if (protocol === undefined) {
      throw new ConfigError(
        `Invalid security protocol \`${name}\` defined in ${key}, expected one of: ${securityProtocols.join(', ')}`,
      )
    }
    map.set(pair.slice(0, colon).trim().toUpperCase(), protocol)
  }
  return map
}

const listenerForm = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/

function parseListener(text: string, protocols: ReadonlyMap<string, SecurityProtocol>): Endpoint {
  const match = listenerForm.exec(text)
  if (match === null) throw new ConfigError(`Unable to parse ${text} to a broker endpoint, expected NAME://host:port`)
  const [, name = '', host = '', portText = ''] = match
  const listener = name.toUpperCase()
  const securityProtocol = protocols.get(listener)
  if (securityProtocol === undefined) {
    throw new ConfigError(
      `No security protocol defined for listener ${listener}, listener.security.protocol.map names: ${[...protocols.keys()].join(', ')}`,
    )
  }
  const port = Number(portText)
  if (port < 0 || port > 65_535) throw new ConfigError(`Port of ${text} must be between 0 and 65535`)
  return { listener, securityProtocol, host: host === '' ? undefined : host, port }
}

const isIpv4 = (host: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(host) && host.split('.').every((part) => Number(part) <= 255)
const isIpv6 = (host: string): boolean => host.includes(':')

/** A port may be used twice only by one IPv4 and one IPv6 address, and by nothing else. */
function checkPorts(endpoints: readonly Endpoint[], listeners: string): void {
  const byPort = new Map<number, Endpoint[]>()
  for (const endpoint of endpoints) {
    if (endpoint.port !== 0) byPort.set(endpoint.port, [...(byPort.get(endpoint.port) ?? []), endpoint])
  }
  for (const [port, sharing] of byPort) {
    if (sharing.length === 1) continue
    const hosts = sharing.map((endpoint) => endpoint.host ?? '')
    const addresses = hosts.filter((host) => isIpv4(host) || isIpv6(host))
    if (addresses.length < hosts.length - 1 || addresses.length === 0) {
      throw new ConfigError(`Each listener must have a different port, listeners: ${listeners}`)
    }
    if (hosts.length > 2) {
      throw new ConfigError(
        `Each listener must have a different port unless exactly one listener has an IPv4 address and the other IPv6 address, listeners: ${listeners}, port: ${port}`,
      )
    }
    if (!(hosts.some(isIpv4) && hosts.some(isIpv6))) {
      throw new ConfigError(
        `If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, listeners: ${listeners}, port: ${port}`,
      )
    }
  }
}

/** The endpoints of `listeners` or `advertised.listeners`; the latter may share ports. Throws ConfigError. */
export function parseListeners(options: {
  readonly key: string
  readonly listeners: readonly string[]
  readonly protocols: ReadonlyMap<string, SecurityProtocol>
  readonly distinctPorts: boolean
}): readonly Endpoint[] {
  const { key, listeners, protocols, distinctPorts } = options
  const shown = `[${listeners.join(', ')}]`
  try {
    const endpoints = listeners.map((text) => parseListener(text, protocols))
    if (new Set(endpoints.map((endpoint) => endpoint.listener)).size !== endpoints.length) {
      throw new ConfigError(`Each listener must have a different name, listeners: ${shown}`)
    }
    if (distinctPorts) checkPorts(endpoints, shown)
    return endpoints
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(`Error creating broker listeners of ${key} from '${shown}': ${error.message}`)
  }
}

/** The name before `://`, in capitals, of a listener that may not be well-formed. */
export function listenerName(text: string): string {
  const colon = text.indexOf(':')
  if (colon < 0) throw new ConfigError(`Unable to parse a listener name from ${text}`)
  return text.slice(0, colon).toUpperCase()
}

const addressForm = /^(?:[a-zA-Z][a-zA-Z\d+.-]*:\/\/)?\[?([0-9a-zA-Z\-%._:]+)\]?:([0-9]+)$/

function parseAddress(text: string): Address | undefined {
  const match = addressForm.exec(text)
  if (match === null) return undefined
  const [, host = '', portText = ''] = match
  const port = Number(portText)
  return port > 65_535 ? undefined : { host, port }
}

/** `controller.quorum.voters`. Throws ConfigError. */
export function parseVoters(entries: readonly string[]): readonly Voter[] {
  const key = 'controller.quorum.voters'
  const form = 'Each entry should be in the form `{id}@{host}:{port}`.'
  const voters = entries.map((entry) => {
    const parts = entry.split('@')
    const [idText = '', addressText = ''] = parts
    if (parts.length !== 2) throw invalidValue(key, entry, form)
    const id = Number(idText)
    if (!/^\d+$/.test(idText) || id > 2_147_483_647) {
      throw invalidValue(key, entry, `Failed to parse voter ID as an integer from ${idText}. ${form}`)
    }
    const address = parseAddress(addressText)
    if (address === undefined) throw invalidValue(key, entry, `Failed to parse host name or port. ${form}`)
    return { id, ...address }
  })
  if (new Set(voters.map((voter) => voter.id)).size !== voters.length) {
    throw invalidValue(key, entries.join(','), 'Each voter ID must appear once.')
  }
  return voters
}

/** `controller.quorum.bootstrap.servers`. Throws ConfigError. */
export const parseBootstrapServers = (entries: readonly string[]): readonly Address[] =>
  entries.map((entry) => addressOf('controller.quorum.bootstrap.servers', entry))

/** One address to listen at, without a scheme; undefined if the text is empty. Throws ConfigError. */
export function parseListenAddress(key: string, text: string): Address | undefined {
  if (text === '') return undefined
  const address = text.includes('://') ? undefined : parseAddress(text)
  if (address === undefined) throw invalidValue(key, text, 'It should be one address in the form `{host}:{port}`.')
  return address
}

function addressOf(key: string, entry: string): Address {
  const address = parseAddress(entry)
  if (address === undefined) {
    throw invalidValue(key, entry, 'Each entry should be in the form `{host}:{port}`.')
  }
  return address
}
