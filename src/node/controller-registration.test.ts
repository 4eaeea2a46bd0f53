import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Uuid } from '../base/index.ts'
import { controllerRegistrationLevel, emptyImage, type MetadataImage } from '../metadata/index.ts'
import { controllerRegistration, registerControllerRecord } from '../protocol/index.ts'
import { ManualClock } from '../server/handlers/handler-fixture.ts'
import { World } from '../sim/index.ts'
import { ControllerRegistration } from './controller-registration.ts'

const nodeId = 3

/** Of a cluster that knows these incarnations of the controller. */
function imageOf(incarnationId: Uuid | undefined): MetadataImage {
  const endPoints = [{ name: 'CONTROLLER', host: 'there', port: 9093, securityProtocol: 0 }]
  const registered =
    incarnationId && registerControllerRecord.create({ controllerId: nodeId, incarnationId, endPoints })
  return {
    ...emptyImage,
    features: { ...emptyImage.features, metadataVersion: controllerRegistrationLevel },
    cluster: { ...emptyImage.cluster, controllers: new Map(registered ? [[nodeId, registered]] : []) },
  }
}

function scene() {
  const clock = new ManualClock()
  const asked: Uuid[] = []
  const lines: string[] = []
  const logger = {
    child: () => logger,
    log: (level: string, line: string) => void (level === 'warn' && lines.push(line)),
  }
  const registration = new ControllerRegistration({
    nodeId,
    endpoints: [],
    register: async ({ incarnationId }) => {
      asked.push(incarnationId)
      return controllerRegistration.response.create({})
    },
    clock,
    random: new World({ seed: 1, turn: setImmediate }).env('n').random,
    logger,
    onFault: (error) => assert.fail(String(error)),
  })
  const run = async (ms: number): Promise<number> => {
    for (let i = 0; i < ms; i += 10) {
      clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return asked.length
  }
  return { registration, run, lines, asked }
}

const other = 'other'.padEnd(16) as Uuid

test('what is replayed of earlier times makes no request; then there is one, and more only after longer and longer waits', async () => {
  const { registration, run, asked } = scene()
  for (let i = 0; i < 20; i++) registration.published(imageOf(i % 2 === 0 ? other : undefined))
  assert.equal(await run(1000), 0)
  registration.caughtUp()
  for (let i = 0; i < 5; i++) registration.published(imageOf(undefined))
  assert.equal(await run(50), 1)
  assert.equal(await run(600), 3, 'after 100 and 200 ms more')
  const [own] = asked
  registration.published(imageOf(own))
  assert.equal(await run(300_000), 3)
  registration.stop()
})

test('two controllers with one id are told of, and do not fill the log', async () => {
  const { registration, run, asked, lines } = scene()
  registration.caughtUp()
  registration.published(imageOf(undefined))
  for (let i = 0; i < 1000; i++) {
    await run(20)
    registration.published(imageOf(asked[0]))
    registration.published(imageOf(other))
  }
  assert.ok(asked.length < 10, `${asked.length} requests in 20 s`)
  assert.match(lines[0] ?? '', /another controller has registered with the node.id of this one/)
  registration.stop()
})
