import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { command, Run } from './testdata/run.ts'

/** Its port is one that others may have. */
const withoutRegistry = ['--set', 'odradek.registry.listeners=']
const alone = ['--set', 'listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0', ...withoutRegistry]

describe('odradek start', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'odradek-start-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('formats its own directory, says where it listens, and stops under control; the next start goes on', async () => {
    const ids: string[] = []
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const run = new Run(['start', ...alone], folder)
      await run.until(/the node is ready .*PLAINTEXT:\/\/127\.0\.0\.1:\d+/)
      run.child.kill(signal)
      assert.equal(await run.ended, 0)
      assert.match(run.output, /the node has stopped/)
      ids.push(/Formatting/.test(run.output) ? 'formatted' : 'went on')
    }
    assert.deepEqual(ids, ['formatted', 'went on'])
  })

  it('has a schema registry at 8081, unless that is taken or another place is given', async () => {
    const [, listeners = ''] = alone
    const args = ['start', '--set', 'log.dirs=memory:', '--set', listeners]
    const own = new Run(args, folder)
    await own.until(
      /the schema registry is ready host=127\.0\.0\.1 port=8081|ERROR .*127\.0\.0\.1:8081 of the schema registry/,
    )
    own.child.kill('SIGTERM')
    assert.equal(await own.ended, 0)
    const other = new Run([...args, '--set', 'odradek.registry.listeners=http://localhost:0'], folder)
    const [, port] = await other.until(/the schema registry is ready host=localhost port=(\d+)/)
    assert.deepEqual(await (await fetch(`http://localhost:${port}/subjects`)).json(), [])
    other.child.kill('SIGTERM')
    assert.equal(await other.ended, 0)
    const refused = new Run([...args, '--set', 'odradek.registry.listeners=8081'], folder)
    assert.equal(await refused.ended, 1)
    assert.match(refused.output, /^odradek start: .*odradek\.registry\.listeners/m)
  })

  it('does not start without its vote file unless it is told to', async () => {
    unlinkSync(join(folder, 'odradek-data', '__cluster_metadata-0', 'quorum-state'))
    const refused = new Run(['start', ...alone], folder)
    assert.equal(await refused.ended, 1)
    assert.match(refused.output, /^odradek start: .*quorum-state is missing or old.*--force-recover`$/m)
    const forced = new Run(['start', '--force-recover', ...alone], folder)
    await forced.until(/the node is ready/)
    forced.child.kill('SIGTERM')
    assert.equal(await forced.ended, 0)
  })

  it('says at the start that it may open too few files, where the system tells how many', async () => {
    const shell = ['-c', 'ulimit -n 180 && exec "$0" "$@"', process.execPath, command, 'start', ...alone]
    const child = spawn('/bin/sh', shell, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    for await (const chunk of child.stderr) {
      output += chunk
      if (/the node is ready/.test(output)) child.kill('SIGTERM')
    }
    assert.match(output, /the node has stopped/)
    assert.equal(/may open too few files.* limit=180 needed=\d+/.test(output), process.platform === 'linux', output)
  })

  it('writes its log as JSON', async () => {
    const run = new Run(['start', '--json', '--set', 'log.dirs=memory:', ...alone], folder)
    await run.until(/the node is ready/)
    run.child.kill('SIGTERM')
    await run.ended
    const failed = new Run(['start', '--json', '--set', 'num.partitions=0', ...alone], folder)
    assert.equal(await failed.ended, 1)
    const misspelt = new Run(['start', '--json', '--sat', 'num.partitions=0'], folder)
    assert.equal(await misspelt.ended, 2)
    const lines = [run, failed, misspelt].flatMap(({ output }) => output.trimEnd().split('\n'))
    const messages = lines.map((line) => String(JSON.parse(line).message))
    for (const said of [/the node is ready/, /^SIGTERM: stopping/, /num\.partitions.*at least 1/, /--sat/]) {
      assert.ok(
        messages.some((message) => said.test(message)),
        String(said),
      )
    }
  })

  it('tells in one line what is wrong: a directory or a port in use, a wrong value, a directory without format', async () => {
    const first = new Run(['start', ...alone], folder)
    await first.until(/the node is ready/)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const config = join(folder, 'server.properties')
    writeFileSync(
      config,
      `process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=C\ncontroller.quorum.voters=1@localhost:0\nlisteners=PLAINTEXT://:0,C://:0\nlog.dirs=${join(folder, 'unformatted')}\n`,
    )
    const cases: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
      [['start', ...alone], 1, /odradek start: .*another process.*odradek-data/],
      [
        [
          'start',
          '--set',
          'log.dirs=memory:',
          '--set',
          `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:0`,
        ],
        1,
        /^odradek start: PLAINTEXT:\/\/127\.0\.0\.1:\d+ of 'listeners' cannot .*in use/m,
      ],
      [['start', ...alone, '--set', 'num.partitions=0'], 1, /odradek start: .*num\.partitions.*at least 1/],
      [
        ['start', config],
        1,
        /odradek start: No readable meta.properties files found.*odradek format --cluster-id ID --config FILE/,
      ],
      [
        [
          'start',
          '--set',
          'log.dirs=memory:',
          '--set',
          'controller.quorum.voters=1@localhost:0,2@localhost:9093',
          ...alone,
        ],
        1,
        /odradek start: Only a node that is broker and controller, .*odradek format --cluster-id ID --config FILE/,
      ],
      [['start', ...alone, '--set', 'log.dirs='], 1, /^odradek start: .*'log\.dirs' must not be empty/m],
      [['start', 'no-such-file'], 1, /odradek start: no such file/],
      [['start', '--unknown'], 2, /^odradek start: .*--unknown.*\nodradek start: `odradek start --help` .*\n$/],
      [['start', '--set', 'x'], 2, /^odradek start: --set takes KEY=VALUE, not 'x'\nodradek start: .* --help` .*\n$/],
      [['start', folder], 1, /odradek start: not a file: /],
      [
        ['start', '--set', 'log.dirs=memory:', '--set', 'listeners=PLAINTEXT://no.invalid:0,CONTROLLER://127.0.0.1:0'],
        1,
        /odradek start: PLAINTEXT:\/\/no\.invalid:0 of 'listeners' .*does not resolve/,
      ],
      [
        ['start', '--set', 'log.dirs=memory:', ...alone, '--set', `odradek.metrics.listener=127.0.0.1:${port}`],
        1,
        /^odradek start: 127\.0\.0\.1:\d+ of 'odradek\.metrics\.listener' .*in use/m,
      ],
    ]
    await Promise.all(
      cases.map(async ([args, code, said]) => {
        const run = new Run(args, folder)
        assert.equal(await run.ended, code, run.output)
        assert.match(run.output, said)
        assert.doesNotMatch(run.output, /\n\s+at /)
        assert.doesNotMatch(run.output, /is ready/)
      }),
    )
    taken.close()
    first.child.kill('SIGTERM')
    assert.equal(await first.ended, 0)
  })
})
