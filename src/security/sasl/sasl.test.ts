import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import { oauthBearer, plain, type SaslClient, SaslError, type ScramMechanism, scram } from '../index.ts'

/** Answers in turn; gives what was said. */
async function converse(client: SaslClient, ...answers: readonly string[]): Promise<string[]> {
  const said: string[] = []
  await client(async (message) => {
    said.push(Buffer.from(message).toString())
    return Buffer.from(answers[said.length - 1] ?? '')
  })
  return said
}

test('PLAIN says name and password, and refuses what it cannot say', async () => {
  assert.deepEqual(await converse(plain({ username: 'ada', password: 'sécret' })), ['\0ada\0sécret'])
  for (const [username, password] of [
    ['', 'x'],
    ['x', ''],
    ['a\0b', 'x'],
    ['a', 'x\0'],
  ] as const) {
    await assert.rejects(converse(plain({ username, password })), SaslError)
  }
})

test('OAUTHBEARER says a token and its extensions', async () => {
  assert.deepEqual(await converse(oauthBearer({ value: 'a.b-c' })), ['n,,\x01auth=Bearer a.b-c\x01\x01'])
  assert.deepEqual(await converse(oauthBearer({ value: 'tok', extensions: { cluster: 'lkc-1', pool: 'x y' } })), [
    'n,,\x01auth=Bearer tok\x01cluster=lkc-1\x01pool=x y\x01\x01',
  ])
  for (const token of [
    { value: '' },
    { value: 'a\x01b' },
    { value: 'a', extensions: { auth: 'x' } },
    { value: 'a', extensions: { 'b-c': 'x' } },
    { value: 'a', extensions: { b: 'x\x01y' } },
  ]) {
    await assert.rejects(converse(oauthBearer(token)), SaslError)
  }
})

test('a token that is refused is answered as the RFC says, and told', async () => {
  const said: Uint8Array[] = []
  const refused = oauthBearer({ value: 'old' })(async (message) => {
    said.push(message)
    return Buffer.from('{"status":"invalid_token"}')
  })
  await assert.rejects(refused, new SaslError('the token is refused: {"status":"invalid_token"}'))
  assert.deepEqual(said[1], Uint8Array.of(1))
})

describe('SCRAM', () => {
  const ours = 'rOprNGfwEbeRWgbNEkqO'
  const nonce = `${ours}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`
  const first = `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
  const client = scram('SCRAM-SHA-256', () => ours)({ username: 'user', password: 'pencil' })

  test('as in RFC 7677', async () => {
    const said = await converse(client, first, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
    assert.deepEqual(said, [`n,,n=user,r=${ours}`, `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`])
  })

  for (const [what, ...answers] of [
    ['a server that does not know the password', first, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5='],
    ['a server that proves nothing', first, ''],
    ['a server that says why not', first, 'e=other-error'],
    ['the nonce of somebody else', first.replace(ours, 'rOprNGfwEbeRWgbNEkqP'), ''],
    ['a nonce that the server has added nothing to', `r=${ours},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, ''],
    ['too few iterations', first.replace('4096', '4095'), ''],
    ['iterations that would hold the process up', first.replace('4096', '999999999'), ''],
    ['no number', first.replace('4096', 'many'), ''],
    ['another protocol', 'HTTP/1.1 400', ''],
    ['nothing', '', ''],
  ] as const) {
    test(`does not believe ${what}`, async () => {
      await assert.rejects(converse(client, ...answers), SaslError)
    })
  }

  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    test(`${mechanism}: a server that has only what it is to store believes it, and again with another salt`, async () => {
      let nonces = 0
      const user = scram(mechanism, () => `nonce${nonces++}`)
      for (const salt of ['one', 'one', 'another']) {
        const server = new ScramServer(mechanism, { password: 'p,=ä', salt })
        await user({ username: 'a,b=c', password: 'p,=ä' })(async (message) => server.answer(message))
        assert.equal(server.username, 'a=2Cb=3Dc')
        await assert.rejects(
          user({ username: 'a,b=c', password: 'wrong' })(async (message) => server.answer(message)),
          /not the password/,
        )
      }
    })
  }
})

/** The other side, by the letters of RFC 5802. */
class ScramServer {
  readonly #hash: 'sha256' | 'sha512'
  readonly #size: number
  readonly #password: string
  readonly #salt: Buffer
  username = ''
  #said = ''

  constructor(mechanism: ScramMechanism, { password, salt }: { readonly password: string; readonly salt: string }) {
    this.#hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512'
    this.#size = mechanism === 'SCRAM-SHA-256' ? 32 : 64
    this.#password = password
    this.#salt = Buffer.from(salt)
  }

  answer(message: Uint8Array): Buffer {
    const text = Buffer.from(message).toString()
    if (text.startsWith('n,,')) {
      this.username = /n=([^,]*)/.exec(text)?.[1] ?? ''
      const first = `r=${text.slice(text.indexOf('r=') + 2)}+,s=${this.#salt.toString('base64')},i=5000`
      this.#said = `${text.slice(3)},${first}`
      return Buffer.from(first)
    }
    const hmac = (key: Uint8Array, of: string): Buffer => createHmac(this.#hash, key).update(of).digest()
    const salted = pbkdf2Sync(this.#password, this.#salt, 5000, this.#size, this.#hash)
    const storedKey = createHash(this.#hash).update(hmac(salted, 'Client Key')).digest()
    const [withoutProof = '', proof = ''] = text.split(',p=')
    const whole = `${this.#said},${withoutProof}`
    const signature = hmac(storedKey, whole)
    const clientKey = Buffer.from(proof, 'base64').map((byte, i) => byte ^ (signature[i] ?? 0))
    if (!createHash(this.#hash).update(clientKey).digest().equals(storedKey)) throw new Error('not the password')
    return Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), whole).toString('base64')}`)
  }
}
