import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as stack from '../stack/index.ts'
import { command, Run } from './testdata/run.ts'

const preload = join(import.meta.dirname, 'testdata', 'older-node.mjs')
const args = [
  'start',
  '--set',
  'log.dirs=memory:',
  '--set',
  'listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  '--set',
  'odradek.registry.listeners=',
]

/** The command in a Node that is too old, which starts the one of `node_modules`. */
describe('odradek start in an older Node', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'odradek-older-'))
    mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true })
    cpSync(join(command, '..'), join(folder, 'bin'), { recursive: true })
    copyFileSync(join(command, '..', '..', 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(command, '..', '..', 'src'), join(folder, 'src'))
    symlinkSync(process.execPath, join(folder, 'node_modules', '.bin', 'node'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const start = async (): Promise<Run> => {
    const path = join(folder, 'bin', 'odradek.js')
    const run = new Run(args, folder, { node: [`--import=${preload}`], path, detached: true })
    await run.until(/the node is ready/)
    return run
  }

  it('takes a signal to the whole group, as of Ctrl-C, for one', async () => {
    const run = await start()
    process.kill(-(run.child.pid ?? 0), 'SIGINT')
    assert.equal(await run.ended, 0, run.output)
    assert.match(run.output, /SIGINT: stopping[\s\S]*the node has stopped/)
  })

  it('passes on what it alone was sent', async () => {
    const run = await start()
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0, run.output)
    assert.match(run.output, /SIGTERM: stopping[\s\S]*the node has stopped/)
  })

  it('leaves no node behind when it is killed', async () => {
    const run = await start()
    run.child.kill('SIGKILL')
    await run.until(/the command that started this process is gone: stopping[\s\S]*the node has stopped/)
    await run.ended
  })
})

describe("import 'odradek'", () => {
  const importing = (options: readonly string[]) =>
    spawnSync(
      process.execPath,
      [...options, '--eval', "import('odradek').then((door) => console.log(Object.keys(door)))"],
      {
        encoding: 'utf8',
        cwd: import.meta.dirname,
      },
    )

  it('says in an older Node which one it needs, and where one is', () => {
    const { status, stderr } = importing([`--import=${preload}`])
    assert.equal(status, 1)
    assert.match(stderr, /\nError: odradek needs Node 24 or newer, this is 20\.1\.0\. (npm brought one|Install one)/)
  })

  it('gives what the stack gives', () => {
    const { stdout, stderr } = importing([])
    assert.equal(stderr, '')
    assert.deepEqual(stdout.match(/\w+/g)?.sort(), Object.keys(stack).sort())
  })
})
