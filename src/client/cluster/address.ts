/** Addresses as `bootstrap.servers` has them: `host:port`, and `[address]:port` for IPv6. */
import { KafkaError } from '../kafka-error.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

const addressForm = /^(?:\[([^\]\s]+)\]|([^:\s[\]]+)):(\d{1,5})$/

/** One, several separated by commas, or a list of such. Throws KafkaError. */
export function parseAddresses(text: string | readonly string[]): readonly Address[] {
  if (typeof text !== 'string' && !isTexts(text)) throw noServer()
  const texts = (typeof text === 'string' ? [text] : text).flatMap((it) => it.split(',')).map((it) => it.trim())
  const addresses = texts.filter((it) => it !== '').map(parseAddress)
  if (addresses.length === 0) throw noServer()
  return addresses
}

const noServer = (): KafkaError =>
  new KafkaError(
    'INVALID_ARGUMENT',
    "bootstrapServers names no server: it is host:port, or a list of such, as in new Kafka({ bootstrapServers: 'localhost:9092' })",
  )

const isTexts = (given: unknown): boolean => Array.isArray(given) && given.every((it) => typeof it === 'string')

function parseAddress(text: string): Address {
  const [, bracketed, plain, digits] = addressForm.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw new KafkaError('INVALID_ARGUMENT', `bootstrapServers: '${text}' is not of the form host:port`)
  }
  return { host, port }
}
