/** The package that `npm run pack` makes, installed by npm where nothing else is: the command, the import, the types. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import kafkajs from 'kafkajs'
import { run, runOrThrow, type ServerCommand, ServerProcess } from '../../bench/child.ts'
import { bringOrThrow } from '../../bench/fetch.ts'
import { root } from '../../bench/paths.ts'
import { connectKafkajs, readByKafkajs } from './kafkajs.ts'
import { bootstrapVariable, uniqueName, until } from './kit.ts'
import { createTopic } from './topics.ts'

const asOlderNode = `--import=${join(root, 'src', 'cli', 'testdata', 'older-node.mjs')}`
const settings = [
  'listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
  'log.dirs=data',
  'odradek.registry.listeners=http://127.0.0.1:0',
  'group.initial.rebalance.delay.ms=0',
  'offsets.topic.num.partitions=1',
]
const start = ['start', ...settings.flatMap((setting) => ['--set', setting])]

const script = `import { startBroker } from 'odradek'
await using broker = await startBroker({ logLevel: 'info' })
await new Promise((resolve) => process.once('SIGTERM', resolve))
`

const typed = `import { type RunningBroker, startBroker } from 'odradek'
export * as protocol from 'odradek/protocol'
export * as records from 'odradek/records'
const broker: RunningBroker = await startBroker({ config: { 'num.partitions': 3 } })
// @ts-expect-error: the types are there, and say something.
export const port: string = broker.port
`

/** More than is decompressed on the event loop: the broker has to start a worker. */
const largeValue = 'odradek '.repeat(400_000)

/** Produces and reads again, one large batch among the records. */
async function sendAndRead(): Promise<void> {
  const topic = await createTopic({ prefix: 'package' })
  const producer = connectKafkajs().producer()
  const send = (value: string, compression: number): Promise<unknown> =>
    producer.send({ topic, messages: [{ value }], compression })
  await producer.connect()
  try {
    await send('small', kafkajs.CompressionTypes.None)
    await send(largeValue, kafkajs.CompressionTypes.GZIP)
  } finally {
    await producer.disconnect()
  }
  const received = await readByKafkajs({ topic, count: 2 })
  assert.ok(received[0]?.message.value?.equals(Buffer.from('small')))
  assert.ok(received[1]?.message.value?.equals(Buffer.from(largeValue)))
}

describe('the package, installed', () => {
  let folder = ''
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'odradek-package-'))
    const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    await runOrThrow({ command: process.execPath, args: [join(root, 'scripts', 'pack.ts')], timeoutMs: 60_000 })
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
    writeFileSync(join(folder, 'script.js'), script)
    writeFileSync(join(folder, 'typed.ts'), typed)
    const tarball = join(root, 'dist', `odradek-${version}.tgz`)
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball]
    await bringOrThrow({ command: 'npm', args, cwd: folder, timeoutMs: 120_000 })
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Runs what brings a broker up, sends to it and reads from it, and stops it. */
  async function withBroker(
    command: Omit<ServerCommand, 'cwd' | 'logFile'>,
    said = 'the node is ready',
  ): Promise<void> {
    const logFile = join(folder, `${uniqueName('broker')}.log`)
    const server = new ServerProcess({ ...command, cwd: folder, logFile })
    const address = (): string | undefined => /PLAINTEXT:\/\/([\d.]+:\d+)/.exec(server.logTail())?.[1]
    try {
      await until({
        what: 'the address of the broker',
        timeoutMs: 20_000,
        condition: () => address() !== undefined || !server.isRunning,
      })
      process.env[bootstrapVariable] = address() ?? assert.fail(server.logTail())
      await sendAndRead()
      await until({
        what: said,
        timeoutMs: 20_000,
        condition: () => server.logTail().includes(said),
        seen: () => server.logTail(),
      })
    } finally {
      await server.stop()
    }
    // What stands in front of a node may be gone before it.
    await until({
      what: 'the end of the node',
      timeoutMs: 10_000,
      condition: () => server.logTail().includes('the node has stopped'),
      seen: () => server.logTail(),
    })
  }

  test('npx starts a node', () =>
    withBroker({ command: 'npx', args: ['--no-install', 'odradek', ...start] }, 'the schema registry is ready'))

  test('a program has a broker of its own', () => withBroker({ command: process.execPath, args: ['script.js'] }))

  test('an older Node is told which one is needed, by the command and by the import', async () => {
    for (const args of [['script.js'], [join('node_modules', '.bin', 'odradek'), ...start]]) {
      const ran = await run({
        command: process.execPath,
        args: [asOlderNode, ...args],
        cwd: folder,
        timeoutMs: 10_000,
      })
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, /odradek needs Node 24 or newer, this is 20\.1\.0.* Install one/)
    }
  })

  test('the types are those of the doors', async () => {
    const modules = join(root, 'node_modules')
    const types = ['--typeRoots', join(modules, '@types'), '--types', 'node', '--lib', 'es2024,esnext.disposable']
    const args = [join(modules, 'typescript', 'bin', 'tsc'), '--noEmit', '--strict', '--module', 'nodenext', ...types]
    await runOrThrow({ command: process.execPath, args: [...args, 'typed.ts'], cwd: folder, timeoutMs: 30_000 })
  })
})
