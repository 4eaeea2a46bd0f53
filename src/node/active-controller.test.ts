/** Where a node asks the active controller, which may be in its process or not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerAt, nodeConfig, peersOf } from '../../test/remote-world.ts'
import { anonymous, isNotController, notController } from '../metadata/index.ts'
import {
  alterConfigs,
  brokerHeartbeat,
  brokerRegistration,
  createTopics,
  electLeaders,
  incrementalAlterConfigs,
} from '../protocol/index.ts'
import { ClusterFixture } from '../server/handlers/handler-fixture.ts'
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

/** A controller in this process that loses the leadership with the first request it gets. */
function losing(): { readonly controller: NonNullable<ActiveControllerOptions['quorum']['controller']> } {
  const { channel } = new ClusterFixture()
  const lose = (): Promise<never> => {
    controller.isActive = false
    return Promise.reject(notController())
  }
  const controller = {
    ...channel,
    isActive: true,
    registerBroker: lose,
    registerOwnBroker: lose,
    brokerHeartbeat: lose,
    createTopics: lose,
    deleteTopics: lose,
    createPartitions: lose,
    incrementalAlterConfigs: lose,
    alterConfigs: lose,
    electLeaders: lose,
  }
  return { controller }
}

/** This node asks while it loses the leadership to another. */
async function moving() {
  const world = new World({ seed: 1, turn: setImmediate })
  const leader = await controllerAt(world, 'leader', 3)
  leader.cluster.createTopics({ known: [[1]] })
  const leaderEndpoints = [{ name: 'CONTROLLER', host: 'leader', port: 9092 }]
  const { controller } = losing()
  const active = activeAt(world, 'a', { controller, view: { leaderId: 3, leaderEndpoints } })
  return { world, leader, active, controller }
}

const asker = { clientId: 'client', correlationId: 5, clientHost: '10.1.2.3', principal: anonymous }
const resource = { resourceType: 2, resourceName: 'known' }
const config = { name: 'retention.ms', value: '5' }

type Ask = (active: ActiveController) => Promise<unknown>
const persistent: Readonly<Record<string, Ask>> = {
  CreateTopics: ({ channel }) => channel.createTopics(topic),
  IncrementalAlterConfigs: ({ channel }) =>
    channel.incrementalAlterConfigs(
      incrementalAlterConfigs.request.create({ resources: [{ ...resource, configs: [config] }] }),
      { ...asker, apiVersion: 1 },
    ),
  AlterConfigs: ({ channel }) =>
    channel.alterConfigs(alterConfigs.request.create({ resources: [{ ...resource, configs: [config] }] }), {
      ...asker,
      apiVersion: 1,
    }),
  BrokerHeartbeat: ({ channel }) => channel.brokerHeartbeat(brokerHeartbeat.request.create({ brokerId: 1 })),
  BrokerRegistration: ({ registerOwnBroker }) =>
    registerOwnBroker(brokerRegistration.request.create({ brokerId: 1 }), 4),
}

for (const [name, ask] of Object.entries(persistent)) {
  test(`${name} is asked of who leads next where this node loses the leadership meanwhile`, async () => {
    const { world, leader, active, controller } = await moving()
    const outcome = await world.settle(ask(active).catch((error: unknown) => error))
    assert.equal(controller.isActive, false, 'asked here first')
    // What it makes of it is its own matter.
    assert.ok(!isNotController(outcome))
    assert.equal(leader.asked.filter((it) => it.startsWith(`${name} `)).length, 1)
  })
}

test('the client of a request that came to this node is known to who leads next', async () => {
  const { world, leader, active } = await moving()
  const reply = await world.settle(
    active.channel.incrementalAlterConfigs(
      incrementalAlterConfigs.request.create({ resources: [{ ...resource, configs: [config] }] }),
      asker,
    ),
  )
  assert.equal(reply.responses[0]?.errorCode, 0)
  assert.ok(leader.asked.includes('IncrementalAlterConfigs client 10.1.2.3 5'))
})

test("what does not carry its client is rejected, so that the client's own bytes are passed on", async () => {
  const { leader, active } = await moving()
  await assert.rejects(active.channel.electLeaders(electLeaders.request.create({})), isNotController)
  assert.deepEqual(leader.asked, [])
})
