import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerConfig, ConfigError } from '../../config/index.ts'
import { UsageError } from '../usage-error.ts'
import { baseOf, firstVoters, layOut, type NodeLayout } from './layout.ts'

const none = new Map<string, string>()

interface Given {
  readonly file?: Readonly<Record<string, string>>
  readonly settings?: Readonly<Record<string, string>>
}

function laidOut(count: number, { file, settings = {} }: Given = {}): readonly NodeLayout[] {
  const options = {
    size: count,
    file: file && new Map(Object.entries(file)),
    settings: new Map(Object.entries(settings)),
  }
  return layOut(baseOf(options), { count, voters: firstVoters(count) })
}

const texts = (nodes: readonly NodeLayout[], key: string): (string | undefined)[] =>
  nodes.map((node) => node.texts.get(key))

describe('the configurations of several nodes', () => {
  it('without a file: ports behind each other, three controllers, three replicas of which two are in sync', () => {
    const nodes = laidOut(4)
    assert.deepEqual(
      nodes.map((node) => node.bootstrap),
      ['127.0.0.1:9092', '127.0.0.1:9093', '127.0.0.1:9094', '127.0.0.1:9095'],
    )
    assert.deepEqual(texts(nodes, 'listeners'), [
      'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:19092',
      'PLAINTEXT://127.0.0.1:9093,CONTROLLER://127.0.0.1:19093',
      'PLAINTEXT://127.0.0.1:9094,CONTROLLER://127.0.0.1:19094',
      'PLAINTEXT://127.0.0.1:9095',
    ])
    assert.deepEqual(texts(nodes, 'process.roles'), [...Array(3).fill('broker,controller'), 'broker'])
    const voters = '1@127.0.0.1:19092,2@127.0.0.1:19093,3@127.0.0.1:19094'
    assert.deepEqual(texts(nodes, 'controller.quorum.voters'), Array(4).fill(voters))
    for (const [key, value] of [
      ['default.replication.factor', '3'],
      ['offsets.topic.replication.factor', '3'],
      ['min.insync.replicas', '2'],
    ] as const) {
      assert.deepEqual(texts(nodes, key), Array(4).fill(value))
    }
    for (const node of nodes) {
      assert.equal(BrokerConfig.parse(node.texts).nodeId, node.id)
      assert.deepEqual(node.directories, [`${process.cwd()}/odradek-data/node-${node.id}`])
    }
  })

  it('of one or two nodes the first is the controller, and there are as many replicas as nodes', () => {
    for (const count of [1, 2]) {
      const nodes = laidOut(count)
      assert.deepEqual(
        nodes.map((node) => node.isController),
        [true, false].slice(0, count),
      )
      assert.equal(nodes[0]?.texts.get('default.replication.factor'), String(count))
      assert.equal(nodes[0]?.texts.get('min.insync.replicas'), '1')
      assert.equal(BrokerConfig.parse(nodes[0]?.texts ?? none).voters.length, 1)
    }
  })

  it('a file is the base of all, and has the last word about replication; --set comes before it', () => {
    const file = {
      'process.roles': 'broker,controller',
      'node.id': '7',
      listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      'advertised.listeners': 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
      'controller.listener.names': 'CONTROLLER',
      'controller.quorum.bootstrap.servers': 'localhost:9093',
      'log.dirs': '/a,/b',
      'metadata.log.dir': '/m',
      'offsets.topic.replication.factor': '1',
      'num.partitions': '5',
    }
    const settings = {
      'num.partitions': '6',
      'odradek.metrics.listener': '127.0.0.1:9404',
      'odradek.registry.listeners': ' https://localhost:8443/ ',
    }
    const nodes = laidOut(4, { file, settings })
    for (const node of nodes) BrokerConfig.parse(node.texts)
    const [, second, , fourth] = nodes
    assert.deepEqual(Object.fromEntries(second?.texts ?? none), {
      ...Object.fromEntries(laidOut(4)[1]?.texts ?? none),
      listeners: 'PLAINTEXT://:9093,CONTROLLER://:19093',
      'advertised.listeners': 'PLAINTEXT://localhost:9093,CONTROLLER://localhost:19093',
      'controller.quorum.voters': '1@localhost:19092,2@localhost:19093,3@localhost:19094',
      'log.dirs': '/a/node-2,/b/node-2',
      'metadata.log.dir': '/m/node-2',
      'offsets.topic.replication.factor': '1',
      'num.partitions': '6',
      'odradek.metrics.listener': '127.0.0.1:9405',
      'odradek.registry.listeners': 'https://localhost:8444',
    })
    const own = laidOut(4).map(({ texts }) => texts.get('odradek.registry.listeners'))
    assert.deepEqual(
      own,
      [1, 2, 3, 4].map((id) => `http://127.0.0.1:${8080 + id}`),
    )
    const [bare] = laidOut(4, { file })
    assert.equal(bare?.texts.has('odradek.registry.listeners'), false)
    assert.equal(fourth?.texts.get('advertised.listeners'), 'PLAINTEXT://localhost:9095')
    assert.equal(second?.bootstrap, '127.0.0.1:9093')
  })

  it('`log.dir` counts where there is no `log.dirs`; controllers go below where there is no room above', () => {
    const [node] = laidOut(1, { settings: { 'log.dir': '/c', listeners: 'PLAINTEXT://127.0.0.1:60000' } })
    assert.equal(node?.texts.get('log.dirs'), '/c/node-1')
    assert.equal(node?.texts.get('listeners'), 'PLAINTEXT://127.0.0.1:60000,CONTROLLER://127.0.0.1:50000')
  })

  it('what cannot be is refused', () => {
    const refused: readonly (readonly [Given, typeof UsageError | typeof ConfigError, RegExp])[] = [
      [{ file: { 'controller.quorum.voters': '1@a:1' } }, UsageError, /FILE may not have controller\.quorum\.voters/],
      [{ settings: { 'controller.quorum.voters': '' } }, UsageError, /--set may not have controller\.quorum\.voters/],
      [{ settings: { 'node.id': '1' } }, UsageError, /decides about node\.id/],
      [{ settings: { 'log.dirs': 'memory:' } }, ConfigError, /cannot be in memory/],
      [{ settings: { 'log.dirs': '/a,,/b' } }, ConfigError, /names no directory/],
      [{ settings: { listeners: 'PLAINTEXT://:0' } }, ConfigError, /must know each other's ports/],
      [{ settings: { listeners: 'CONTROLLER://:9093' } }, ConfigError, /needs a listener for clients/],
      [{ settings: { listeners: 'nonsense' } }, ConfigError, /Unable to parse nonsense/],
      [{ settings: { 'controller.listener.names': 'A,B' } }, ConfigError, /needs one name/],
      [
        { settings: { listeners: 'PLAINTEXT://:9092,OTHER://:9094' } },
        ConfigError,
        /PLAINTEXT:\/\/:9094 of node 3 has the port of OTHER:\/\/:9094 of node 1/,
      ],
      [
        { settings: { 'odradek.metrics.listener': ':9090' } },
        ConfigError,
        /metrics\.listener of node 3 has the port of PLAINTEXT/,
      ],
      [
        { settings: { 'odradek.registry.listeners': 'http://127.0.0.1:9093' } },
        ConfigError,
        /registry\.listeners of node 1 has the port of PLAINTEXT|PLAINTEXT.* of node 2 has the port of odradek\.registry/,
      ],
    ]
    for (const [given, kind, message] of refused) {
      assert.throws(
        () => laidOut(4, given),
        (error) => error instanceof kind && message.test(error.message),
        String(message),
      )
    }
  })
})
