import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layered, testDefaults } from './default-config.ts'
import { startServer } from './server.ts'

test('metrics are served where the configuration says, as long as the node runs', async () => {
  const lines: string[] = []
  const node = await startServer({
    texts: layered(testDefaults, { 'odradek.metrics.listener': '127.0.0.1:0' }),
    formatsEmpty: true,
    write: (line) => void lines.push(line),
  })
  const [, url = ''] = /url=(\S+)/.exec(lines.join('')) ?? []
  const response = await fetch(url)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  assert.match(text, /^kafka_controller_kafkacontroller_activecontrollercount 1$/m)
  assert.match(text, /^kafka_server_kafkaserver_brokerstate 3$/m)
  assert.match(text, /^process_resident_memory_bytes \d+$/m)
  assert.equal((await fetch(url.replace('metrics', 'other'))).status, 404)
  assert.equal((await fetch(url, { method: 'POST' })).status, 405)
  await node.stop()
  await assert.rejects(fetch(url))
})

test('a wrong address for metrics is told by its key, and a key that nobody knows gets those that there are', async () => {
  const start = (config: Readonly<Record<string, string>>, lines: string[] = []) =>
    startServer({ texts: layered(testDefaults, config), formatsEmpty: true, write: (line) => void lines.push(line) })
  await assert.rejects(start({ 'odradek.metrics.listener': 'nowhere' }), /odradek\.metrics\.listener/)
  const lines: string[] = []
  const node = await start({ 'odradek.metric.listener': 'x' }, lines)
  assert.match(lines.join(''), /isn't a known config\. Those of Odradek are .*odradek\.metrics\.listener/)
  await node.stop()
})
