/** Logins by basic authentication: who gets in, what is refused and what it costs, and what is told of it. */
import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, describe, test } from 'node:test'
import { ManualClock } from '../../server/handlers/handler-fixture.ts'
import { cryptography } from '../../stack/registry-means.ts'
import { registryStage } from '../testdata/stage.ts'
import { httpServer } from './http-server.ts'
import { LimitedLog } from './limited-log.ts'
import { type Cryptography, newPasswordHash, passwordHash } from './password-hash.ts'
import { type RegistryUser, Users } from './users.ts'

/** Of `secret`, and cheap. */
const cheapHash = (cost = 16): string => {
  const salt = Buffer.from('0123456789abcdef')
  const hash = scryptSync('secret', salt, 32, { N: cost, r: 1, p: 1 })
  return `scrypt:${cost}:1:1:${salt.toString('base64')}:${hash.toString('base64')}`
}

/** In the test's own thread, `before` each. */
const cryptographyWith = (before: () => unknown): Cryptography => ({
  ...cryptography,
  scryptThread: () => ({
    scrypt: async (password, { cost, blockSize, parallelization, salt }, bytes) => {
      await before()
      return scryptSync(password, salt, bytes, { N: cost, r: blockSize, p: parallelization })
    },
    close: async () => undefined,
  }),
})

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`

/** Closed at the end, each with its thread. */
const opened: Users[] = []
after(() => Promise.all(opened.map((it) => it.close())))

function serverWith(given: Readonly<Record<string, RegistryUser>>, means: Cryptography = cryptography) {
  const clock = new ManualClock()
  const users = new Users(given, means, clock)
  opened.push(users)
  const logged: unknown[] = []
  const logger = {
    child: () => logger,
    log: (level: string, message: string, fields?: object) => void logged.push([level, message, fields]),
  }
  const { registry } = registryStage()
  const server = httpServer({
    ...{ registry, logger, clusterId: 'c', version: '1' },
    authentication: { users, refusals: new LimitedLog(clock, logger) },
  })
  const ask = async (
    authorization: string | undefined,
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' = 'GET',
    url = '/subjects',
    payload?: object,
    remoteAddress = '127.0.0.1',
  ) => {
    const headers = authorization === undefined ? {} : { authorization }
    const reply = await server.inject({ method, url, headers, remoteAddress, ...(payload && { payload }) })
    return { status: reply.statusCode, body: reply.body, headers: reply.headers }
  }
  return { server, users, clock, logged, ask }
}

test('every path needs a login, also one that is not there, and the answer says how', async () => {
  const { ask } = serverWith({ ann: 'secret' })
  for (const [method, url] of [
    ['GET', '/'],
    ['GET', '/subjects'],
    ['HEAD', '/subjects'],
    ['GET', '/contexts/.c/subjects'],
    ['GET', '/openapi.json'],
    ['GET', '/nothing'],
    ['PUT', '/config'],
    ['DELETE', '/subjects/a'],
    ['POST', '/subjects/a/versions'],
  ] as const) {
    const { status, body, headers } = await ask(undefined, method, url)
    assert.equal(status, 401, url)
    assert.equal(headers['www-authenticate'], 'Basic realm="schema-registry"')
    assert.equal(headers['content-type'], 'application/vnd.schemaregistry.v1+json')
    if (method !== 'HEAD') assert.equal(body, '{"error_code":401,"message":"Unauthorized"}')
  }
  assert.equal((await ask(basic('ann', 'secret'), 'GET', '/nothing')).status, 404)
  assert.equal((await ask(basic('ann', 'secret'))).status, 200)
})

test('names and passwords of any characters; what is no login is none', async () => {
  const { ask } = serverWith({ 'Ünn @/': 'pä:ss wörd:', toString: 'x' })
  assert.equal((await ask(basic('Ünn @/', 'pä:ss wörd:'))).status, 200)
  assert.equal((await ask(basic('Ünn @/', 'pä:ss wörd:').replace('Basic ', 'bAsIc   '))).status, 200)
  assert.equal((await ask(basic('toString', 'x'))).status, 200)
  for (const header of [
    ...['', 'Basic', 'Basic ', 'Bearer x', 'Basic !!!', basic('Ünn @/', '')],
    ...[basic('Ünn @/', 'pä:ss wörd'), basic('ünn @/', 'pä:ss wörd:'), basic('constructor', ''), basic('', '')],
    ...[`Basic ${Buffer.from('no colon').toString('base64')}`, `${basic('toString', 'x')} more`],
  ]) {
    assert.equal((await ask(header)).status, 401, header)
  }
})

describe('roles', () => {
  test('who may read may do what changes nothing', async () => {
    const { ask } = serverWith({ ann: { password: 'a', role: 'admin' }, rob: { password: 'r', role: 'read' } })
    const rob = basic('rob', 'r')
    const schema = { schema: 'x' }
    assert.equal((await ask(basic('ann', 'a'), 'POST', '/subjects/s/versions', schema)).status, 200)
    for (const [method, url, status] of [
      ['GET', '/subjects/s/versions/1', 200],
      ['HEAD', '/subjects/s/versions/1', 200],
      ['POST', '/subjects/s', 200],
      ['POST', '/compatibility/subjects/s/versions', 200],
      ['POST', '/compatibility/subjects/s/versions/latest', 200],
      ['POST', '/contexts/.c/compatibility/subjects/s/versions', 200],
      ['PUT', '/nothing', 404],
      ['POST', '/subjects/s/versions', 403],
      ['POST', '/subjects/s/versions/', 403],
      ['POST', '/contexts/.c/subjects/s/versions', 403],
      ['PUT', '/config', 403],
      ['PUT', '/mode/s', 403],
      ['DELETE', '/config/s', 403],
      ['DELETE', '/subjects/s', 403],
      ['DELETE', '/subjects/s/versions/1', 403],
      ['DELETE', '/contexts/.c', 403],
    ] as const) {
      const given = method === 'POST' ? schema : undefined
      assert.equal((await ask(rob, method, url, given)).status, status, `${method} ${url}`)
    }
    const { body } = await ask(rob, 'DELETE', '/subjects/s')
    assert.deepEqual(JSON.parse(body), { error_code: 403, message: "Forbidden: the user 'rob' may only read" })
    assert.equal((await ask(basic('ann', 'a'), 'DELETE', '/subjects/s')).status, 200)
  })

  test('of every operation that is described', async () => {
    const { ask } = serverWith({ rob: { password: 'r', role: 'read' } })
    const text = (await ask(basic('rob', 'r'), 'GET', '/openapi.json')).body
    const { paths }: { readonly paths: Record<string, Record<string, { responses: object }>> } = JSON.parse(text)
    let refused = 0
    for (const [path, item] of Object.entries(paths)) {
      for (const [name, { responses }] of Object.entries(item)) {
        const method = (['GET', 'PUT', 'POST', 'DELETE'] as const).find((it) => it.toLowerCase() === name) ?? 'HEAD'
        const { status } = await ask(basic('rob', 'r'), method, path.replace(/\{\w+\}/g, '1'))
        assert.equal(status === 403, '403' in responses, `${name} ${path}: ${status}`)
        if (status === 403) refused++
      }
    }
    assert.equal(refused, 12)
  })
})

describe('hashes', () => {
  test('what hashPassword makes lets in who has the password, and nobody else', async () => {
    const hash = await newPasswordHash('pass', cryptography)
    assert.match(hash, /^scrypt:32768:8:3:[^:]{24}:[^:]{44}$/)
    assert.notEqual(hash, await newPasswordHash('pass', cryptography))
    const { ask } = serverWith({ ann: hash })
    assert.equal((await ask(basic('ann', 'pass'))).status, 200)
    assert.equal((await ask(basic('ann', hash))).status, 401)
    assert.equal((await ask(basic('ann', 'Pass'))).status, 401)
    await assert.rejects(newPasswordHash('', cryptography), TypeError)
  })

  test('a login is checked once, as long as it is right; several at once are one', async () => {
    let checks = 0
    const counting = cryptographyWith(() => checks++)
    const { ask } = serverWith({ ann: cheapHash(), bob: cheapHash() }, counting)
    const asked = (name: string, password: string) => ask(basic(name, password)).then(({ status }) => status)
    assert.deepEqual(await Promise.all(Array.from({ length: 50 }, () => asked('ann', 'secret'))), Array(50).fill(200))
    assert.equal(checks, 1)
    assert.equal(await asked('ann', 'secret'), 200)
    assert.equal(checks, 1)
    // Another one's password is another login, a wrong one is looked at each time, and who is not there takes as long.
    assert.equal(await asked('bob', 'secret'), 200)
    assert.equal(checks, 2)
    assert.deepEqual(
      [await asked('ann', 'wrong'), await asked('ann', 'wrong'), await asked('eve', 'x')],
      [401, 401, 401],
    )
    assert.equal(checks, 5)
  })

  test('one is checked at a time of each name and address, and sixteen wait: who was let in before still is', async () => {
    const gate = Promise.withResolvers<void>()
    let isHeld = false
    let running = 0
    let runningMax = 0
    const held = cryptographyWith(async () => {
      running++
      runningMax = Math.max(runningMax, running)
      if (isHeld) await gate.promise
      running--
    })
    const names = ['ann', 'bob', 'cid']
    const { ask } = serverWith(Object.fromEntries(names.map((name) => [name, cheapHash()])), held)
    const from = (address: string, name: string, password: string) =>
      ask(basic(name, password), 'GET', '/subjects', undefined, address)
    assert.equal((await from('::1', 'ann', 'secret')).status, 200)
    isHeld = true
    const waiting = [from('::1', 'bob', 'wrong')]
    const busy = async (address: string, name: string): Promise<void> => {
      const { status, body, headers } = await from(address, name, 'one more')
      assert.deepEqual([status, headers['retry-after'], JSON.parse(body).error_code], [503, '1', 503])
    }
    await busy('::1', 'bob')
    for (let i = 0; i < 7; i++) waiting.push(from(`10.0.0.${i}`, 'bob', `wrong ${i}`))
    // Bob has all that one name may have, and others have the rest.
    await busy('10.0.0.8', 'bob')
    for (let i = 0; i < 8; i++) waiting.push(from(`10.0.0.${i}`, 'cid', `wrong ${i}`))
    await busy('::1', 'ann')
    await busy('::1', 'nobody')
    assert.equal((await from('::1', 'ann', 'secret')).status, 200)
    gate.resolve()
    for (const { status } of await Promise.all(waiting)) assert.equal(status, 401)
    assert.equal(runningMax, 1)
    assert.equal((await from('::1', 'bob', 'secret')).status, 200)
  })

  test('strangers that try other names without end do not keep out whoever may come in', async () => {
    const { ask, clock } = serverWith({ ann: cheapHash(1024) })
    let isOn = true
    const told = new Map<number, number>()
    const stranger = async (i: number): Promise<void> => {
      for (let tries = 0; isOn; tries++) {
        const { status } = await ask(basic(`stranger ${i}`, String(tries)))
        told.set(status, (told.get(status) ?? 0) + 1)
      }
    }
    const strangers = Array.from({ length: 20 }, (_, i) => stranger(i))
    const ticking = setInterval(() => clock.advance(1000), 1)
    for (let i = 0; i < 5; i++) {
      while ((told.get(401) ?? 0) < 20 * (i + 1)) await new Promise((resolve) => setImmediate(resolve))
      const { status } = await ask(basic('ann', i === 4 ? 'secret' : `wrong ${i}`))
      assert.equal(status, i === 4 ? 200 : 401)
    }
    isOn = false
    await Promise.all(strangers)
    clearInterval(ticking)
    assert.deepEqual([...told.keys()], [401])
  })

  test('who has no hash, or is nobody, is refused after as long as who has one', async () => {
    let checks = 0
    const gate = Promise.withResolvers<void>()
    const takesLong = cryptographyWith(() => {
      checks++
      clock.advance(250)
      return gate.promise
    })
    const { ask, clock } = serverWith({ ann: cheapHash(), bob: 'plain' }, takesLong)
    const told: string[] = []
    const asked = (name: string) => ask(basic(name, 'x')).then(({ status }) => told.push(`${name} ${status}`))
    const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))
    const all = ['ann', 'bob', 'eve'].map(asked)
    assert.equal((await ask(basic('bob', 'plain'))).status, 200)
    await settled()
    assert.deepEqual(told, [])
    gate.resolve()
    await settled()
    assert.deepEqual(told, ['ann 401'])
    clock.advance(249)
    await settled()
    assert.deepEqual(told, ['ann 401'])
    clock.advance(1)
    await Promise.all(all)
    assert.deepEqual([told.toSorted(), checks], [['ann 401', 'bob 401', 'eve 401'], 1])
    // Where nobody waits, it is looked at as any other.
    await asked('bob')
    assert.equal(checks, 2)
  })

  test('a file is read at once while passwords are hashed: they take none of the threads that files need', async () => {
    const thread = cryptography.scryptThread()
    const parameters = { cost: 2 ** 15, blockSize: 16, parallelization: 1, salt: Buffer.alloc(16) }
    let hashed = 0
    const all = Array.from({ length: 8 }, () => thread.scrypt('x', parameters, 32).then(() => hashed++))
    await all[0]
    await readFile(import.meta.filename)
    assert.ok(hashed < 4, `${hashed} came before`)
    await Promise.all(all)
    await thread.close()
  })

  test('a thread that fails is an error of that request alone; what was under way when it is closed has failed', async () => {
    const thread = cryptography.scryptThread()
    const salt = Buffer.alloc(16)
    const hashed = (cost: number) => thread.scrypt('x', { cost, blockSize: 1, parallelization: 1, salt }, 32)
    await assert.rejects(hashed(3), /scrypt|N/i)
    assert.deepEqual(Buffer.from(await hashed(16)), scryptSync('x', salt, 32, { N: 16, r: 1, p: 1 }))
    // One that takes a tenth of a second: what is refused for its cost has its answer at once, and may be before the end.
    const slow = { cost: 2 ** 15, blockSize: 16, parallelization: 1, salt }
    const lost = assert.rejects(thread.scrypt('x', slow, 32), /ended/)
    await thread.close()
    await lost
    assert.equal((await hashed(16)).length, 32)
    await thread.close()
    let fails = true
    const { ask, users } = serverWith(
      { ann: cheapHash() },
      cryptographyWith(() => {
        if (fails) throw new Error('the thread has ended')
      }),
    )
    assert.equal((await ask(basic('ann', 'secret'))).status, 500)
    fails = false
    assert.equal((await ask(basic('ann', 'secret'))).status, 200)
    await users.close()
    assert.equal((await ask(basic('ann', 'x'))).status, 500)
  })

  test('what is remembered is bounded', async () => {
    let checks = 0
    const hash = `scrypt:16:1:1:${Buffer.alloc(16).toString('base64')}:${Buffer.alloc(32, 1).toString('base64')}`
    const quick: Cryptography = {
      ...cryptography,
      scryptThread: () => ({
        scrypt: async () => {
          checks++
          return Buffer.alloc(32, 1)
        },
        close: async () => undefined,
      }),
    }
    const users = new Users({ ann: hash }, quick, new ManualClock())
    const check = (password: string) => users.check({ name: 'ann', password, address: '::1' })
    for (let i = 0; i < 1001; i++) await check(String(i))
    assert.equal(checks, 1001)
    await check('1')
    assert.equal(checks, 1001)
    await check('0')
    assert.equal(checks, 1002)
  })

  test('what is no hash, or takes too much, is refused before anything begins', () => {
    const salt = Buffer.alloc(16).toString('base64')
    const hash = Buffer.alloc(32).toString('base64')
    assert.equal(passwordHash(`scrypt:32768:8:1:${salt}:${hash}`).cost, 32_768)
    for (const text of [
      ...['scrypt:', `scrypt:15:8:1:${salt}:${hash}`, `scrypt:1:8:1:${salt}:${hash}`, `scrypt:0:8:1:${salt}:${hash}`],
      ...[`scrypt:16:0:1:${salt}:${hash}`, `scrypt:16:8:0:${salt}:${hash}`, `scrypt:16:8:65:${salt}:${hash}`],
      ...[`scrypt:2097152:8:1:${salt}:${hash}`, `scrypt:2:99999:64:${salt}:${hash}`, `scrypt:16:8:1:AAAA:${hash}`],
      ...[`scrypt:16:8:1:${salt}:AAAA`, `scrypt:16:8:1:${salt}:`, `scrypt:-2:8:1:${salt}:${hash}`],
    ]) {
      assert.throws(
        () => new Users({ ann: text }, cryptography, new ManualClock()),
        (error) => {
          return error instanceof TypeError && /'ann'/.test(error.message) && !error.message.includes(hash)
        },
      )
    }
  })
})

test('users that are none', () => {
  const given = (users: object): unknown =>
    new Users(users as Record<string, RegistryUser>, cryptography, new ManualClock())
  assert.throws(() => given({}), /nobody in it/)
  assert.throws(() => given({ '': 'x' }), TypeError)
  assert.throws(() => given({ 'a:b': 'x' }), /has no colon/)
  assert.throws(() => given({ ann: '' }), /no password/)
  assert.throws(() => given({ ann: { password: 7 } }), /no password/)
  assert.throws(() => given({ ann: { password: 'x', role: 'owner' } }), /admin or read, not 'owner'/)
})

test('what is refused is logged, without the password, once in a while; who asks without a login is not', async () => {
  const { ask, logged, clock } = serverWith({ ann: 'secret' })
  await ask(undefined)
  assert.deepEqual(logged, [])
  await ask(basic('ann', 'hunter2'))
  for (let i = 0; i < 5; i++) await ask(basic('eve'.repeat(100), 'hunter2'))
  assert.deepEqual(logged, [
    ['warn', 'a login was refused', { user: 'ann', from: '127.0.0.1', reason: 'wrong password' }],
  ])
  clock.advance(10_000)
  await ask(basic('eve'.repeat(100), 'hunter2'))
  assert.equal(logged.length, 2)
  assert.deepEqual(logged[1], [
    ...['warn', 'a login was refused'],
    { user: 'eve'.repeat(100).slice(0, 64), from: '127.0.0.1', reason: 'no such user', othersBefore: 5 },
  ])
  assert.ok(!JSON.stringify(logged).includes('hunter2'))
})

test('without users all is open', async () => {
  const { get, register } = registryStage()
  await register('a', 'x')
  assert.deepEqual((await get('/subjects')).body, ['a'])
})
