/**
 * Certificates for tests, good until 2126, made with OpenSSL: an authority; a server (localhost, 127.0.0.1, broker.test) and a client
 * that it has signed, of P-256. The key of the client is encrypted, the passphrase is `secret`; that of the authority is thrown away.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'certificates', `${name}.pem`), 'utf8')

export const authority = read('authority')
export const server = { cert: read('server'), key: read('server-key') }
export const client = { cert: read('client'), key: read('client-key-encrypted'), passphrase: 'secret' }
