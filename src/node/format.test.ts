import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Disk, DiskError, present, Reader, uuidFromString, uuidToString } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { readWholeFile, writeWholeFile } from '../log/index.ts'
import { bootstrapRecords } from '../metadata/index.ts'
import { votersRecord } from '../protocol/index.ts'
import { readRecords } from '../records/index.ts'
import { readBootstrapCheckpoint } from './bootstrap-checkpoint.ts'
import { type FormatOptions, formatStorage } from './format.ts'
import { readMetaProperties } from './meta-properties.ts'
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
    assert.match(
      lines[0] ?? '',
      /^Bootstrap metadata: BootstrapMetadata\(records=\[ApiMessageAndVersion\(FeatureLevelRecord\(name='metadata\.version', featureLevel=30\) at version 0\), .*\], metadataVersionLevel=30, source=format command\)$/,
    )
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
  const own = 'VoEPiV_bS93gjjoJDBD-DA'
  const other = 'WoEPiV_bS93gjjoJDBD-DA'
  const initialControllers = `2@other:9093:${other},1@localhost:9093:${own}`
  const snapshot = '/m/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint'

  async function voters(disk: Disk): Promise<readonly string[]> {
    const bytes = present(await readWholeFile(disk, snapshot, 10_000), 'the snapshot')
    const [, , record] = [...readRecords(bytes, 0, bytes.length)]
    const { voters: list } = votersRecord.decode(new Reader(present(record?.value, 'voters')), 0)
    return list.map(({ voterId, voterDirectoryId, endpoints: [endpoint] }) =>
      [voterId, endpoint?.name, endpoint?.host, endpoint?.port, uuidToString(voterDirectoryId)].join(' '),
    )
  }

  it('names this node as the voter, in the directory of the metadata alone', async () => {
    const disk = new MemoryDisk()
    const lines = await format(disk, { standalone: true }, configWith(dynamic))
    assert.equal(lines.at(-1), 'Formatting dynamic metadata voter directory /m with metadata.version 4.3-IV0.')
    assert.deepEqual(await names(disk, '/m'), ['__cluster_metadata-0', 'bootstrap.checkpoint', 'meta.properties'])
    assert.deepEqual(await names(disk, '/m/__cluster_metadata-0'), ['00000000000000000000-0000000000.checkpoint'])
    assert.deepEqual(await names(disk, '/d/a'), ['bootstrap.checkpoint', 'meta.properties'])
    const id = uuidToString(present((await readMetaProperties(disk, '/m'))?.directoryId, 'an id'))
    assert.deepEqual(await voters(disk), [`1 CONTROLLER localhost 9093 ${id}`])
  })

  it('names the voters that are given, and takes the id of its own directory from them', async () => {
    const disk = new MemoryDisk()
    const lines = await format(disk, { initialControllers }, configWith(dynamic))
    assert.equal(lines.at(-1), 'Formatting dynamic metadata voter directory /m with metadata.version 4.3-IV0.')
    assert.deepEqual(await voters(disk), [`1 CONTROLLER localhost 9093 ${own}`, `2 CONTROLLER other 9093 ${other}`])
    assert.equal((await readMetaProperties(disk, '/m'))?.directoryId, uuidFromString(own))
    assert.notEqual((await readMetaProperties(disk, '/d/a'))?.directoryId, uuidFromString(own))
  })

  it('names them also to a node that is none of them, a broker too', async () => {
    for (const config of [dynamic, dynamicBroker]) {
      const disk = new MemoryDisk()
      const lines = await format(disk, { initialControllers: `2@other:9093:${other}` }, configWith(config))
      assert.equal(lines.at(-1), 'Formatting dynamic metadata directory /m with metadata.version 4.3-IV0.')
      assert.deepEqual(await voters(disk), [`2 CONTROLLER other 9093 ${other}`])
    }
  })

  it('names nobody where others are the voters', async () => {
    for (const config of [dynamic, dynamicBroker]) {
      const disk = new MemoryDisk()
      const lines = await format(disk, { noInitialControllers: true }, configWith(config))
      assert.equal(lines.at(-1), 'Formatting metadata directory /m with metadata.version 4.3-IV0.')
      assert.deepEqual(await names(disk, '/m'), ['bootstrap.checkpoint', 'meta.properties'])
    }
  })

  it('goes with kraft.version 1 alone, and with any metadata.version', async () => {
    const ways = [{ standalone: true }, { initialControllers }, { noInitialControllers: true }]
    const config = configWith(dynamic)
    for (const way of ways) {
      await format(new MemoryDisk(), { ...way, featureLevels: new Map([['kraft.version', 1]]) }, config)
      await format(new MemoryDisk(), { ...way, releaseVersion: '3.3' }, config)
      await assert.rejects(
        format(new MemoryDisk(), { ...way, featureLevels: new Map([['kraft.version', 0]]) }, config),
        refusal(/^Cannot set kraft\.version to 0 if controller\.quorum\.voters is empty and one of the flags/),
      )
    }
    await assert.rejects(
      format(new MemoryDisk(), { featureLevels: new Map([['kraft.version', 0]]) }, configWith(dynamicBroker)),
      refusal(/^Cannot set kraft\.version to 0/),
    )
  })

  it('must be asked for on a controller', async () => {
    await assert.rejects(
      format(new MemoryDisk(), {}, configWith(dynamic)),
      refusal(
        'Because controller.quorum.voters is not set on this controller, you must specify one of the following: ' +
          '--standalone, --initial-controllers, or --no-initial-controllers.',
      ),
    )
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

  it('refuses an id for its directory that no node would start on, and writes nothing', async () => {
    const disk = new MemoryDisk()
    const config = configWith(dynamic)
    await assert.rejects(
      format(disk, { initialControllers: '1@localhost:9093:AAAAAAAAAAAAAAAAAAAAAQ' }, config),
      refusal('Invalid reserved directory ID AAAAAAAAAAAAAAAAAAAAAQ found in /m'),
    )
    assert.equal(await disk.stat('/m'), undefined)
    await format(disk, { standalone: true }, config)
    await disk.removeTree('/m')
    const taken = uuidToString(present((await readMetaProperties(disk, '/d/a'))?.directoryId, 'an id'))
    await assert.rejects(
      format(disk, { initialControllers: `1@localhost:9093:${taken}`, ignoreFormatted: true }, config),
      refusal(`Duplicate directory ID ${taken} found. It was the ID of /d/a, but also of /m`),
    )
    assert.equal(await disk.stat('/m'), undefined)
  })
})
