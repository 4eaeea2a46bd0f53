/** `odradek kafka-consumer-perf-test` before a broker of ours, its columns, and its dates. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kafka } from '../../stack/client.ts'
import { type RunningBroker, startBroker } from '../../stack/index.ts'
import { type Ended, piped } from '../testdata/piped.ts'
import { UsageError } from '../usage-error.ts'
import { Consumption } from './consumption.ts'
import { dateForm } from './date-pattern.ts'

const count = 1200
let broker: RunningBroker
before(async () => {
  broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': '0' } })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await using admin = kafka.admin()
  await admin.createTopic('measured', { partitions: 1 })
  await using producer = kafka.producer()
  await producer.sendAll(
    'measured',
    Array.from({ length: count }, () => ({ key: 'key', value: Buffer.alloc(1021) })),
  )
})
after(() => broker.stop())

const tool = (...args: readonly string[]): Promise<Ended> =>
  piped(['kafka-consumer-perf-test', '--bootstrap-server', broker.bootstrap, '--topic', 'measured', ...args])

const head =
  'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, ' +
  'fetch.MB.sec, fetch.nMsg.sec'
const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}`
const figure = String.raw`\d+\.\d{4}`

test('a row of what was read, and of no more than was asked for', async () => {
  const { code, stdout, stderr } = await tool('--num-records', '610')
  assert.deepEqual([code, stderr], [0, ''])
  const [first, row = '', ...rest] = String(stdout).split('\n')
  assert.deepEqual([first, rest], [head, ['']])
  assert.match(
    row,
    new RegExp(`^${time}, ${time}, 0\\.5957, ${figure}, 610, ${figure}, \\d+, \\d+, ${figure}, ${figure}$`),
  )
})

test('fewer than were asked for: it says so when nothing more comes, and takes the deprecated flag', async () => {
  const more = [
    '--timeout',
    '700',
    '--hide-header',
    '--date-format',
    "yy'y'",
    '--command-property',
    'max.poll.records=7',
  ]
  const { code, stdout } = await tool('--messages', '5000', ...more)
  const [deprecated, warning, row = '', ...rest] = String(stdout).split('\n')
  assert.deepEqual([code, rest], [0, ['']])
  assert.equal(deprecated, 'Warning: --messages is deprecated. Use --num-records instead.')
  assert.equal(
    warning,
    'WARNING: Exiting before consuming the expected number of records: timeout (700 ms) exceeded. ' +
      'You can use the --timeout option to increase the timeout.',
  )
  assert.match(row, new RegExp(`^\\d\\dy, \\d\\dy, 1\\.1719, ${figure}, ${count}, `))
})

test('what is wrong is refused in the words of the tool, and a flag that is not served by its name', async () => {
  const cases: readonly (readonly [args: readonly string[], said: string])[] = [
    [[], 'Exactly one of the following arguments is required: [messages], [num-records]'],
    [
      ['--num-records', '1', '--include', 'a'],
      'Exactly one of the following arguments is required: [topic], [include]',
    ],
    [['--num-records', 'many'], "Cannot parse argument 'many' of option num-records"],
    [['--num-records', '1', '--reporting-interval', '0'], 'Reporting interval must be greater than 0.'],
    [
      ['--num-records', '1', '--consumer.config', 'a', '--command-config', 'b'],
      'Option "[consumer.config]" can\'t be used with option "[command-config]"',
    ],
  ]
  await Promise.all(
    cases.map(async ([args, said]) => {
      const { code, stderr } = await tool(...args)
      assert.deepEqual([code, stderr.split('\n')[0]], [1, `odradek kafka-consumer-perf-test: ${said}`])
    }),
  )
  for (const flag of ['--print-metrics', '--socket-buffer-size']) {
    const { code, stderr } = await tool('--num-records', '1', flag, '1')
    assert.deepEqual([code, stderr.includes(`'${flag}'`)], [1, true])
  }
})

test('rows of intervals tell of the first record behind their end, and of the time without partitions', () => {
  const consumption = new Consumption({ startMs: 1000, reportingIntervalMs: 500, dateText: String })
  const megabyte = { key: null, value: Buffer.alloc(2 ** 20) }
  const place = { topic: 'a', partition: 0 }
  consumption.assigned([place], 1200)
  assert.equal(consumption.add([megabyte, megabyte], 1400), undefined)
  assert.equal(
    consumption.add([megabyte, megabyte], 1500),
    '1500, 0, 3.0000, 6.0000, 3, 6.0000, 200, 300, 10.0000, 10.0000',
  )
  consumption.revoked([place], 1600)
  consumption.assigned([place], 2100)
  assert.equal(consumption.add([megabyte], 2000), '2000, 0, 5.0000, 4.0000, 5, 4.0000, 500, 0, 0.0000, 0.0000')
  assert.equal(consumption.total(2000), '1000, 2000, 5.0000, 5.0000, 5, 5.0000, 700, 300, 16.6667, 16.6667')
  assert.equal(consumption.add([], 9000), undefined)
})

test('dates are written as the pattern has it', () => {
  const ms = new Date(2026, 2, 4, 5, 6, 7, 89).getTime()
  assert.equal(dateForm('yyyy-MM-dd HH:mm:ss:SSS')(ms), '2026-03-04 05:06:07:089')
  assert.equal(dateForm("d/M/yy 'at' H''m")(ms), "4/3/26 at 5'6")
  for (const wrong of ['MMM', 'z', "'open"]) assert.throws(() => dateForm(wrong), UsageError)
})
