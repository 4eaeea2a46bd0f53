import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { type RunningBroker, startBroker } from '../stack/index.ts'
import { Run } from './testdata/run.ts'

describe('odradek cluster', () => {
  let broker: RunningBroker | undefined
  before(async () => {
    broker = await startBroker()
  })
  after(() => broker?.stop())

  const cluster = async (...args: readonly string[]): Promise<{ code: number | null; output: string }> => {
    const run = new Run(['cluster', ...args], tmpdir())
    return { code: await run.ended, output: run.output }
  }

  it('status is a table for people and an object for programs', async () => {
    const bootstrap = broker?.bootstrap ?? ''
    const shown = await cluster('status', '--bootstrap', `127.0.0.1:1,${bootstrap}`)
    assert.equal(shown.code, 0, shown.output)
    const [name, , head, row, , partitions] = shown.output.split('\n')
    assert.equal(name, `Cluster ${broker?.clusterId}`)
    assert.match(head ?? '', /^BROKER {2}ADDRESS +RACK {2}STATE +REPLICAS {2}LEADERS {2}PREFERRED {2}NOT IN SYNC$/)
    assert.match(row ?? '', new RegExp(`^1 {7}${bootstrap} {2}- {5}active {2}0 {9}0 {8}0 {10}0$`))
    assert.equal(partitions, '0 partitions, 0 under-replicated, 0 without a leader, 0 on the way to other brokers')
    const data = await cluster('status', '--json', '-b', bootstrap)
    const { clusterId, brokers } = JSON.parse(data.output)
    assert.equal(clusterId, broker?.clusterId)
    assert.deepEqual([brokers.length, brokers[0].id, brokers[0].isFenced], [1, 1, false])
  })

  it('what cannot be done is told in one line', async () => {
    const bootstrap = ['--bootstrap', broker?.bootstrap ?? '']
    const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [['drain', '--broker', '7', ...bootstrap], /^odradek cluster: there is no broker 7; there are 1\n$/],
      [['unregister', '--broker', '7', ...bootstrap], /^odradek cluster: there is no broker 7\n$/],
      [['unregister', '--broker', '1', ...bootstrap], /^odradek cluster: broker 1 runs: stop it first\n$/],
      [
        ['status', '--bootstrap', '127.0.0.1:1'],
        /^odradek cluster: no broker answers: 127\.0\.0\.1:1: .*ECONNREFUSED.*\n$/,
      ],
    ]
    for (const [args, said] of cases) {
      const { code, output } = await cluster(...args)
      assert.equal(code, 1, output)
      assert.match(output, said)
    }
  })

  it('a wrong command line is an error of usage', async () => {
    const wrong: readonly (readonly string[])[] = [
      [],
      ['status', 'more'],
      ['status', '--broker', '1'],
      ['drain'],
      ['drain', '--broker', 'x'],
      ['rebalance', '--batch', '0'],
      ['rebalance', '--bootstrap', 'a:99999'],
    ]
    await Promise.all(
      wrong.map(async (args) => {
        const { code, output } = await cluster(...args)
        assert.equal(code, 2, `${args}: ${output}`)
        assert.match(output, /^odradek cluster: .*\nodradek cluster: `odradek cluster --help` lists the flags\n$/s)
      }),
    )
    assert.match((await cluster('--help')).output, /^Usage: odradek cluster status/)
  })
})
