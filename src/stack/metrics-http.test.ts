import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { gauge, type Logger, type Metric } from '../base/index.ts'
import type { GroupWhy } from '../node/index.ts'
import { layered, testDefaults } from './default-config.ts'
import { serveMetrics } from './metrics-http.ts'
import { startServer } from './server.ts'

test('metrics are served where the configuration says, as long as the node runs', async () => {
  const lines: string[] = []
  const node = await startServer({
    texts: layered(testDefaults, { 'odradek.metrics.listener': '127.0.0.1:0' }),
    formatsEmpty: true,
    write: (line) => void lines.push(line),
  })
  const [, url = ''] = /url=(\S+)/.exec(lines.join('')) ?? []
  const controller = node.listeners.find(({ listener }) => listener === 'CONTROLLER')
  const socket = connect(controller?.port ?? 0, '127.0.0.1')
  // ApiVersions, version 0.
  socket.write(Buffer.from('0000000a0012000000000007ffff', 'hex'))
  await once(socket, 'data')
  socket.destroy()
  const response = await fetch(url)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  assert.match(text, /^kafka_controller_kafkacontroller_activecontrollercount 1$/m)
  assert.match(text, /^kafka_server_kafkaserver_brokerstate 3$/m)
  assert.match(text, /^kafka_controller_kafkacontroller_offlinepartitionscount 0$/m)
  assert.match(text, /^kafka_network_requestmetrics_requests_total{request="ApiVersions",version="0"} 1$/m)
  assert.match(text, /^kafka_network_requestmetrics_totaltimems_bucket{request="ApiVersions",le="\+Inf"} 1$/m)
  assert.match(text, /^kafka_network_requestmetrics_totaltimems_count{request="ApiVersions"} 1$/m)
  assert.match(text, /^process_resident_memory_bytes \d+$/m)
  assert.match(text, /^odradek_heap_allocated_bytes_total \d{5,}$/m)
  assert.match(text, /^nodejs_gc_duration_seconds_count{kind="major"} \d+$/m)
  assert.equal((await fetch(`${url}?x=1`)).status, 200)
  const head = await fetch(url, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.ok(Number(head.headers.get('content-length')) > 1000)
  assert.equal((await fetch(url.replace('metrics', 'other'))).status, 404)
  assert.equal((await fetch(url, { method: 'POST' })).status, 405)
  await node.stop()
  await assert.rejects(fetch(url))
})

test('a metric that throws is a line in the log and an answer; an idle loop has next to no delay', async () => {
  const lines: string[] = []
  let fails = false
  const logger: Logger = {
    log: (level, message, fields) => void lines.push(`${level} ${message} ${fields?.reason}`),
    child: () => logger,
  }
  const metrics = (): readonly Metric[] => {
    if (fails) throw new Error('planted')
    return [gauge('some', 'Some.', 1)]
  }
  const http = await serveMetrics({ host: '127.0.0.1', port: 0, logger, metrics, groupWhy: () => undefined })
  const url = `http://127.0.0.1:${http.port}/metrics`
  // The machine may be busy: one quiet moment is enough to tell that the time between two looks is not counted.
  const lagSeconds = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await (await fetch(url)).text())?.[1])
  }
  for (let tries = 0; (await lagSeconds()) >= 0.005; tries++) assert.ok(tries < 200)
  fails = true
  assert.equal((await fetch(url)).status, 500)
  assert.match(lines.at(-1) ?? '', /^error metrics could not be read Error: planted/)
  fails = false
  assert.equal((await fetch(url)).status, 200)
  await http.close()
})

test('why a group changed is answered for any name of a group, by this node or not', async () => {
  const logger: Logger = { log: () => undefined, child: () => logger }
  const whys: Readonly<Record<string, GroupWhy>> = {
    'a/ü?': { groupId: 'a/ü?', state: 'Empty', partition: 3, loadedMs: 7, forgottenMs: 8.0004, events: [] },
    elsewhere: { groupId: 'elsewhere', error: 'NOT_COORDINATOR', message: 'not here' },
    loading: { groupId: 'loading', error: 'COORDINATOR_LOAD_IN_PROGRESS', message: 'not yet' },
  }
  const http = await serveMetrics({
    host: '127.0.0.1',
    port: 0,
    logger,
    metrics: () => [],
    groupWhy: (groupId) => whys[groupId],
  })
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${http.port}/groups/${path}`, { method })
  const found = await ask(`${encodeURIComponent('a/ü?')}/why`)
  assert.deepEqual([found.status, found.headers.get('content-type')], [200, 'application/json'])
  assert.deepEqual(await found.json(), { ...whys['a/ü?'], forgottenMs: 8 })
  const elsewhere = await ask('elsewhere/why')
  assert.deepEqual([elsewhere.status, await elsewhere.json()], [404, whys.elsewhere])
  // The last one: the node starts.
  const statuses = await Promise.all(
    ['loading/why', 'a', 'a/b/why', '%zz/why', '/why', 'starting/why'].map(async (path) => (await ask(path)).status),
  )
  assert.deepEqual(statuses, [503, 404, 404, 404, 404, 503])
  assert.equal((await ask('elsewhere/why', 'POST')).status, 405)
  await http.close()
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
