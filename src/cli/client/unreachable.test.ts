/** Commands that find nobody, or not what they are to write to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka } from '../../stack/client.ts'
import { startBroker } from '../../stack/index.ts'
import { piped } from '../testdata/piped.ts'

/** Nobody listens there. */
const nobody = ['-b', '127.0.0.1:1', '-X', 'default.api.timeout.ms=1500']

test('where no bootstrap server answers a command gives up, and tells of the last reason under its own name', async () => {
  const commands: readonly (readonly string[])[] = [
    ['topics', 'list', ...nobody],
    ['consume', 't', ...nobody],
    ['consume', 't', '-g', 'g', ...nobody],
    ['produce', 't', ...nobody],
  ]
  for (const args of commands) {
    const { code, stderr } = await piped(args)
    const last = stderr.trimEnd().split('\n').at(-1) ?? ''
    assert.equal(code, 1, stderr)
    assert.match(
      last,
      new RegExp(`^odradek ${args[0]}: (no bootstrap server has answered|.*no answer) within 1500 ms: .*ECONNREFUSED`),
    )
    assert.ok(last.includes('127.0.0.1:1'), last)
  }
})

test('ten seconds are enough to find nobody, and the verb is named as it was typed', async () => {
  const fromMs = performance.now()
  const args = ['kafka-console-consumer', '--bootstrap-server', '127.0.0.1:1', '--topic', 't']
  const { code, stderr } = await piped(args)
  assert.equal(code, 1)
  assert.match(
    stderr,
    /\nodradek kafka-console-consumer: no bootstrap server has answered within 10000 ms: .*ECONNREFUSED/,
  )
  assert.ok(performance.now() - fromMs < 30_000)
})

test('a partition that is not there is told of at once; a topic that is not there is made', async () => {
  await using broker = await startBroker()
  await using admin = new Kafka({ bootstrapServers: broker.bootstrap }).admin()
  await admin.createTopic('t', { partitions: 3 })
  const to = ['-b', broker.bootstrap, '--partition']
  const { code, stderr } = await piped(['produce', 't', ...to, '9'], 'a\n')
  assert.deepEqual([code, stderr], [1, "odradek produce: topic 't' has no partition 9: it has 3\n"])
  const made = await piped(['produce', 'made', ...to, '0'], 'a\n')
  assert.deepEqual([made.code, made.stderr], [0, ''])
})
