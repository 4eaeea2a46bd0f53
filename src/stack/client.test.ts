/** The client in a process of its own, as an application has it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const door = new URL('./client.ts', import.meta.url).href

/** What the program prints; it has to end by itself, and well. */
function run(program: string): string {
  const code = `import { Kafka } from '${door}'\n${program}`
  const args = ['--input-type=module', '-e', code]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

test('what is waited for keeps the process alive, and nothing does once all is closed', () => {
  // Nobody listens at port 1.
  const told = run(`
    const producer = new Kafka({ bootstrapServers: '127.0.0.1:1', logLevel: 'error' }).producer({ maxBlockMs: 1500 })
    const outcome = await producer.send('t', { value: 'x' }).catch(({ code, message, cause }) => [code, message.endsWith(cause.message), cause.message].join())
    await producer.close()
    console.log(outcome)
  `)
  // With what went wrong last.
  assert.match(told, /^TIMED_OUT,true,.*ECONNREFUSED/)
})

test('a loop over records ends when the consumer is closed, and the process with it', () => {
  const told = run(`
    const consumer = new Kafka({ bootstrapServers: '127.0.0.1:1', logLevel: 'error' }).consumer()
    consumer.assign([{ topic: 't', partition: 0 }])
    setTimeout(() => void consumer.close(), 1000)
    for await (const record of consumer) console.log(record)
    console.log('ended')
  `)
  assert.equal(told, 'ended')
})
