/**
 * `kafka-storage` and Odradek's verbs side by side: the same exit codes, lines and files of the same command lines, good and bad.
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isShortRun, runFolder } from './kit.ts'
import { call, type Formatter, file, filesOf, type Place, placeOf, told } from './storage-calls.ts'

const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg'
const otherClusterId = 'AkU3OEVBNTcwNTJENDM2Qg'
const own = 'VoEPiV_bS93gjjoJDBD-DA'
const others = ['WoEPiV_bS93gjjoJDBD-DA', '-oEPiV_bS93gjjoJDBD-DB']
const fixedIds = [own, ...others]

const controllers = 'controller.listener.names=CONTROLLER\n'
const combined = `process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
${controllers}log.dirs=DATA/b,DATA/a
metadata.log.dir=DATA/m
`
const bootstrap = 'controller.quorum.bootstrap.servers=localhost:9093\n'
const voters = 'controller.quorum.voters=1@localhost:9093\n'
const oneDirectory = `process.roles=controller\nnode.id=1\nlisteners=CONTROLLER://:9093\n${controllers}log.dirs=DATA/b\n`

const configs = {
  dynamic: combined + bootstrap,
  static: combined + voters,
  both: combined + bootstrap + voters,
  broker: `process.roles=broker\nnode.id=1\nlisteners=PLAINTEXT://:9092\n${controllers}${bootstrap}log.dirs=DATA/b,DATA/a\n`,
  staticBroker: `process.roles=broker\nnode.id=2\nlisteners=PLAINTEXT://:9092\n${controllers}${voters}log.dirs=DATA/b,DATA/a\n`,
  controller: oneDirectory + bootstrap,
  controllerOf2: oneDirectory.replace('node.id=1', 'node.id=2') + bootstrap,
  twoListeners: `process.roles=controller
node.id=1
listeners=CONTROLLER://somewhere:9093,SECOND://:9094
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SECOND:PLAINTEXT
controller.listener.names=CONTROLLER,SECOND
${bootstrap}log.dirs=DATA/b
`,
}

interface Case {
  readonly config: keyof typeof configs
  /** Before the first call. */
  readonly before?: (place: Place) => void
  /** Before the last call. */
  readonly between?: (place: Place) => void
  readonly calls: readonly (readonly string[])[]
}

const format = (...flags: readonly string[]): readonly string[] => ['format', '-t', clusterId, '-c', file, ...flags]
const info = ['info', '-c', file]
const of = (config: keyof typeof configs, ...flags: readonly string[]): Case => ({ config, calls: [format(...flags)] })
const asked = (...words: readonly string[]): Case => ({ config: 'static', calls: [words] })

const me = `1@localhost:9093:${own}`
const other = `2@other.invalid:9093:${others[0]}`

const quorums: readonly Case[] = [
  of('dynamic', '--standalone'),
  of('dynamic', '-I', me),
  of('dynamic', '--initial-controllers', `${other},${me}`),
  of('dynamic', '-I', `301@a:1:${others[0]},17@b:1:${others[1]},33@c:1:${others[0]}, 1@d:1:${own} ,`),
  of('dynamic', '-I', other),
  of('dynamic', '-N'),
  of('dynamic'),
  of('static'),
  of('static', '--no-initial-controllers'),
  of('static', '-s'),
  of('static', '-I', me),
  of('static', '-I', 'junk'),
  of('both'),
  of('both', '-s'),
  of('both', '-N'),
  of('both', '-I', me),
  of('broker'),
  of('broker', '-s'),
  of('broker', '-N'),
  of('broker', '-I', me),
  of('broker', '-I', other),
  of('broker', '-I', 'junk'),
  of('staticBroker'),
  of('staticBroker', '-s'),
  of('staticBroker', '-N'),
  of('staticBroker', '-I', me),
  of('twoListeners', '-s'),
  of('twoListeners', '-I', `${me},${other}`),
]

const votersGiven: readonly Case[] = [
  `1localhost:9093:${own}`,
  `x@localhost:9093:${own}`,
  '2147483648@localhost:9093:',
  `-1@localhost:9093:${own}`,
  ` @localhost:9093:${own}`,
  '1@',
  `1@[::1:9093:${own}`,
  `1@[::1]9093:${own}`,
  '1@localhost',
  '1@localhost:9093',
  `1@localhost:x:${own}`,
  `1@localhost::${own}`,
  `1@localhost:-1:${own}`,
  `1@localhost:65536:${own}`,
  '1@localhost:9093:junk',
  '1@localhost:9093:',
  `1@localhost:9093:${own}=`,
  `1@localhost:9093:${own} x`,
  `1@localhost:+9093:${own}==`,
  `+1@:0:${own}`,
  `1@[::1]:9093:${own},2@[2001:DB8::7]:1:${others[0]},3@[::ffff:1.2.3.4]:1:${others[1]},4@[1:2:3:4:5:6:1.2.3.4]:1:${own}`,
  ` ,,${me},, `,
  ',',
  '',
  `${me},1@a:1:${others[0]}`,
  `${me},2@a:1:${own}`,
].map((list) => of('controller', `--initial-controllers=${list}`))

const features: readonly Case[] = [
  of('dynamic', '-N', '-f', 'kraft.version=1'),
  of('dynamic', '-N', '-f', 'kraft.version=0'),
  of('dynamic', '-s', '-f', 'kraft.version = 1'),
  of('dynamic', '-s', '-f', 'kraft.version=0'),
  of('dynamic', '-s', '-f', 'kraft.version=2'),
  of('dynamic', '-I', me, '-f', 'kraft.version=0'),
  of('dynamic', '-f', 'kraft.version=1'),
  of('static', '-f', 'kraft.version=0'),
  of('static', '-f', 'kraft.version=1'),
  of('static', '-N', '-f', 'kraft.version=1'),
  of('broker', '-f', 'kraft.version=0'),
  of('broker', '-f', 'kraft.version=1'),
  of('staticBroker', '-f', 'kraft.version=1'),
  of('dynamic', '-s', '-r', '3.8'),
  of('dynamic', '-N', '-r', '3.8'),
  of('dynamic', '-I', me, '-r', '4.0'),
  of('static', '-r', '3.3'),
  of('static', '-r', '4.3.1', '-f', 'share.version=0'),
  of('static', '-s', '-r', 'junk'),
  of('static', '-r', '4.4-IV0'),
  of('static', '-f', 'metadata.version=21'),
  of('static', '-f', 'metadata.version=31'),
  of('static', '-f', 'metadata.version=99'),
  of('static', '-f', 'metadata.version=30', '-r', '4.3'),
  of('static', '-f', 'eligible.leader.replicas.version=1', '-r', '3.9'),
  of('static', '-f', 'group.version=2'),
  of('static', '-f', 'nothing=1'),
  of('static', '-f', 'nothing'),
  of('static', '-f', 'nothing=70000'),
  of('static', '-s', '-f', 'nothing=1'),
]

const usage: readonly Case[] = [
  of('dynamic', '-s', '-N'),
  of('dynamic', '-s', '-I', me),
  of('dynamic', '-I'),
  of('dynamic', '-s', 'more'),
  asked('format', '-c', file, '-s'),
  asked('format', '-t', clusterId),
  asked('info'),
  asked('feature-dependencies'),
]

const user = 'SCRAM-SHA-512=[name=alice,iterations=8192,salt="N3E=",saltedpassword="YCE="]'
const notADirectory = ({ data }: Place): void => {
  mkdirSync(data)
  writeFileSync(join(data, 'm'), '')
}
const unreadable = ({ data }: Place): void => {
  mkdirSync(join(data, 'b'), { recursive: true })
  writeFileSync(join(data, 'b', 'meta.properties'), 'version=7\n')
}
const without =
  (name: string) =>
  ({ data }: Place): void =>
    rmSync(join(data, name), { recursive: true })
const legacy = ({ data }: Place): void => {
  mkdirSync(join(data, 'a'), { recursive: true })
  writeFileSync(join(data, 'a', 'meta.properties'), 'version=0\nbroker.id=1\ncluster.id=x\n')
}

const states: readonly Case[] = [
  { config: 'dynamic', calls: [format('-I', me), format('-I', me)] },
  { config: 'dynamic', calls: [format('-I', me), format('-g', '-I', me)] },
  { config: 'dynamic', calls: [format('-N'), format('-g', '-s')] },
  { config: 'dynamic', between: without('m'), calls: [format('-s'), format('-g', '-I', `${me},${other}`)] },
  { config: 'dynamic', between: without('a'), calls: [format('-I', me), format('-g', '-N')] },
  { config: 'controller', calls: [format('-s'), ['format', '-t', otherClusterId, '-c', file, '-g', '-s']] },
  { config: 'controller', calls: [format('-s'), format('-g', '-s', '--release-version', 'junk')] },
  { config: 'dynamic', before: notADirectory, calls: [format('-s')] },
  { config: 'dynamic', before: unreadable, calls: [format('-s')] },
  { config: 'controller', before: unreadable, calls: [format('-s')] },
  {
    config: 'static',
    calls: [format('-S', user, '-r', '3.4')],
  },
  { config: 'static', calls: [format('-S', user, '-r', '3.5')] },
  { config: 'static', calls: [info] },
  { config: 'dynamic', calls: [format('-s'), info] },
  { config: 'controller', calls: [format('-I', me), info] },
  { config: 'dynamic', between: without('a'), calls: [format('-I', me), info] },
  { config: 'dynamic', between: legacy, calls: [format('-I', me), info] },
  { config: 'dynamic', before: notADirectory, calls: [info] },
  { config: 'controller', before: unreadable, calls: [info] },
]

const questions: readonly Case[] = [
  asked('version-mapping'),
  ...['3.3', '3.9-IV0', '4.0', '4.1-IV0', '4.2', '4.3.1', '4.4-IV0', '4.4', 'junk'].map((release) =>
    asked('version-mapping', '--release-version', release),
  ),
  ...[
    'metadata.version=31',
    'metadata.version=6',
    'kraft.version=1',
    'eligible.leader.replicas.version=1',
    'eligible.leader.replicas.version=0',
    'group.version=2',
    'group.version=a',
    'group.version',
    ' group.version = 1 ',
    'nothing=1',
  ].map((feature) => asked('feature-dependencies', '-f', feature)),
  asked('feature-dependencies', '-f', 'share.version=1', '-f', 'nothing=1', '-f', 'group.version=1'),
]

const formatters: readonly Formatter[] = ['kafka', 'odradek']

/** What one of the two told of each call, and the files that it left. */
async function outcome(formatter: Formatter, name: string, { config, before, between, calls }: Case) {
  const place = placeOf(join(runFolder('format'), formatter, name), configs[config])
  before?.(place)
  const answers = []
  for (const [index, words] of calls.entries()) {
    if (index > 0 && index === calls.length - 1) between?.(place)
    answers.push(told(await call(formatter, words, place), place, fixedIds))
  }
  return { answers, files: filesOf(place, fixedIds) }
}

function compare(title: string, cases: readonly Case[]): void {
  describe(title, { skip: isShortRun ? 'in the full run only' : false }, () => {
    for (const [index, it] of cases.entries()) {
      const words = it.calls.map((call) => call.slice(call[0] === 'format' ? 5 : 0).join(' ')).join('; ')
      test(`${it.config}: ${words}`, async () => {
        const [kafka, odradek] = await Promise.all(formatters.map((name) => outcome(name, `${title}-${index}`, it)))
        assert.deepEqual(odradek, kafka)
      })
    }
  })
}

compare('quorums', quorums)
compare('voters', votersGiven)
compare('features', features)
compare('usage', usage)
compare('states', states)
compare('questions', questions)
