/** Schema registries over HTTPS, alone and as instances that forward writes to each other: who is believed, who gets in, who may write. */
import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { request } from 'node:https'
import { connect as connectPlain, Server } from 'node:net'
import { after, before, test } from 'node:test'
import { type ConnectionOptions, connect, rootCertificates } from 'node:tls'
import { authority, client, server } from '../../test/certificates.ts'
import { leaderOf } from '../../test/registry-cluster.ts'
import { Kafka } from './client.ts'
import { type RunningBroker, startBroker } from './index.ts'
import { hashPassword, type RunningRegistry, type StartRegistryOptions, startRegistry } from './registry.ts'

interface Asked {
  readonly method?: string
  readonly body?: object
  readonly user?: string
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase'>
}

interface Told {
  readonly status: number
  readonly body: { readonly id?: number; readonly error_code?: number; readonly message?: string }
  readonly challenge: string | undefined
}

/** Of an authority that has signed none of ours. */
const [stranger = ''] = rootCertificates
let broker: RunningBroker
before(async () => {
  broker = await startBroker({ config: { 'group.min.session.timeout.ms': 100 } })
})
after(() => broker.stop())

let count = 0
/** Each has a topic and a group of its own, unless that is given. */
const started = (more: Partial<StartRegistryOptions>): Promise<RunningRegistry> => {
  const name = `registry-${count++}`
  return startRegistry({
    ...{ kafka: { bootstrapServers: broker.bootstrap }, port: 0, replicationFactor: 1, sessionTimeoutMs: 1500 },
    ...{ topic: name, groupId: name, log: () => undefined, ...more },
  })
}

/** Rejects where the two do not believe each other. */
function ask(url: string, { method = 'GET', body, user, tls = { ca: authority } }: Asked = {}): Promise<Told> {
  const login = user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: login, agent: false, ...tls }, async (reply) => {
      let text = ''
      for await (const chunk of reply) text += String(chunk)
      const challenge = reply.headers['www-authenticate']
      resolve({ status: reply.statusCode ?? 0, body: JSON.parse(text), challenge })
    })
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

/** Who leads comes last. */
async function pair(more: Partial<StartRegistryOptions>): Promise<readonly [RunningRegistry, RunningRegistry]> {
  const name = `pair-${count++}`
  const [one, other] = await Promise.all([0, 1].map(() => started({ ...more, topic: name, groupId: name })))
  assert.ok(one !== undefined && other !== undefined)
  return leaderOf([one.url, other.url]) === other.url ? [one, other] : [other, one]
}

const schemaOf = (name: string): object => ({ schema: JSON.stringify({ type: 'fixed', name, size: 4 }) })
const registering = (name: string): Asked => ({ method: 'POST', body: schemaOf(name) })

/** Until both know who leads: then what is written to the one is written by the other. */
async function elected(registries: readonly RunningRegistry[], more: Asked = {}): Promise<void> {
  for (const { url } of registries) {
    const told = await ask(`${url}/config`, { method: 'PUT', body: { compatibility: 'NONE' }, ...more })
    assert.equal(told.status, 200, JSON.stringify(told.body))
  }
}

test('a registry over HTTPS: who believes its authority gets answers, and nobody else', async () => {
  await using registry = await started({ tls: server })
  const { url } = registry
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.equal((await ask(`${url}/subjects/a/versions`, registering('A'))).body.id, 1)
  assert.deepEqual((await ask(`${url}/subjects`)).body, ['a'])
  await assert.rejects(ask(`${url}/subjects`, { tls: {} }))
  await assert.rejects(ask(`${url}/subjects`, { tls: { ca: stranger } }))
})

test('TLS 1.2 and 1.3, nothing older; what is no TLS, or none at all, disturbs nobody', async () => {
  const logged: string[] = []
  await using registry = await started({ tls: server, log: (line) => void logged.push(line) })
  const { port, url } = registry
  const versionOf = async (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> => {
    const ciphers = 'DEFAULT:@SECLEVEL=0'
    const socket = connect({ port, host: '127.0.0.1', ca: authority, minVersion: 'TLSv1.1', maxVersion, ciphers })
    try {
      await once(socket, 'secureConnect')
      return socket.getProtocol()
    } finally {
      socket.destroy()
    }
  }
  assert.equal(await versionOf('TLSv1.3'), 'TLSv1.3')
  assert.equal(await versionOf('TLSv1.2'), 'TLSv1.2')
  await assert.rejects(versionOf('TLSv1.1'))
  for (const text of ['GET /subjects HTTP/1.1\r\nhost: x\r\n\r\n', '\0\0\0\0', '\x16\x03\x01\xff\xff', '']) {
    const socket = connectPlain({ port, host: '127.0.0.1' })
    let answer = ''
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('error', () => undefined)
    socket.end(text)
    await new Promise((resolve) => socket.once('close', resolve))
    assert.ok(!answer.includes('200'), answer)
  }
  assert.equal((await ask(`${url}/subjects`)).status, 200)
  // The first of them is told of, and no other within ten seconds.
  assert.equal(logged.length, 1, logged.join(''))
  assert.match(logged[0] ?? '', /WARN .*a connection was refused/)
})

test('two instances with users: a write is forwarded by who asks, and the leader looks at that again', async () => {
  const users = { ann: await hashPassword('a'), rob: { password: 'r', role: 'read' } } as const
  const [follower, leader] = await pair({ tls: { ...server, ca: authority }, users })
  await elected([leader, follower], { user: 'ann:a' })
  const { url } = follower
  assert.equal((await ask(`${url}/subjects/a/versions`, { ...registering('A'), user: 'ann:a' })).body.id, 1)
  assert.deepEqual((await ask(`${leader.url}/subjects/a/versions`, { user: 'rob:r' })).body, [1])
  for (const it of [follower, leader]) {
    const again = { ...registering('B'), user: 'rob:r' }
    assert.equal((await ask(`${it.url}/subjects/a/versions`, again)).status, 403)
    assert.equal((await ask(`${it.url}/subjects/a`, { ...registering('A'), user: 'rob:r' })).status, 200)
    const { body } = await ask(`${it.url}/compatibility/subjects/a/versions`, again)
    assert.deepEqual(body, { is_compatible: true })
    for (const user of [undefined, 'ann:wrong', 'eve:a']) {
      const told = await ask(`${it.url}/subjects`, user === undefined ? {} : { user })
      assert.deepEqual([told.status, told.challenge], [401, 'Basic realm="schema-registry"'])
    }
  }
  await Promise.all([follower.stop(), leader.stop()])
})

test('a leader with other users: what it refuses is the answer', async () => {
  const name = `others-${count++}`
  const tls = { ...server, ca: authority }
  const both = { tls, topic: name, groupId: name }
  await using leader = await started({ ...both, users: { ann: 'other' } })
  await using follower = await started({ ...both, users: { ann: 'a' }, leaderEligibility: false })
  await elected([leader], { user: 'ann:other' })
  const told = await ask(`${follower.url}/subjects/a/versions`, { ...registering('A'), user: 'ann:a' })
  assert.deepEqual([told.status, told.challenge], [401, 'Basic realm="schema-registry"'])
})

test('a leader whose authority the follower does not believe gets nothing to do', async () => {
  const name = `doubts-${count++}`
  await using leader = await started({ tls: server, topic: name, groupId: name })
  await elected([leader])
  for (const ca of [undefined, stranger]) {
    const tls = { ...server, ...(ca !== undefined && { ca }) }
    await using follower = await started({ tls, topic: name, groupId: name, leaderEligibility: false })
    const { status, body } = await ask(`${follower.url}/subjects/a/versions`, registering('A'))
    assert.deepEqual([status, body.error_code], [500, 50_003])
    assert.match(body.message ?? '', /certificate/)
  }
  assert.deepEqual((await ask(`${leader.url}/subjects`)).body, [])
})

test('an instance without TLS forwards to one that has it only where the system believes it', async () => {
  const name = `mixed-${count++}`
  await using leader = await started({ tls: server, topic: name, groupId: name })
  await elected([leader])
  await using follower = await started({ topic: name, groupId: name, leaderEligibility: false })
  const method = { method: 'POST', body: JSON.stringify(schemaOf('A')) }
  const reply = await fetch(`${follower.url}/subjects/a/versions`, method)
  assert.match(await reply.text(), /50003.*certificate/)
})

test('clients that need a certificate: who has none, or one of a stranger, does not get in; instances show theirs', async () => {
  const [follower, leader] = await pair({ tls: { ...server, ca: authority, clientAuth: 'required' } })
  const known = { ca: authority, ...client }
  await elected([leader, follower], { tls: known })
  const told = await ask(`${follower.url}/subjects/a/versions`, { ...registering('A'), tls: known })
  assert.equal(told.body.id, 1)
  await assert.rejects(ask(`${leader.url}/subjects`))
  await assert.rejects(ask(`${follower.url}/subjects`))
  assert.equal((await ask(`${leader.url}/subjects`, { tls: known })).status, 200)
  await Promise.all([follower.stop(), leader.stop()])
  const topic = `closed-${count++}`
  await using other = await started({ tls: { ...server, ca: stranger, clientAuth: 'required' }, topic })
  for (const tls of [known, { ca: authority }])
    await assert.rejects(ask(`${other.url}/subjects/a/versions`, { ...registering('A'), tls }))
  // Nor was it done: who reads the same topic without TLS sees nothing.
  await using open = await started({ topic })
  assert.deepEqual(await (await fetch(`${open.url}/subjects`)).json(), [])
})

test('clients that may have a certificate: none is good, one of a stranger is not', async () => {
  const known = { ca: authority, ...client }
  const logged: string[] = []
  const log = (line: string): void => void logged.push(line)
  await using registry = await started({ tls: { ...server, ca: authority, clientAuth: 'requested' } })
  assert.equal((await ask(`${registry.url}/subjects`)).status, 200)
  assert.equal((await ask(`${registry.url}/subjects`, { tls: known })).status, 200)
  await using other = await started({ tls: { ...server, ca: stranger, clientAuth: 'requested' }, log })
  assert.equal((await ask(`${other.url}/subjects`)).status, 200)
  for (let i = 0; i < 3; i++) {
    await assert.rejects(ask(`${other.url}/subjects/a/versions`, { ...registering('A'), tls: known }))
  }
  // Nor was it done.
  assert.deepEqual((await ask(`${other.url}/subjects`)).body, [])
  const refused = logged.filter((line) => line.includes('a connection was refused'))
  assert.equal(refused.length, 1, logged.join(''))
  assert.match(refused[0] ?? '', /from=127\.0\.0\.1 reason="the client's certificate is of a stranger"/)
})

test('certificates are renewed while it serves', async () => {
  await using registry = await started({ tls: server })
  const { port, url } = registry
  const shown = async (): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const old = connect({ port, host: '127.0.0.1', ca: authority })
  await once(old, 'secureConnect')
  const first = await shown()
  for (const bad of [
    { ...server, key: client.key },
    { cert: 'x', key: 'y' },
    { ...client, passphrase: 'wrong' },
  ]) {
    assert.throws(() => registry.reloadTls(bad), TypeError)
  }
  assert.throws(() => registry.reloadTls({ ...server, ca: authority, clientAuth: 'required' }), /stays 'none'/)
  assert.equal(await shown(), first)
  assert.equal((await ask(`${url}/subjects`)).status, 200)
  registry.reloadTls(client)
  assert.notEqual(await shown(), first)
  old.write('GET /subjects HTTP/1.1\r\nhost: x\r\n\r\n')
  const [answer] = await once(old, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200/)
  old.destroy()
})

test('what is no TLS, and who is no user, is refused before anything begins', async () => {
  for (const more of [
    { tls: { cert: '', key: '' } },
    { tls: { cert: server.cert, key: client.cert } },
    { tls: { ...client, passphrase: 'wrong' } },
    { tls: { ...server, clientAuth: 'required' } },
    { tls: { ...server, ca: 'x', clientAuth: 'required' } },
    { users: {} },
    { users: { ann: 'scrypt:1' } },
  ] satisfies Partial<StartRegistryOptions>[]) {
    await assert.rejects(started(more), TypeError, JSON.stringify(more).slice(0, 80))
  }
  await using registry = await started({})
  assert.throws(() => registry.reloadTls(server), /without tls/)
})

test('a start that is stopped while it asks, or begins to listen, ends, and its port is free', {
  timeout: 20_000,
}, async () => {
  const early = AbortSignal.abort(new Error('stopped'))
  await assert.rejects(started({ stopWanted: early }), /stopped/)
  const listen = Server.prototype.listen
  // The first of them looks whether the port is free, the second is that of the registry.
  for (const nth of [1, 2]) {
    const stopping = new AbortController()
    let calls = 0
    Server.prototype.listen = function (this: Server, ...given: Parameters<typeof listen>) {
      if (++calls === nth) queueMicrotask(() => stopping.abort(new Error('stopped')))
      return listen.apply(this, given)
    } as typeof listen
    try {
      await assert.rejects(started({ stopWanted: stopping.signal }), /stopped/)
    } finally {
      Server.prototype.listen = listen
    }
    assert.deepEqual([calls, getEventListeners(stopping.signal, 'abort').length], [nth, 0])
  }
})

test('where the port is taken, nothing was written to the topic', async () => {
  await using first = await started({})
  const topic = `taken-${count++}`
  await assert.rejects(started({ port: first.port, topic }), { code: 'EADDRINUSE' })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await using admin = kafka.admin()
  assert.ok(!(await admin.listTopics()).some((it) => JSON.stringify(it).includes(topic)))
})
