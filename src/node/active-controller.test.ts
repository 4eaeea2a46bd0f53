/** Where a node asks the active controller, which may be in its process or not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerAt, nodeConfig, peersOf } from '../../test/remote-world.ts'
import { createTopics } from '../protocol/index.ts'
import { World } from '../sim/index.ts'
import { ActiveController, type ActiveControllerOptions } from './active-controller.ts'

const topic = createTopics.request.create({ topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1 }] })

function activeAt(world: World, name: string, quorum: ActiveControllerOptions['quorum']): ActiveController {
  const env = world.env(name)
  return new ActiveController({
    quorum,
    config: nodeConfig({}),
    peers: peersOf(env, '7'),
    clock: env.clock,
    logger: env.logger,
  })
}

test('a controller elsewhere is asked at its listener of the name under which this node reaches controllers', async () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const other = await controllerAt(world, 'other', 3)
  await controllerAt(world, 'leader', 3)
  const leaderEndpoints = [
    { name: 'INTERNAL', host: 'other', port: 9092 },
    { name: 'CONTROLLER', host: 'leader', port: 9092 },
  ]
  const active = activeAt(world, 'a', { controller: undefined, view: { leaderId: 3, leaderEndpoints } })
  const reply = await world.settle(active.channel.createTopics(topic))
  assert.equal(reply.topics[0]?.errorCode, 0)
  assert.deepEqual(other.asked, [])
})

test('a controller that has told no listener of that name is asked at its first one', async () => {
  const world = new World({ seed: 1, turn: setImmediate })
  await controllerAt(world, 'leader', 3)
  const leaderEndpoints = [{ name: 'INTERNAL', host: 'leader', port: 9092 }]
  const active = activeAt(world, 'a', { controller: undefined, view: { leaderId: 3, leaderEndpoints } })
  const reply = await world.settle(active.channel.createTopics(topic))
  assert.equal(reply.topics[0]?.errorCode, 0)
})
