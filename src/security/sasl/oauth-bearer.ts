/** OAUTHBEARER (RFC 7628, KIP-255): a token that somebody else has given, with extensions (KIP-342). */
import { type SaslClient, SaslError } from './sasl-client.ts'

export interface OAuthToken {
  /** As it goes into `Bearer`. */
  readonly value: string
  /** Pairs that the server is told besides; their meaning is its own. */
  readonly extensions?: Readonly<Record<string, string>>
}

/** What may be said of a token and of extensions, so that none of them ends another. */
const tokenForm = /^[\x21-\x7e]+$/
const nameForm = /^[A-Za-z]+$/
const valueForm = /^[\x21-\x7e \t\r\n]+$/

/** Says that the refusal was understood; the server then ends the conversation by an error of its own. */
const understood = Uint8Array.of(1)

export const oauthBearer =
  ({ value, extensions = {} }: OAuthToken): SaslClient =>
  async (exchange) => {
    if (!tokenForm.test(value)) throw new SaslError('a token is made of visible characters')
    const told = Object.entries(extensions).map(([name, text]) => {
      if (!nameForm.test(name) || name === 'auth' || !valueForm.test(text)) {
        throw new SaslError(`the extension '${name}' cannot be said`)
      }
      return `${name}=${text}\x01`
    })
    const refusal = await exchange(Buffer.from(`n,,\x01auth=Bearer ${value}\x01${told.join('')}\x01`))
    if (refusal.length === 0) return
    await exchange(understood)
    throw new SaslError(`the token is refused: ${Buffer.from(refusal.subarray(0, reasonBytesMax)).toString()}`)
  }

/** Of a refusal, as it is passed on. */
const reasonBytesMax = 1000
