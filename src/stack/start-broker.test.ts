import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { serverDefaults, withOwnListener } from './default-config.ts'
import { type StartBrokerOptions, startBroker } from './start-broker.ts'

/** What a test in JavaScript may give. */
const start = (options: unknown): Promise<unknown> => startBroker(options as StartBrokerOptions)

describe('startBroker', () => {
  it('takes numbers and booleans for values', async () => {
    await using broker = await startBroker({ config: { 'num.partitions': 3, 'auto.create.topics.enable': false } })
    assert.match(broker.bootstrap, /^127\.0\.0\.1:\d+$/)
  })

  it('tells what is misspelt', async () => {
    await assert.rejects(start({ confg: {} }), {
      name: 'TypeError',
      message: "startBroker has no option 'confg'; it has config, registry, logLevel, log",
    })
    await assert.rejects(start({ logLevel: 'verbose' }), { name: 'TypeError', message: /^logLevel is one of debug, / })
    await assert.rejects(start({ config: { 'num.partition': 3 } }), {
      name: 'ConfigError',
      message: "Unknown broker config 'num.partition' was given to startBroker.",
    })
    await assert.rejects(start({ config: { 'num.partitions': null } }), {
      name: 'TypeError',
      message: /^The config 'num\.partitions' is a string, a number or a boolean/,
    })
  })

  it('keeps its controller where only a listener for clients is given', async () => {
    await using broker = await startBroker({ config: { listeners: 'PLAINTEXT://127.0.0.1:0' } })
    assert.ok(broker.port > 0)
    const texts = withOwnListener(serverDefaults, { listeners: 'PLAINTEXT://:9999' })
    assert.equal(texts.get('listeners'), 'PLAINTEXT://:9999,CONTROLLER://127.0.0.1:9093')
    const own = { listeners: 'PLAINTEXT://:1,C://:2', 'controller.listener.names': 'C' }
    assert.equal(withOwnListener(serverDefaults, own).get('listeners'), own.listeners)
  })

  it('names the listener and its config where it cannot listen', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await assert.rejects(start({ config: { listeners: `PLAINTEXT://127.0.0.1:${port}` } }), {
      name: 'ListenError',
      code: 'EADDRINUSE',
      message: `PLAINTEXT://127.0.0.1:${port} of 'listeners' cannot be listened on: the port is in use by another process`,
    })
    await assert.rejects(start({ config: { 'odradek.metrics.listener': `127.0.0.1:${port}` } }), {
      message: `127.0.0.1:${port} of 'odradek.metrics.listener' cannot be listened on: the port is in use by another process`,
    })
    taken.close()
  })

  it('serves metrics before it says that it is ready, and as long as it runs', async () => {
    const lines: string[] = []
    const config = { 'odradek.metrics.listener': '127.0.0.1:0' }
    const broker = await startBroker({ config, logLevel: 'info', log: (line) => lines.push(line) })
    const at = (text: string): number => lines.findIndex((line) => line.includes(text))
    assert.ok(at('metrics are served') >= 0)
    assert.ok(at('metrics are served') < at('the node is ready'))
    const [, url = ''] = /url=(\S+)/.exec(lines.join('')) ?? []
    assert.match(await (await fetch(url)).text(), /odradek_|kafka_/)
    await broker.stop()
    const [refused] = await once(connect(Number(new URL(url).port), '127.0.0.1'), 'error')
    assert.match(String(refused), /ECONNREFUSED/)
  })
})

it('the door in JavaScript gives what the door in TypeScript has', async () => {
  const door: object = await import(new URL('../../bin/import.js', import.meta.url).href)
  assert.deepEqual(Object.keys(door).sort(), Object.keys(await import('./index.ts')).sort())
})
