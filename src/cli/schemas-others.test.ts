/** `odradek schemas` before registries that are not ours, that are reached otherwise, and before none. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { authority, server as serverPem } from '../../test/certificates.ts'
import { type Answer, type Asked, fakeRegistry } from '../registry/serdes/testdata/registry-fixture.ts'
import { run } from './schemas.ts'
import { type Ended, inProcess } from './testdata/in-process.ts'
import { piped } from './testdata/piped.ts'

const schemas = (...args: string[]): Promise<Ended> => inProcess(run, args)

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-others-'))
  writeFileSync(join(folder, 'a.avsc'), '"string"')
})
after(() => rmSync(folder, { recursive: true }))

const refusal = (status: number, error_code: number, message: string): Answer => ({
  status,
  body: { error_code, message },
})
const notServed = refusal(404, 404, 'HTTP 404 Not Found')

/** By `GET /path`, without what is asked of it; what is not there is not served. */
const answers =
  (known: Readonly<Record<string, Answer>>) =>
  ({ what }: Asked): Answer =>
    known[what.replace(/\?.*/, '')] ?? notServed

async function data(...args: string[]) {
  const { code, stdout, stderr } = await schemas(...args, '--json')
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return JSON.parse(stdout)
}

async function refused(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await schemas(...args)
  assert.deepEqual([code, stdout], [1, ''], args.join(' '))
  assert.equal(stderr.split('\n').length, 2, stderr)
  return stderr
}

const schema = (subject: string, version: number, id: number): object => ({ subject, version, id, schema: '"string"' })

describe('a list', () => {
  test('that is given whole, whatever page, context or prefix is asked for, as Karapace gives it', async () => {
    const all = Array.from({ length: 700 }, (_, i) => schema(`s${i}`, 1, i))
    await using server = await fakeRegistry(({ what }) =>
      what.startsWith('GET /schemas?')
        ? { body: [...all, schema('s7', 2, 9000)] }
        : what.startsWith('GET /config')
          ? { body: { compatibilityLevel: 'NONE' } }
          : { body: [1] },
    )
    const listed = await data('list', '--prefix', 's7', '--registry', server.url)
    assert.deepEqual(listed[0], {
      ...{ subject: 's7', schemaType: 'AVRO', versions: 1, newestVersion: 2, newestId: 9000, compatibility: 'NONE' },
    })
    assert.equal(listed.length, 11)
    assert.equal(server.asked.filter(({ what }) => what.startsWith('GET /schemas?')).length, 1)
  })

  test('that is given in pages, however small a registry makes them', async () => {
    const all = Array.from({ length: 25 }, (_, i) => schema(`s${i + 10}`, 1, i))
    await using server = await fakeRegistry(({ what }) => {
      const offset = Number(/offset=(\d+)/.exec(what)?.[1] ?? 0)
      if (what.startsWith('GET /schemas?')) return { body: all.slice(offset, offset + 10) }
      return { body: what.startsWith('GET /config') ? { compatibilityLevel: 'FULL' } : [1, 2] }
    })
    const listed = await data('list', '--registry', server.url)
    assert.deepEqual([listed.length, listed[24].subject, listed[24].versions], [25, 's34', 2])
  })

  test('asks of at most eight subjects at a time', async () => {
    const all = Array.from({ length: 40 }, (_, i) => schema(`s${i}`, 1, i))
    let [asked, most] = [0, 0]
    await using server = await fakeRegistry(({ what }) => {
      if (what.startsWith('GET /schemas?')) return { body: what.includes('offset=0') ? all : [] }
      if (!what.startsWith('GET /config')) return { body: [1] }
      most = Math.max(most, ++asked)
      setImmediate(() => asked--)
      return { body: { compatibilityLevel: 'FULL' } }
    })
    assert.equal((await data('list', '--registry', server.url)).length, 40)
    assert.ok(most > 1 && most <= 8, String(most))
  })
})

describe('a registry that knows less', () => {
  const versions = { body: [1, 2] }

  test('compares with one version alone: it is asked for those that count', async () => {
    const path = join(folder, 'a.avsc')
    const compatibility = 'POST /compatibility/subjects/a/versions'
    const bad: Answer = { body: { is_compatible: false, messages: ['because'] } }
    const known = { 'GET /subjects/a/versions': versions, [`${compatibility}/1`]: bad }
    const check = async (level: string) => {
      await using server = await fakeRegistry(
        answers({
          ...known,
          'GET /config/a': { body: { compatibilityLevel: level } },
          [`${compatibility}/2`]: { body: { is_compatible: true } },
        }),
      )
      return await schemas('check', 'a', path, '--registry', server.url)
    }
    assert.equal((await check('BACKWARD')).stdout, 'a: compatible\n')
    const transitive = await check('BACKWARD_TRANSITIVE')
    assert.deepEqual([transitive.code, transitive.stdout], [1, 'a: not compatible with version 1\n  because\n'])
  })

  test('tells the id alone of what was registered', async () => {
    await using server = await fakeRegistry(
      answers({
        'GET /subjects/a/versions': versions,
        'POST /subjects/a/versions': { body: { id: 7 } },
        'POST /subjects/a': { body: schema('a', 2, 7) },
      }),
    )
    const { stdout } = await schemas('register', 'a', join(folder, 'a.avsc'), '--registry', server.url)
    assert.equal(stdout, 'a version 2, id 7: was there already\n')
    // It may refuse fields that it does not know.
    assert.deepEqual(server.asked[1]?.body, { schemaType: 'AVRO', schema: '"string"' })
  })

  test('does not tell what is deleted: it is what is not listed otherwise', async () => {
    await using server = await fakeRegistry(({ what }) => {
      if (!what.startsWith('GET /schemas?')) return refusal(404, what.includes('/mode') ? 40409 : 40408, 'not set')
      const all = [schema('a', 1, 1), ...(what.includes('deleted=true') ? [schema('a', 2, 2)] : [])]
      return { body: what.includes('offset=0') ? all : [] }
    })
    const directory = join(folder, 'export')
    const { stderr } = await schemas('export', directory, '--prefix', 'a', '--registry', server.url)
    assert.equal(stderr, '')
    const { default: index } = await import(join(directory, 'index.json'), { with: { type: 'json' } })
    assert.deepEqual(
      index.schemas.map(({ deleted }: { deleted: boolean }) => deleted),
      [false, true],
    )
  })

  test('or is none', async () => {
    for (const body of [{}, [1], [{ subject: 'a' }], [schema('a', 1.5, 1)], 7, null]) {
      await using server = await fakeRegistry(() => ({ body }))
      assert.match(await refused('list', '--registry', server.url), /is it a schema registry\?\n$/)
    }
    await using page = await fakeRegistry(() => ({ status: 502, text: '<html>\n\u001b[31m' }))
    const told = await refused('list', '--registry', page.url)
    assert.match(told, /:\d+\/schemas: the answer is no JSON \(HTTP 502\): <html> \?\[31m\n$/)
    await using other = await fakeRegistry(() => notServed)
    assert.match(await refused('list', '--registry', other.url), /:\d+\/schemas: HTTP 404 Not Found \(404\)\n$/)
  })
})

describe('where it is', () => {
  const good = { 'GET /schemas': { body: [] } }

  test('the next one is asked where one does not answer, or fails; not for a write that may be done', async () => {
    await using server = await fakeRegistry(answers({ ...good, 'PUT /mode': { body: {} } }))
    await using failing = await fakeRegistry(() => refusal(500, 50001, 'lost'))
    await using dropping = await fakeRegistry(() => 'drop')
    const both = (...urls: string[]): string[] => ['--registry', urls.join(' , ')]
    assert.deepEqual(await data('list', ...both('http://127.0.0.1:1', failing.url, dropping.url, server.url)), [])
    assert.deepEqual(await data('list', '--registry', 'http://127.0.0.1:1', '--registry', server.url), [])
    const none = await refused('list', ...both('http://127.0.0.1:1', failing.url))
    assert.match(
      none,
      /^odradek schemas: no schema registry answers at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*; lost \(50001\)\n$/,
    )
    assert.equal((await schemas('mode', '--set', 'import', ...both('http://127.0.0.1:1', server.url))).code, 0)
    assert.match(await refused('mode', '--set', 'import', ...both(failing.url, server.url)), /: lost \(50001\)\n$/)
    assert.match(await refused('mode', '--set', 'import', ...both(dropping.url, server.url)), /socket hang up\n$/)
  })

  test('by the environment, in a process of its own; nobody there is one line', async () => {
    await using server = await fakeRegistry(answers(good))
    process.env['SCHEMA_REGISTRY_URL'] = `${server.url}/`
    process.env['SCHEMA_REGISTRY_USER'] = 'env:it'
    try {
      const { code, stderr } = await piped(['schemas', 'list'])
      assert.deepEqual([code, stderr], [0, ''])
      assert.equal(server.asked[0]?.headers.authorization, `Basic ${btoa('env:it')}`)
      process.env['SCHEMA_REGISTRY_URL'] = 'http://localhost:1'
      const none = await piped(['schemas', 'list'])
      assert.equal(none.code, 1)
      assert.match(
        none.stderr,
        /^odradek schemas: no schema registry answers at http:\/\/localhost:1: .*ECONNREFUSED.*\n$/,
      )
      assert.equal(none.stderr.split('\n').length, 2)
    } finally {
      delete process.env['SCHEMA_REGISTRY_URL']
      delete process.env['SCHEMA_REGISTRY_USER']
    }
  })

  test('a login is that of the flag, of the URL, and never told', async () => {
    await using server = await fakeRegistry(({ what }) =>
      what.startsWith('GET /schemas') ? { body: [] } : refusal(401, 401, 'Unauthorized'),
    )
    const url = server.url.replace('//', '//me:p%40ss@')
    await data('list', '--registry', url)
    await data('list', '--registry', url, '--registry-user', 'other:ä:b')
    assert.deepEqual(
      server.asked.map(({ headers }) => headers.authorization),
      ['me:p@ss', 'other:ä:b'].map((it) => `Basic ${Buffer.from(it).toString('base64')}`),
    )
    const told = await refused('config', '--registry', url)
    assert.match(told, /Unauthorized \(401\)/)
    assert.doesNotMatch(told, /ss/)
  })

  test('where one answer is bad the others are not waited for', async () => {
    const all = Array.from({ length: 20 }, (_, i) => schema(`s${i}`, 1, i))
    await using server = await fakeRegistry(({ what }) => {
      if (what.startsWith('GET /schemas?')) return { body: what.includes('offset=0') ? all : [] }
      return what.includes('/s0') ? refusal(422, 42201, 'no') : 'hang'
    })
    const start = performance.now()
    const { code, stderr } = await piped(['schemas', 'list', '--registry', server.url])
    assert.deepEqual([code, stderr], [1, 'odradek schemas: no (42201)\n'])
    assert.ok(performance.now() - start < 20_000)
  })

  test('a path of the URL is kept', async () => {
    await using server = await fakeRegistry(() => ({ body: [] }))
    await data('list', '--registry', `${server.url}/contexts/.team/`)
    assert.match(server.asked[0]?.what ?? '', /^GET \/contexts\/\.team\/schemas\?/)
  })

  test('what is no URL of HTTP is a wrong command line', async () => {
    for (const url of ['nonsense', 'ftp://a', '']) assert.equal((await schemas('list', '--registry', url)).code, 2, url)
  })

  test('by TLS, with an authority of its own', async () => {
    const server = createServer(serverPem, (_, reply) => reply.end('[]'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const address = server.address()
      assert.ok(typeof address === 'object' && address !== null)
      const url = `https://localhost:${address.port}`
      const path = join(folder, 'authority.pem')
      writeFileSync(path, authority)
      // Before it is trusted, which is for good.
      assert.match(await refused('list', '--registry', url), /certificate; --ca-file names its authority\n$/)
      assert.match(
        await refused('list', '--registry', url, '--ca-file', join(folder, 'no.pem')),
        /no such file.*no\.pem/,
      )
      assert.deepEqual(await data('list', '--registry', url, '--ca-file', path), [])
      await using plain = await fakeRegistry(() => ({ body: [] }))
      assert.match(
        await refused('list', '--registry', plain.url.replace('http:', 'https:')),
        /TLS is not spoken there\n$/,
      )
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
