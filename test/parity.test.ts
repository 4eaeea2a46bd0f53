/** The page on parity says what is so: what a node serves, and which configs nobody reads. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { brokerKeys, topicKeys, topicKeysWithoutEffect, topicSynonyms, withoutEffect } from '../src/config/index.ts'
import type { Node } from '../src/node/index.ts'
import { apisByKey } from '../src/protocol/index.ts'
import { layered, startServer, testDefaults } from '../src/stack/index.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs', 'parity.md'), 'utf8')

function section(title: string): string {
  const [, rest = ''] = page.split(`## ${title}\n`)
  return rest.split('\n## ')[0] ?? ''
}

const namesIn = (title: string): string[] =>
  [...section(title).matchAll(/`([a-z0-9.]+)`[,.]/g)].map(([, name = '']) => name)

interface Served {
  readonly key: number
  readonly min: number
  readonly max: number
}

function servedByPage(listener: string): Served[] {
  return section('APIs served')
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells[4]?.split(', ').includes(listener))
    .map(([, key, , versions = '']) => {
      const [min, max] = versions.split('–')
      return { key: Number(key), min: Number(min), max: Number(max) }
    })
}

/** Version 0: correlation id, error code, then key, minimum and maximum of each. */
async function announced(port: number): Promise<Served[]> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(Buffer.from('0000000a0012000000000001ffff', 'hex'))
  const chunks: Buffer[] = []
  for await (const chunk of socket) {
    chunks.push(chunk)
    const got = Buffer.concat(chunks)
    if (got.length >= 4 && got.length >= 4 + got.readInt32BE(0)) break
  }
  const reply = Buffer.concat(chunks)
  return Array.from({ length: reply.readInt32BE(10) }, (_, i) => {
    const at = 14 + i * 6
    return { key: reply.readInt16BE(at), min: reply.readInt16BE(at + 2), max: reply.readInt16BE(at + 4) }
  })
}

describe('the page on parity', () => {
  let node: Node
  before(async () => {
    node = await startServer({ texts: layered(testDefaults), formatsEmpty: true, level: 'error' })
  })
  after(() => node.stop())

  for (const [listener, name] of [
    ['broker', 'PLAINTEXT'],
    ['controller', 'CONTROLLER'],
  ] as const) {
    it(`lists what a ${listener} announces`, async () => {
      const port = node.listeners.find((it) => it.listener === name)?.port ?? 0
      const served = await announced(port)
      assert.deepEqual(servedByPage(listener), served)
      const foreign = served.filter(({ key }) => !apisByKey.get(key)?.listeners.includes(listener))
      assert.deepEqual(foreign, [], "is served where Kafka's are")
    })
  }

  it('lists the configs without effect', () => {
    assert.deepEqual(namesIn('Broker configs without effect'), [...withoutEffect].sort())
    assert.deepEqual(namesIn('Topic configs without effect'), [...topicKeysWithoutEffect].sort())
  })

  it('leaves no broker config out that nobody reads', () => {
    const places = globSync('src/**/*.ts', { cwd: root }).filter(
      (path) => !/-keys\.ts$|without-effect|topic-synonyms|\.test\.ts$|broker-rules|alter|validators/.test(path),
    )
    const sources = places.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
    const topics = Object.keys(topicKeys).filter((name) => !topicKeysWithoutEffect.has(name as never))
    const throughTopics = new Set<string>(topics.flatMap((name) => topicSynonyms(name).map((it) => it.name)))
    const unread = Object.keys(brokerKeys).filter(
      (name) => !sources.includes(`'${name}'`) && !throughTopics.has(name) && !withoutEffect.has(name),
    )
    assert.deepEqual(unread, [])
  })
})
