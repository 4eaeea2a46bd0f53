/** A node whose quorum is not there is told to stop: it does, and leaves nothing behind. */
// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../config/index.ts'
import { World } from '../sim/index.ts'
import { formatStorage, Node, StoppedWhileStartingError } from './index.ts'

const common = {
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': '1@one:9093,2@two:9093,3@three:9093',
  'log.dirs': '/data',
}
const nodes = {
  'a controller': { 'process.roles': 'controller', 'node.id': '1', listeners: 'CONTROLLER://one:9093' },
  'a broker': { 'process.roles': 'broker', 'node.id': '4', listeners: 'PLAINTEXT://one:9092' },
  'a combined node': {
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: 'PLAINTEXT://one:9092,CONTROLLER://one:9093',
  },
}

for (const [what, own] of Object.entries(nodes)) {
  test(`${what} that waits for its quorum stops when it is told to, and may start again`, async () => {
    const lines: string[] = []
    const world = new World({ seed: 1, turn: setImmediate, log: ({ message }) => void lines.push(message) })
    const config = BrokerConfig.parse(new Map(Object.entries({ ...common, ...own })))
    const env = world.env('one')
    const startAndStop = async (afterMs: number): Promise<number> => {
      const wanted = new AbortController()
      const starting = Node.start({ env, config, hostName: 'one', stopWanted: wanted.signal })
      world.after(afterMs, () => wanted.abort())
      await assert.rejects(starting, StoppedWhileStartingError)
      return world.nowMs
    }
    const run = async (): Promise<void> => {
      await formatStorage({ ...env, config, options: { clusterId: 'c' }, print: () => undefined })
      for (const afterMs of [0, 30_000]) {
        const tookMs = -world.nowMs + (await startAndStop(afterMs))
        assert.ok(tookMs < afterMs + 5000, `${tookMs} ms`)
      }
      const told = lines.filter((line) => line.startsWith('this node waits for its cluster'))
      assert.ok(told.length === 2 || told.length === 3, `told ${told.length} times in 30 s`)
    }
    await world.settle(run(), 600_000)
  })
}
