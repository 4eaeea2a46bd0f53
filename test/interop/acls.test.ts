/**
 * Requests on ACLs are answered as by Apache Kafka, and the same records come of them: asked of brokers and of controllers, with an
 * authorizer and without.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { aclQuestions, questionsWithoutAuthorizer } from './acl-questions.ts'
import { runFolder } from './kit.ts'
import { metadataRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { answersOf, inOrder, type Question } from './questions.ts'

const settings = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

/** A removal is told by the ACL that goes: each controller gives ids of its own. */
async function written(broker: Broker): Promise<readonly unknown[]> {
  const types = ['ACCESS_CONTROL_ENTRY_RECORD', 'REMOVE_ACCESS_CONTROL_ENTRY_RECORD']
  const acls = new Map<unknown, unknown>()
  return (await metadataRecords(broker, types)).map(({ type, data: { id, ...acl } }) => {
    if (type === 'ACCESS_CONTROL_ENTRY_RECORD') acls.set(id, acl)
    return { type, acl: acls.get(id) }
  })
}

async function toldBy(broker: Broker, questions: readonly Question[]) {
  const answers = await answersOf(broker, questions).finally(() => broker.stop())
  return { answers, records: await written(broker) }
}

for (const [name, given, questions] of [
  ['acls', settings, aclQuestions],
  ['acls-without', {}, questionsWithoutAuthorizer],
] as const) {
  test(`${name}: the same answers and records`, { timeout: 300_000 }, async (context) => {
    const kafkas = await toldBy(
      await startKafka({ folder: runFolder(`${name}-kafka`), settings: given, ping }),
      questions,
    )
    const tested = await toldBy(await startOwnBroker({ name, settings: given }), questions)
    for (const [i, { label, answer }] of kafkas.answers.entries()) {
      await context.test(label, () => assert.deepEqual(inOrder(tested.answers[i]?.answer), inOrder(answer)))
    }
    assert.deepEqual(inOrder(tested.records), inOrder(kafkas.records))
    context.diagnostic(`${kafkas.answers.length} answers and ${kafkas.records.length} records the same`)
  })
}
