import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { Run } from './testdata/run.ts'

describe('odradek registry', () => {
  let broker: RunningBroker
  let folder = ''
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'odradek-registry-'))
    broker = await startBroker()
  })
  after(async () => {
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const file = (name: string, ...lines: readonly string[]): string => {
    const path = join(folder, name)
    writeFileSync(path, `${lines.join('\n')}\n`)
    return path
  }
  const ready = async (run: Run): Promise<string> => {
    await run.until(/the schema registry is ready/)
    const [, port = ''] = /registry is ready host=\S+ port=(\d+)/.exec(run.output) ?? []
    return `http://127.0.0.1:${port}`
  }

  it('serves over a cluster with a file of Confluent’s names, and stops under control', async () => {
    const users = file('users', 'alice: se:cret', 'bob = hunter2,read')
    const path = file(
      'schema-registry.properties',
      'listeners=http://127.0.0.1:0',
      `kafkastore.bootstrap.servers=SASL_SSL://localhost:1,PLAINTEXT://${broker.bootstrap}`,
      'kafkastore.topic=_mine',
      'avro.compatibility.level=none',
      'authentication.method=BASIC',
      `authentication.users.file=${users}`,
      'debug=false',
    )
    const run = new Run(['registry', path], folder)
    const url = await ready(run)
    const asked = async (login: string, init: RequestInit = {}): Promise<readonly [number, unknown]> => {
      const authorization = `Basic ${Buffer.from(login).toString('base64')}`
      const reply = await fetch(`${url}/config`, { ...init, headers: { authorization } })
      return [reply.status, await reply.json()]
    }
    assert.deepEqual(await asked('alice:se:cret'), [200, { compatibilityLevel: 'NONE' }])
    assert.equal((await asked('alice:cret'))[0], 401)
    assert.equal((await asked('bob:hunter2'))[0], 200)
    assert.equal((await asked('bob:hunter2', { method: 'PUT', body: '{"compatibility":"FULL"}' }))[0], 403)
    assert.match(run.output, /WARN.*'debug' was supplied/)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0)
    assert.match(run.output, /the schema registry has stopped/)
  })

  it('serves without a file', async () => {
    const run = new Run(['registry', '-b', broker.bootstrap, '--set', 'listeners=http://127.0.0.1:0'], folder)
    const url = await ready(run)
    assert.deepEqual(await (await fetch(`${url}/subjects`)).json(), [])
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 0)
  })

  it('ends at once when it is told to while its cluster is not there', async () => {
    const run = new Run(['registry', '-b', '127.0.0.1:1', '--set', 'listeners=http://127.0.0.1:0'], folder)
    await run.until(/ECONNREFUSED/)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0)
  })

  it('tells in one line what is wrong', async () => {
    const own = ['-b', broker.bootstrap, '--set', 'listeners=http://127.0.0.1:0']
    const cases: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
      [['no-such-file'], 1, /no such file/],
      [['a', 'b'], 2, /one FILE at most/],
      [[...own, '--log-level', 'loud'], 2, /--log-level is one of/],
      [[...own, '--set', 'listeners=8081'], 1, /listeners.*http:\/\/\{host\}:\{port\}/],
      [[...own, '--set', 'listeners=https://127.0.0.1:0'], 1, /certificate with its key, in PEM: ssl\.keystore/],
      [[...own, '--set', 'kafkastore.security.protocol=SSL', '-b', 'PLAINTEXT://a:1'], 1, /names no address of .*SSL/],
      [[...own, '--set', 'kafkastore.security.protocol=SSH'], 1, /security\.protocol/],
      [[...own, '--set', 'authentication.method=BASIC'], 1, /needs authentication\.users\.file/],
      [
        [...own, '--set', 'authentication.method=BASIC', '--set', `authentication.users.file=${file('none')}`],
        1,
        /users has nobody/,
      ],
      [
        [
          ...own,
          '--set',
          'authentication.method=BASIC',
          '--set',
          `authentication.users.file=${file('role', 'a: b,reed')}`,
        ],
        1,
        /what follows the comma of 'a' is a role, admin or read/,
      ],
      [[...own, '--set', `listeners=http://127.0.0.1:${broker.port}`], 1, /of the schema registry cannot .*in use/],
    ]
    await Promise.all(
      cases.map(async ([args, code, said]) => {
        const run = new Run(['registry', ...args], folder)
        assert.equal(await run.ended, code, `${args.join(' ')}\n${run.output}`)
        assert.match(run.output, said)
        assert.doesNotMatch(run.output, /\n\s+at /)
      }),
    )
  })
})
