/**
 * IP addresses as 4 or 16 bytes, as brokers pass them on, and as text, as the network tells them. IPv4 in IPv6 is IPv4, as
 * in Java.
 */
import { MalformedError } from './reader.ts'

const v4Bytes = 4
const v6Bytes = 16
const v6Words = 8
const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex')

/** Undefined for what is no address, names among them. The zone of a link-local address is left out. */
export function addressBytes(text: string): Buffer | undefined {
  if (!text.includes(':')) return v4Of(text)
  const bytes = v6Of(text.replace(/%.*$/, ''))
  return bytes?.subarray(0, mappedPrefix.length).equals(mappedPrefix) ? bytes.subarray(mappedPrefix.length) : bytes
}

function v4Of(text: string): Buffer | undefined {
  const parts = text.split('.')
  const isAddress = parts.length === v4Bytes && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 0xff)
  return isAddress ? Buffer.from(parts.map(Number)) : undefined
}

function v6Of(text: string): Buffer | undefined {
  const dotted = /^(.*:)(\d+\.[\d.]+)$/.exec(text)
  if (dotted !== null) {
    const v4 = v4Of(dotted[2] ?? '')
    if (v4 === undefined) return undefined
    return v6Of(`${dotted[1]}${v4.readUInt16BE(0).toString(16)}:${v4.readUInt16BE(2).toString(16)}`)
  }
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail] = halves
  const zeros = v6Words - head.length - (tail?.length ?? 0)
  if (halves.length > 2 || (tail === undefined ? zeros !== 0 : zeros < 1)) return undefined
  const words = [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])]
  if (!words.every((word) => /^[\da-f]{1,4}$/i.test(word))) return undefined
  const bytes = Buffer.alloc(v6Bytes)
  for (const [i, word] of words.entries()) bytes.writeUInt16BE(Number.parseInt(word, 16), i * 2)
  return bytes
}

/** As Java writes it: eight groups without leading zeros, none left out. Throws MalformedError unless 4 or 16 bytes are given. */
export function addressText(bytes: Uint8Array): string {
  const all = Buffer.from(bytes)
  if (all.length === v4Bytes) return all.join('.')
  if (all.length !== v6Bytes) throw new MalformedError(`an address of ${all.length} bytes`)
  if (all.subarray(0, mappedPrefix.length).equals(mappedPrefix)) return all.subarray(mappedPrefix.length).join('.')
  return Array.from({ length: v6Words }, (_, i) => all.readUInt16BE(i * 2).toString(16)).join(':')
}
