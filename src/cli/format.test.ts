import assert from 'node:assert/strict'
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../bin/odradek.js', import.meta.url))
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'odradek-format-')))
after(() => rmSync(folder, { recursive: true, force: true }))

const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'
const odradek = (...words: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [command, ...words], { encoding: 'utf8', cwd: folder })

writeFileSync(
  join(folder, 'server.properties'),
  `process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
controller.listener.names=CONTROLLER
controller.quorum.voters=1@localhost:9093
log.dirs=data/a,${folder}/data/b
`,
)

describe('odradek format', () => {
  it('prepares the directories, relative ones from where it is called', () => {
    const run = odradek('format', '-t', clusterId, '--config=server.properties', '-r', '4.2', '-f', 'share.version=0')
    assert.equal(run.stderr, '')
    assert.equal(run.status, 0)
    assert.match(run.stdout, /^Bootstrap metadata: .*name='metadata\.version', featureLevel=29\) at version 0\), /)
    assert.ok(run.stdout.includes(`Formatting metadata directory ${folder}/data/a with metadata.version 4.2-IV1.\n`))
    assert.ok(run.stdout.includes(`Formatting data directory ${folder}/data/b with metadata.version 4.2-IV1.\n`))
    assert.deepEqual(readdirSync(join(folder, 'data', 'a')), ['bootstrap.checkpoint', 'meta.properties'])
    assert.match(
      readFileSync(join(folder, 'data/b/meta.properties'), 'utf8'),
      /\ncluster\.id=MkU3OEVBNTcwNTJENDM2Qg\n$/,
    )
    const again = odradek('format', '-t', clusterId, '-c', 'server.properties')
    assert.equal(again.status, 1)
    assert.match(again.stderr, /^Log directory .*\/data\/a is already formatted\. Use --ignore-formatted .*\n$/)
    assert.equal(odradek('format', '-t', clusterId, '-c', 'server.properties', '-g').status, 0)
  })

  it('makes users, and shows no secret', () => {
    writeFileSync(
      join(folder, 'users.properties'),
      readFileSync(join(folder, 'server.properties'), 'utf8').replaceAll('data/', 'users/'),
    )
    const user = 'SCRAM-SHA-512=[name=alice,password=alice-secret]'
    const run = odradek('format', '-t', 'x', '-c', 'users.properties', '-S', user)
    assert.equal(run.status, 0)
    assert.match(run.stdout, /UserScramCredentialRecord\(name='alice', mechanism=2, iterations=4096\)/)
    assert.ok(!run.stdout.includes('alice-secret'))
    const checkpoint = readFileSync(join(folder, 'users/a/bootstrap.checkpoint'))
    assert.ok(checkpoint.includes('alice'))
    assert.ok(!checkpoint.includes('alice-secret'))
  })

  it('makes directories of a quorum of several voters', () => {
    const set = ['--set', 'controller.quorum.voters=', '--set', 'controller.quorum.bootstrap.servers=localhost:9093']
    const quorum = (directory: string, ...words: string[]) =>
      odradek('format', '-t', clusterId, '-c', 'server.properties', ...set, '--set', `log.dirs=${directory}`, ...words)
    const ids = [odradek('random-uuid'), odradek('random-uuid')].map(({ stdout }) => stdout.trim())
    const several = quorum('several', '-I', `1@localhost:9093:${ids[0]},2@localhost:9094:${ids[1]}`)
    assert.equal(several.status, 0, several.stderr)
    assert.match(several.stdout, /\nFormatting dynamic metadata voter directory .*\/several with /)
    assert.match(
      readFileSync(join(folder, 'several/meta.properties'), 'utf8'),
      new RegExp(`^directory.id=${ids[0]}$`, 'm'),
    )
    const later = quorum('later', '--no-initial-controllers')
    assert.equal(later.status, 0, later.stderr)
    assert.deepEqual(readdirSync(join(folder, 'later')), ['bootstrap.checkpoint', 'meta.properties'])
    const none = quorum('none')
    assert.equal(none.status, 1)
    assert.match(none.stderr, /^Because controller\.quorum\.voters is not set on this controller, .*\n$/)
  })

  it('takes configs over those of the file, directories from where it is called', () => {
    const set = [
      '--set',
      'log.dirs=other/a',
      '--set',
      'node.id=7',
      '--set',
      'controller.quorum.voters=7@localhost:9093',
    ]
    const run = odradek('format', '-t', clusterId, '-c', 'server.properties', ...set)
    assert.equal(run.stderr, '')
    assert.equal(run.status, 0)
    assert.match(readFileSync(join(folder, 'other/a/meta.properties'), 'utf8'), /^node\.id=7$/m)
  })

  it('tells of a cluster id that looks like none, and takes it as Kafka does', () => {
    const odd = (...words: string[]) => odradek('format', '-t', 'not-an-id', '-c', 'server.properties', ...words)
    const taken = odd('--set', 'log.dirs=odd')
    assert.equal(taken.status, 0)
    assert.match(taken.stderr, /^odradek format: 'not-an-id' is no id as `odradek random-uuid` draws them/)
    assert.match(readFileSync(join(folder, 'odd/meta.properties'), 'utf8'), /^cluster\.id=not-an-id$/m)
    const mismatch = odd('--set', 'log.dirs=data/a')
    assert.equal(mismatch.status, 1)
    assert.match(mismatch.stderr, /^odradek format: 'not-an-id' is no id .*\nInvalid cluster\.id in: .*data\/a/)
  })

  it('tells errors of the command line from those of the storage', () => {
    const config = ['-c', 'server.properties']
    for (const words of [
      [],
      config,
      ['-t', 'x'],
      ['-t', 'x', ...config, 'more'],
      ['-t', 'x', ...config, '--bogus'],
      ['-t', 'x', ...config, '-s', '-N'],
      ['-t', 'x', ...config, '--set', 'node.id'],
    ]) {
      const run = odradek('format', ...words)
      assert.equal(run.status, 2, words.join(' '))
      assert.match(run.stderr, /^odradek format: .+\nodradek format: `odradek format --help` lists the flags\n$/)
    }
    writeFileSync(join(folder, 'bad.properties'), 'node.id=1\n')
    writeFileSync(
      join(folder, 'memory.properties'),
      readFileSync(join(folder, 'server.properties'), 'utf8').replace(/log\.dirs=.*/, 'log.dirs=memory:a'),
    )
    const failures: readonly (readonly [words: readonly string[], message: RegExp])[] = [
      [['-c', 'nothing.properties'], /^odradek format: no such file: .*\/nothing\.properties\n$/],
      [['-c', 'bad.properties'], /^Missing required configuration "/],
      [['-c', 'memory.properties'], /^A directory in memory/],
      [[...config, '-f', 'x'], /^Can't parse feature=level string x: equals sign not found\.\n$/],
      [[...config, '--set', 'num.partitions=0'], /num\.partitions.*at least 1/],
      [[...config, '-s'], /^You cannot specify controller\.quorum\.voters/],
    ]
    for (const [words, message] of failures) {
      const run = odradek('format', '-t', clusterId, ...words)
      assert.equal(run.status, 1, words.join(' '))
      assert.match(run.stderr, message)
    }
  })

  it('explains its flags', () => {
    const run = odradek('format', '--help')
    assert.equal(run.status, 0)
    for (const flag of ['--cluster-id', '--config', '--ignore-formatted', '--feature', '--set', '--standalone']) {
      assert.ok(run.stdout.includes(flag), flag)
    }
  })
})

describe('odradek info', () => {
  it('tells of the directories of a configuration, and whether all is well', () => {
    const sound = odradek('info', '-c', 'server.properties')
    assert.equal(sound.status, 0, sound.stderr)
    assert.match(
      sound.stdout,
      /^Found log directories:\n {2}.*\/data\/a\n {2}.*\/data\/b\n\nFound metadata: {cluster\.id=/,
    )
    const missing = odradek('info', '--config', 'server.properties', '--set', 'log.dirs=data/none')
    assert.equal(missing.status, 1)
    assert.equal(missing.stdout, `Found problem:\n  ${folder}/data/none does not exist\n\n`)
    assert.equal(odradek('info').status, 2)
    assert.equal(odradek('info', '-c', 'nothing.properties').status, 1)
  })
})

describe('odradek version-mapping and feature-dependencies', () => {
  it('tell of features', () => {
    const mapping = odradek('version-mapping', '-r', '4.0')
    assert.equal(mapping.status, 0)
    assert.match(mapping.stdout, /^metadata\.version=25 \(4\.0\)\nkraft\.version=1\n/)
    const dependencies = odradek('feature-dependencies', '-f', 'group.version=1', '-f', 'x=1')
    assert.equal(dependencies.status, 1)
    assert.equal(dependencies.stdout, 'group.version=1 has no dependencies.\n')
    assert.equal(dependencies.stderr, 'Unknown feature: x\n')
  })

  it('explain their flags, and refuse what they do not know', () => {
    for (const verb of ['info', 'version-mapping', 'feature-dependencies']) {
      assert.match(odradek(verb, '--help').stdout, new RegExp(`^Usage: odradek ${verb}`))
      assert.equal(odradek(verb, 'x').status, 2)
    }
    assert.equal(odradek('feature-dependencies').status, 2)
  })
})

describe('odradek random-uuid', () => {
  it('prints ids that a command line can take', () => {
    const ids = [odradek('random-uuid'), odradek('random-uuid')].map(({ stdout }) => stdout)
    for (const id of ids) assert.match(id, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}\n$/)
    assert.notEqual(ids[0], ids[1])
    assert.equal(odradek('random-uuid', 'x').status, 2)
    assert.equal(odradek('random-uuid', '--help').status, 0)
  })
})
