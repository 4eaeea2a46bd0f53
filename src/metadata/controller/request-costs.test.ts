import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuMsOf } from '../../../test/cpu-time.ts'
import { createTopics, deleteTopics, incrementalAlterConfigs } from '../../protocol/index.ts'
import { Fixture, id } from './controller-fixture.ts'

const count = 40_000
const numbers = Array.from({ length: count }, (_, i) => i)
const topic = (name: string, numPartitions: number) => ({ name, numPartitions, replicationFactor: 1 })

/** Of each topic of the metadata; a request creates 5,000 at most, with their records. */
function withTopics(...names: readonly string[]): Fixture {
  const fixture = new Fixture()
  fixture.start(1)
  for (let from = 0; from < names.length; from += 5_000) {
    const topics = names.slice(from, from + 5_000).map((name) => topic(name, 1))
    fixture.take(fixture.controller.createTopics(createTopics.request.create({ topics })))
  }
  return fixture
}

const dotted = (from: number, to: number): readonly string[] =>
  numbers.slice(from, to).map((i) => `a.topic.number.${i}`)

/** Each held the loop for 10 to 35 s when its parts looked at one another, or at all topics. */
const requests: readonly (readonly [what: string, prepare: () => () => unknown])[] = [
  [
    'CreateTopics of 40,000 topics that cannot be',
    () => {
      const fixture = withTopics()
      const request = createTopics.request.create({ topics: numbers.map((i) => topic(`t${i}`, 0)) })
      return () => fixture.controller.createTopics(request)
    },
  ],
  [
    'CreateTopics of 4,000 names with dots, beside 10,000',
    () => {
      const fixture = withTopics(...dotted(0, 10_000))
      const topics = dotted(10_000, 14_000).map((name) => topic(name, 1))
      const request = createTopics.request.create({ topics })
      return () => fixture.controller.createTopics(request)
    },
  ],
  [
    'DeleteTopics of 15,000 topics, and of 25,000 that are not there',
    () => {
      const fixture = withTopics(...numbers.slice(0, 15_000).map((i) => `t${i}`))
      const request = deleteTopics.request.create({ topicNames: numbers.map((i) => `t${i}`) })
      return () => fixture.controller.deleteTopics(request)
    },
  ],
  [
    'IncrementalAlterConfigs of 40,000 topics',
    () => {
      const { controller } = withTopics()
      const resources = numbers.map((i) => ({ resourceType: 2, resourceName: `t${i}`, configs: [] }))
      const request = incrementalAlterConfigs.request.create({ resources })
      return () => controller.incrementalAlterConfigs(request)
    },
  ],
  [
    'a registration with 40,000 directories, beside one with as many',
    () => {
      const fixture = withTopics()
      fixture.register(2, { logDirs: numbers.map((i) => id(`one${i}`)) })
      return () => fixture.register(3, { logDirs: numbers.map((i) => id(`other${i}`)) })
    },
  ],
]
for (const [what, prepare] of requests) {
  test(`a request costs what it is long: ${what}`, () => {
    const run = prepare()
    const ms = cpuMsOf(run)
    assert.ok(ms < 2_000, `${ms} ms`)
  })
}
