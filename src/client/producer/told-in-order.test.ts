/** In which order a producer tells what became of records. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { replyFrame } from '../../peer/scripted-server.ts'
import { ErrorCode, produce } from '../../protocol/index.ts'

test('of records to one partition the first is told first, also where one read brings all answers', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ batchSize: 1, lingerMs: 0 })
    await producer.send('t', { value: 'zero' })
    const codes = [ErrorCode.NONE, ErrorCode.INVALID_RECORD, ErrorCode.NONE]
    const replies: Uint8Array[] = []
    cluster.before = (_broker, request, socket) => {
      if (request.key !== produce.key) return false
      const [topic] = produce.request.decode(request.reader, request.version).topicData
      assert.ok(topic)
      const partition = { index: 0, errorCode: codes[replies.length] ?? ErrorCode.NONE, baseOffset: replies.length + 1 }
      const partitionResponses = [{ ...partition, logAppendTimeMs: -1, logStartOffset: 0 }]
      const { name, topicId } = topic
      const response = produce.response.create({ responses: [{ name, topicId, partitionResponses }] })
      replies.push(replyFrame(produce, request, response))
      if (replies.length === codes.length) socket.write(replies)
      return true
    }
    const told: string[] = []
    const sent = ['a', 'b', 'c'].map((value) =>
      producer.send('t', { value }).then(
        () => told.push(value),
        () => told.push(`${value} refused`),
      ),
    )
    await Promise.all(sent)
    cluster.before = () => false
    assert.deepEqual(told, ['a', 'b refused', 'c'])
  })
})
