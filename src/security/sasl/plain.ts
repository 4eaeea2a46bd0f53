/** PLAIN (RFC 4616): name and password as they are. For connections by TLS. */
import { type SaslClient, SaslError } from './sasl-client.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export const plain =
  ({ username, password }: Credentials): SaslClient =>
  async (exchange) => {
    if (!username || !password) throw new SaslError('a user has a name and a password')
    if (`${username}${password}`.includes('\0')) throw new SaslError('PLAIN has no way to say the character 0')
    await exchange(Buffer.from(`\0${username}\0${password}`))
  }
