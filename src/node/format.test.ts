import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Disk, DiskError } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { writeWholeFile } from '../log/index.ts'
import { bootstrapRecords } from '../metadata/index.ts'
import { readBootstrapCheckpoint } from './bootstrap-checkpoint.ts'
import { type FormatOptions, formatStorage } from './format.ts'
import { loadMetaProperties } from './meta-properties-set.ts'

const { clock, random } = createEnv()

function configWith(changes: Readonly<Record<string, string>> = {}): BrokerConfig {
  const texts = new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '1'],
    ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '1@localhost:9093'],
    ['log.dirs', '/d/b,/d/a'],
    ['metadata.log.dir', '/m'],
    ...Object.entries(changes),
  ])
  return BrokerConfig.parse(texts)
}

const dynamic = { 'controller.quorum.voters': '', 'controller.quorum.bootstrap.servers': 'localhost:9093' }
const dynamicBroker = { ...dynamic, 'process.roles': 'broker', listeners: 'PLAINTEXT://:9092' }

async function format(
  disk: Disk,
  options: Partial<FormatOptions> = {},
  config: BrokerConfig = configWith(),
): Promise<string[]> {
  const lines: string[] = []
  const print = (line: string): void => {
    lines.push(line)
  }
  await formatStorage({ disk, clock, random, config, options: { clusterId: 'c', ...options }, print })
  return lines
}

const names = async (disk: Disk, path: string): Promise<string[]> => (await disk.list(path)).map(({ name }) => name)
const refusal = (message: string | RegExp) => ({ name: 'StorageError', message })

describe('formatting', () => {
  it('prepares every directory, each with an id of its own', async () => {
    const disk = new MemoryDisk()
    const lines = await format(disk)
    assert.deepEqual(lines.slice(1), [
      'Formatting data directory /d/a with metadata.version 4.3-IV0.',
      'Formatting data directory /d/b with metadata.version 4.3-IV0.',
      'Formatting metadata directory /m with metadata.version 4.3-IV0.',
    ])
    const { formatted, empty, failed } = await loadMetaProperties(disk, ['/m', '/d/a', '/d/b'])
    assert.deepEqual([formatted.size, empty.length, failed.size], [3, 0, 0])
    const ids = new Set<unknown>()
    for (const [directory, meta] of formatted) {
      assert.deepEqual({ ...meta, directoryId: 0 }, { version: 1, clusterId: 'c', nodeId: 1, directoryId: 0 })
      ids.add(meta.directoryId)
      assert.deepEqual(await names(disk, directory), ['bootstrap.checkpoint', 'meta.properties'])
      assert.deepEqual(await readBootstrapCheckpoint(disk, `${directory}/bootstrap.checkpoint`), bootstrapRecords())
    }
    assert.equal(ids.size, 3)
  })

  it('leaves what is formatted as it is', async () => {
    const disk = new MemoryDisk()
    await format(disk)
    const before = await loadMetaProperties(disk, ['/m', '/d/a', '/d/b'])
    await assert.rejects(
      format(disk),
      refusal(
        'Log directory /d/a is already formatted. Use --ignore-formatted to ignore this directory and format the others.',
      ),
    )
    const ignoreFormatted = true
    assert.deepEqual(await format(disk, { ignoreFormatted }), ['All of the log directories are already formatted.'])
    await disk.removeTree('/d/b')
    const lines = await format(disk, { ignoreFormatted, releaseVersion: '3.9' })
    assert.deepEqual(lines.slice(1), ['Formatting data directory /d/b with metadata.version 3.9-IV0.'])
    const after = await loadMetaProperties(disk, ['/m', '/d/a', '/d/b'])
    assert.deepEqual(after.formatted.get('/m'), before.formatted.get('/m'))
    assert.deepEqual(after.formatted.get('/d/a'), before.formatted.get('/d/a'))
    assert.notDeepEqual(after.formatted.get('/d/b'), before.formatted.get('/d/b'))
  })

  it('does not mix clusters or nodes', async () => {
    const disk = new MemoryDisk()
    await format(disk)
    const options = { ignoreFormatted: true }
    await assert.rejects(
      format(disk, { ...options, clusterId: 'd' }),
      refusal('Invalid cluster.id in: /d/a/meta.properties. Expected d, but read c'),
    )
    const other = configWith({ 'node.id': '2', 'controller.quorum.voters': '2@localhost:9093' })
    await assert.rejects(format(disk, options, other), refusal(/^Stored node id 1 doesn't match previous node id 2 in/))
  })

  it('goes round directories that cannot be read, unless there is no other', async () => {
    const disk = new MemoryDisk()
    const damage = async (directory: string): Promise<void> => {
      await disk.makeDirectory(directory)
      await writeWholeFile(disk, `${directory}/meta.properties`, { bytes: Buffer.from('version=7'), sync: false })
    }
    await damage('/d/a')
    const [first, ...rest] = await format(disk)
    assert.match(
      first ?? '',
      /^I\/O error trying to read log directory \/d\/a\. Ignoring\.\.\. \(Unknown .* number 7\)$/,
    )
    assert.equal(rest.length, 3)
    for (const directory of ['/d/b', '/m']) await damage(directory)
    await assert.rejects(format(disk), refusal('No available log directories to format.'))
  })

  it('may be repeated after a crash or a full disk', async () => {
    const memory = new MemoryDisk()
    let renames = 0
    const full = new Proxy(memory, {
      get(target, name) {
        if (name === 'rename' && renames++ === 1) {
          return () => Promise.reject(new DiskError('ENOSPC', '/d/b', 'no space left on device'))
        }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    await assert.rejects(
      format(full),
      refusal('Error while writing meta.properties file /d/b: no space left on device'),
    )
    const lines = await format(memory, { ignoreFormatted: true })
    assert.equal(lines.length, 3)
    assert.equal((await loadMetaProperties(memory, ['/m', '/d/a', '/d/b'])).formatted.size, 3)
  })

  it('writes nothing when it refuses', async () => {
    const disk = new MemoryDisk()
    await assert.rejects(format(disk, { releaseVersion: 'junk' }), refusal(/^Unknown metadata\.version 'junk'/))
    await assert.rejects(format(disk, { clusterId: '' }), refusal('You must specify the cluster id.'))
    await assert.rejects(format(disk, { featureLevels: new Map([['x', 1]]) }), refusal(/^Unsupported feature: x\./))
    assert.equal(await disk.stat('/m'), undefined)
    assert.equal(await disk.stat('/d'), undefined)
  })
})

describe('formatting for a dynamic quorum', () => {
  const initialControllers = '1@localhost:9093:VoEPiV_bS93gjjoJDBD-DA'

  it('names this node as the voter, in the directory of the metadata alone', async () => {
    const disk = new MemoryDisk()
    const lines = await format(disk, { standalone: true }, configWith(dynamic))
    assert.equal(lines.at(-1), 'Formatting dynamic metadata voter directory /m with metadata.version 4.3-IV0.')
    assert.deepEqual(await names(disk, '/m'), ['__cluster_metadata-0', 'bootstrap.checkpoint', 'meta.properties'])
    assert.deepEqual(await names(disk, '/m/__cluster_metadata-0'), ['00000000000000000000-0000000000.checkpoint'])
    assert.deepEqual(await names(disk, '/d/a'), ['bootstrap.checkpoint', 'meta.properties'])
  })

  it('goes with kraft.version 1 and what that needs', async () => {
    const config = configWith(dynamic)
    const features = (...levels: [string, number][]) => ({ standalone: true, featureLevels: new Map(levels) })
    await format(new MemoryDisk(), features(['kraft.version', 1]), config)
    await assert.rejects(
      format(new MemoryDisk(), features(['kraft.version', 0]), config),
      refusal(/^Cannot set kraft\.version to 0 if one of the flags/),
    )
    await assert.rejects(
      format(new MemoryDisk(), { standalone: true, releaseVersion: '3.8' }, config),
      refusal('kraft.version could not be set to 1 because it depends on metadata.version level 21'),
    )
  })

  it('must be asked for, and for several voters is refused as not built yet', async () => {
    const config = configWith(dynamic)
    await assert.rejects(
      format(new MemoryDisk(), {}, config),
      refusal(/^Because controller\.quorum\.voters is not set .* you must specify --standalone/),
    )
    for (const options of [{ initialControllers }, { noInitialControllers: true }]) {
      await assert.rejects(
        format(new MemoryDisk(), options, config),
        refusal(/^Quorums of several voters .* are not built into Odradek yet/),
      )
    }
  })

  it('does not go with static voters', async () => {
    for (const options of [{ standalone: true }, { initialControllers }]) {
      await assert.rejects(
        format(new MemoryDisk(), options),
        refusal(/^You cannot specify controller\.quorum\.voters and format the node with --initial-controllers or/),
      )
    }
    assert.equal((await format(new MemoryDisk(), { noInitialControllers: true })).length, 4)
  })

  it('needs nothing special of a broker', async () => {
    const config = configWith(dynamicBroker)
    assert.equal((await format(new MemoryDisk(), {}, config)).length, 4)
    await assert.rejects(
      format(new MemoryDisk(), { standalone: true }, config),
      refusal('You can only use --standalone on a controller.'),
    )
  })
})
