import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts, isFree } from '../testdata/ports.ts'
import { Run } from '../testdata/run.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'odradek-nodes-')))
after(() => rmSync(folder, { recursive: true, force: true }))

const withoutRegistry = 'odradek.registry.listeners='
const listeners = (port: number): string[] => [
  ...['--set', `listeners=PLAINTEXT://127.0.0.1:${port}`, '--set', withoutRegistry],
]

const processOf = (output: string, id: number): number => {
  const pid = new RegExp(`started nodeId=${id} pid=(\\d+)`).exec(output)?.[1]
  assert.ok(pid, output)
  return Number(pid)
}

describe('odradek start --nodes', () => {
  it('each is a process: one that is killed is told, the others go on, and the exit code tells', async () => {
    const port = await freePorts(2)
    const run = new Run(['start', '--nodes', '2', ...listeners(port)], folder)
    await run.until(new RegExp(`the cluster is ready nodes=2 bootstrap=127.0.0.1:${port},127.0.0.1:${port + 1}`))
    assert.match(run.output, /^\[node 1\] .*the node is ready/m)
    assert.match(run.output, /^\[node 2\] .*the node is ready/m)
    assert.ok(existsSync(join(folder, 'odradek-data/node-2/server.properties')))
    process.kill(processOf(run.output, 2), 'SIGKILL')
    await run.until(/ERROR \[nodes\] node 2 was ended by SIGKILL: the others go on nodeId=2 running=1$/m)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 1)
    assert.match(run.output, /^\[node 1\] .*the node has stopped/m)
    const alone = new Run(['start'], folder)
    assert.equal(await alone.ended, 1)
    assert.match(alone.output, /^odradek start: .*odradek-data has the nodes of `odradek start --nodes`/m)
  })

  it('lines are JSON with the id of the node where that is wanted; one that fails may stop all', async () => {
    const port = await freePorts(2)
    const args = ['start', '-n', '2', '--json', '--stop-on-failure', '--set', 'log.dirs=json', ...listeners(port)]
    const run = new Run(args, folder)
    await run.until(/the cluster is ready/)
    const lines = (): readonly Readonly<Record<string, unknown>>[] =>
      run.output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    for (const id of [1, 2]) {
      assert.ok(lines().some(({ nodeId, message }) => nodeId === id && message === 'the node is ready'))
    }
    const { pid } = lines().find(({ nodeId, message }) => nodeId === 2 && message === 'started') ?? {}
    process.kill(Number(pid), 'SIGKILL')
    assert.equal(await run.ended, 1)
    assert.ok(lines().some(({ message }) => message === 'node 2 was ended by SIGKILL: the others stop'))
    assert.ok(lines().some(({ nodeId, message }) => nodeId === 1 && message === 'the node has stopped'))
  })

  it('all stop where so many voters fail at the start that no cluster comes to be', async () => {
    const port = await freePorts(2)
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    try {
      const run = new Run(['start', '-n', '2', '--set', 'log.dirs=taken', ...listeners(port)], folder)
      assert.equal(await run.ended, 1)
      assert.match(run.output, new RegExp(`^\\[node 1\\] .*${port}`, 'm'))
      assert.match(run.output, /node 1 ended with code 1: the others stop, for 0 of 1 voters are no majority nodeId=1/)
    } finally {
      server.close()
    }
  })

  it('a cluster that has served goes on as far as it can, also without its voters', async () => {
    const port = await freePorts(2)
    const run = new Run(['start', '--nodes', '2', '--set', 'log.dirs=voterless', ...listeners(port)], folder)
    await run.until(/the cluster is ready nodes=2/)
    process.kill(processOf(run.output, 1), 'SIGKILL')
    await run.until(/node 1 was ended by SIGKILL: the others go on nodeId=1 running=2$/m)
    run.child.kill('SIGTERM')
    await run.until(/stopping all nodes/)
    await sleep(600)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 1)
  })

  it('a command that is killed takes its nodes with it, under control', async () => {
    const port = await freePorts(1)
    const run = new Run(['start', '-n', '1', '--set', 'log.dirs=orphans', ...listeners(port)], folder)
    await run.until(/the cluster is ready/)
    run.child.kill('SIGKILL')
    await run.ended
    const marker = join(folder, 'orphans/node-1/.kafka_cleanshutdown')
    while (!existsSync(marker)) await sleep(50)
    while (!(await isFree(port))) await sleep(50)
  })

  it('a second signal ends all at once', async () => {
    const port = await freePorts(1)
    const run = new Run(['start', '-n', '1', '--set', 'log.dirs=twice', ...listeners(port)], folder)
    await run.until(/the cluster is ready/)
    const pid = processOf(run.output, 1)
    // Held, so that it does not stop before the second word.
    process.kill(pid, 'SIGSTOP')
    run.child.kill('SIGTERM')
    await run.until(/stopping all nodes/)
    await sleep(600)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 1)
    while (!(await isFree(port))) await sleep(50)
  })

  it('a wrong command line is an error of usage, and what cannot be is told', async () => {
    const file = join(folder, 'voters.properties')
    writeFileSync(file, 'controller.quorum.voters=1@localhost:9093\n')
    const cases: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
      [['--nodes', '0'], 2, /^odradek start: --nodes is a number from 1 to 32, not '0'$/m],
      [['--nodes', '33'], 2, /not '33'/],
      [['--nodes', 'x'], 2, /not 'x'/],
      [['--stop-on-failure'], 2, /is for several nodes/],
      [['--nodes', '3', file], 2, /FILE may not have controller\.quorum\.voters/],
      [['--nodes', '3', '--set', 'listeners=PLAINTEXT://:65535'], 1, /a port is at most 65535/],
      [['--nodes', '3', '--set', 'num.partitions=0'], 1, /num\.partitions.*at least 1/],
    ]
    await Promise.all(
      cases.map(async ([args, code, said]) => {
        const run = new Run(['start', ...args], join(folder))
        assert.equal(await run.ended, code, run.output)
        assert.match(run.output, said)
      }),
    )
  })
})
