/** Who reads what the coordinator has committed, and comes behind a commit on its connection, waits for that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import { BrokerConfig } from '../../config/index.ts'
import { emptyImage, type MetadataImage } from '../../metadata/index.ts'
import { consumerGroupDescribe, describeGroups, ErrorCode, listGroups } from '../../protocol/index.ts'
import { describeGroupsHandler } from './15-describe-groups.ts'
import { listGroupsHandler } from './16-list-groups.ts'
import { consumerGroupDescribeHandler } from './69-consumer-group-describe.ts'
import { ask } from './handler-fixture.ts'

const config = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '1@localhost:9093'],
  ]),
)
const { features } = emptyImage
const image: MetadataImage = { ...emptyImage, features: { ...features, finalized: new Map([['group.version', 1]]) } }

/** Tells when it was asked; knows of no group. */
class Groups {
  readonly asked: string[] = []

  #refuse(what: string): ApiError {
    this.asked.push(what)
    return new ApiError(ErrorCode.GROUP_ID_NOT_FOUND, 'none')
  }

  list(): never {
    throw this.#refuse('list')
  }

  describe(): never {
    throw this.#refuse('describe')
  }

  describeConsumer(): never {
    throw this.#refuse('describeConsumer')
  }
}

test('lists and descriptions of groups wait for the commits before them', async () => {
  const groups = new Groups()
  let commit = (): void => undefined
  const committed = new Promise<void>((resolve) => {
    commit = resolve
  })
  const given = { afterEarlier: () => committed }
  const answers = Promise.allSettled([
    ask(listGroupsHandler({ groups }), listGroups.request.create(), given),
    ask(describeGroupsHandler({ groups }), describeGroups.request.create({ groups: ['g'] }), given),
    ask(
      consumerGroupDescribeHandler({ groups, image: () => image, config: () => config }),
      consumerGroupDescribe.request.create({ groupIds: ['g'] }),
      given,
    ),
  ])
  assert.deepEqual(groups.asked, [])
  commit()
  await answers
  assert.deepEqual(groups.asked.toSorted(), ['describe', 'describeConsumer', 'list'])
})
