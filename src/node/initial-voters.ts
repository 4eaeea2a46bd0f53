/**
 * The text of `--initial-controllers` (KIP-853): `id@host:port:directoryId`, comma-separated, and hosts as they are stored. Pure.
 */
import { type Uuid, uuidFromString } from '../base/index.ts'
import { parseInteger } from '../config/index.ts'
import { StorageError } from './meta-properties.ts'

export interface InitialVoter {
  readonly nodeId: number
  readonly directoryId: Uuid
  /** As it is stored: see `storedHost`. */
  readonly host: string
  readonly port: number
}

const int32Max = 2n ** 31n - 1n
const portMax = 65_535n

/** By node id. Empty places between commas are passed over. Throws StorageError, in Kafka's words. */
export function parseInitialVoters(text: string): readonly InitialVoter[] {
  const voters = new Map<number, InitialVoter>()
  for (const part of text.trim().split(',')) {
    if (part === '') continue
    const voter = parseInitialVoter(part.trim())
    if (voters.has(voter.nodeId)) throw new StorageError(`Node id ${voter.nodeId} was specified more than once.`)
    voters.set(voter.nodeId, voter)
  }
  if (voters.size === 0) throw new StorageError('No voters given.')
  return [...voters.values()].sort((a, b) => a.nodeId - b.nodeId)
}

function parseInitialVoter(text: string): InitialVoter {
  const at = text.indexOf('@')
  if (at < 0) throw new StorageError('No @ found in dynamic voter string.')
  if (at === 0) throw new StorageError('Invalid @ at beginning of dynamic voter string.')
  const nodeId = parseNodeId(text.slice(0, at))
  const { host, rest } = parseHost(text.slice(at + 1))
  if (!rest.startsWith(':')) throw new StorageError('Port section must start with a colon.')
  const colon = rest.indexOf(':', 1)
  if (colon < 0) throw new StorageError('No colon following port could be found.')
  const port = parsePort(rest.slice(1, colon))
  return { nodeId, directoryId: parseDirectoryId(rest.slice(colon + 1)), host: storedHost(host), port }
}

/** `rest` begins behind the host. */
function parseHost(text: string): { readonly host: string; readonly rest: string } {
  if (text === '') throw new StorageError('No hostname found after node id.')
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    if (end >= 0) return { host: text.slice(1, end), rest: text.slice(end + 1) }
    throw new StorageError('Hostname began with left bracket, but no right bracket was found.')
  }
  const end = text.indexOf(':')
  if (end < 0) throw new StorageError('No colon following hostname could be found.')
  return { host: text.slice(0, end), rest: text.slice(end) }
}

function parseNodeId(text: string): number {
  const id = parseInteger(text)
  if (id === undefined || id > int32Max || id < -int32Max - 1n) {
    throw new StorageError('Failed to parse node id in dynamic voter string.')
  }
  if (id < 0n) throw new StorageError(`Invalid negative node id ${id} in dynamic voter string.`)
  return Number(id)
}

function parsePort(text: string): number {
  const port = parseInteger(text)
  if (port === undefined || port > int32Max || port < -int32Max - 1n) {
    throw new StorageError('Failed to parse port in dynamic voter string.')
  }
  if (port < 0n || port > portMax) throw new StorageError(`Invalid port ${port} in dynamic voter string.`)
  return Number(port)
}

/** As strict as Java's decoder, which Buffer is not. */
function parseDirectoryId(text: string): Uuid {
  if (!/^[\w-]{22}(==)?$/.test(text)) throw new StorageError('Failed to parse directory ID in dynamic voter string.')
  return uuidFromString(text)
}

/**
 * As Kafka stores it, in whose voters an address stands as Java prints it: IPv6 with all of its eight groups, IPv4 in IPv6 as
 * IPv4. Names stay, unresolved; nothing means this machine.
 */
export function storedHost(host: string): string {
  if (host === '') return 'localhost'
  const [address = '', zone] = host.split('%')
  const groups = ipv6Groups(address)
  if (groups === undefined) return host
  const [high = 0, low = 0] = groups.slice(6)
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:65535'
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const printed = groups.map((group) => group.toString(16)).join(':')
  return zone === undefined ? printed : `${printed}%${zone}`
}

const groupCount = 8

/** Undefined where it is no IPv6 address. */
function ipv6Groups(address: string): readonly number[] | undefined {
  const [before = '', after, more] = address.split('::')
  if (more !== undefined || (after !== undefined && before.includes('.'))) return undefined
  const head = groupsOf(before)
  const tail = groupsOf(after ?? '')
  if (head === undefined || tail === undefined) return undefined
  const missing = groupCount - head.length - tail.length
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

/** The last two may be written as an IPv4 address. */
function groupsOf(text: string): readonly number[] | undefined {
  const groups: number[] = []
  const parts = text === '' ? [] : text.split(':')
  for (const [at, part] of parts.entries()) {
    const bytes = part.split('.')
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else if (at < parts.length - 1 || bytes.length !== 4 || !bytes.every(isByte)) return undefined
    else {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    }
  }
  return groups
}

const isByte = (text: string): boolean => /^\d{1,3}$/.test(text) && Number(text) < 256
