/**
 * The door of `cli`: finds the verb, prints help and version. `bin/odradek.js` calls it; what a verb does is in the
 * file of that verb, not here.
 */
import { readFileSync } from 'node:fs'
import { endWithOutput } from './broken-pipe.ts'
import { exitDone, exitUsage } from './exit-codes.ts'
import type { ProcessContext } from './process-context.ts'

interface Loaded {
  /** What `--help` prints. */
  readonly usage: string
  run(args: readonly string[], context: ProcessContext): Promise<number>
}

interface Verb {
  readonly summary: string
  /** The file of a verb is loaded when it is called: help, version and the other verbs do not wait for it. */
  readonly load: () => Promise<Loaded>
}

const verbs: ReadonlyMap<string, Verb> = new Map([
  ['start', { summary: 'run a node', load: () => import('./start.ts') }],
  ['registry', { summary: 'run a schema registry over any Kafka', load: () => import('./registry.ts') }],
  ['format', { summary: 'prepare the log directories of a node', load: () => import('./format.ts') }],
  ['info', { summary: 'tell how the log directories of a node are formatted', load: () => import('./info.ts') }],
  ['produce', { summary: 'send lines as records', load: () => import('./produce.ts') }],
  ['consume', { summary: 'write records out', load: () => import('./consume.ts') }],
  ['perf', { summary: 'measure how fast a cluster is', load: () => import('./perf.ts') }],
  ['cluster', { summary: 'tell what brokers hold, drain one, rebalance all', load: () => import('./cluster.ts') }],
  ['topics', { summary: 'list, describe, create, alter and delete topics', load: () => import('./topics.ts') }],
  ['configs', { summary: 'describe and alter configs', load: () => import('./configs.ts') }],
  [
    'groups',
    { summary: 'tell how far groups are, move them, tell why one rebalanced', load: () => import('./groups.ts') },
  ],
  ['acls', { summary: 'list, add and delete access control lists', load: () => import('./acls.ts') }],
  ['schemas', { summary: 'work with the schemas of a schema registry', load: () => import('./schemas.ts') }],
  ['quotas', { summary: 'list and alter quotas of clients', load: () => import('./quotas.ts') }],
  ['metadata', { summary: 'tell how the quorum of controllers is', load: () => import('./metadata.ts') }],
  ['log', { summary: 'print what is in the files of a partition', load: () => import('./log.ts') }],
  ['types', { summary: 'write types of TypeScript for the schemas of a registry', load: () => import('./types.ts') }],
  ['random-uuid', { summary: 'print a random id, for a new cluster', load: () => import('./random-uuid.ts') }],
  ['version-mapping', { summary: 'list the features of a release', load: () => import('./version-mapping.ts') }],
  [
    'feature-dependencies',
    { summary: 'tell what a level of a feature needs', load: () => import('./feature-dependencies.ts') },
  ],
  ['completion', { summary: 'print a script by which a shell completes all this', load: loadCompletion }],
])

/** Kafka's own tools, by their names and flags. */
const tools: ReadonlyMap<string, Verb['load']> = new Map<string, Verb['load']>([
  ['kafka-topics', () => import('./kafka/kafka-topics.ts')],
  ['kafka-get-offsets', () => import('./kafka/kafka-get-offsets.ts')],
  ['kafka-delete-records', () => import('./kafka/kafka-delete-records.ts')],
  ['kafka-configs', () => import('./kafka/kafka-configs.ts')],
  ['kafka-console-producer', () => import('./kafka/kafka-console-producer.ts')],
  ['kafka-console-consumer', () => import('./kafka/kafka-console-consumer.ts')],
  ['kafka-producer-perf-test', () => import('./kafka/kafka-producer-perf-test.ts')],
  ['kafka-consumer-groups', () => import('./kafka/kafka-consumer-groups.ts')],
  ['kafka-reassign-partitions', () => import('./kafka/kafka-reassign-partitions.ts')],
  ['kafka-acls', () => import('./kafka/kafka-acls.ts')],
  ['kafka-leader-election', () => import('./kafka/kafka-leader-election.ts')],
  ['kafka-consumer-perf-test', () => import('./kafka/kafka-consumer-perf-test.ts')],
])

/** Tools of Kafka's that have no such name here. */
const equals: ReadonlyMap<string, string> = new Map([
  ['kafka-storage', 'format'],
  ['kafka-dump-log', 'log dump'],
  ['kafka-metadata-quorum', 'metadata quorum'],
])

function hintFor(word: string): string {
  const equal = equals.get(word.replace(/\.sh$/, ''))
  return equal === undefined ? '`odradek --help` lists what there is' : `\`odradek ${equal}\` does that`
}

const loadOf = (word: string): Verb['load'] | undefined => verbs.get(word)?.load ?? tools.get(word.replace(/\.sh$/, ''))

/** It looks into all others. */
async function loadCompletion(): Promise<Loaded> {
  const { complete, usage: text } = await import('./completion.ts')
  const helpOf = async (word: string): Promise<string> =>
    word === 'completion' ? text : ((await loadOf(word)?.())?.usage ?? '')
  return { usage: text, run: (args) => complete(args, [...verbs.keys(), ...tools.keys()], helpOf) }
}

function usage(): string {
  const width = Math.max(...[...verbs.keys(), '--version, -v'].map((name) => name.length)) + 3
  const line = (name: string, summary: string): string => `  ${name.padEnd(width)}${summary}\n`
  return [
    'Usage: odradek <verb> [flags], or odradek <option>\n\n',
    ...[...verbs].map(([name, { summary }]) => line(name, summary)),
    `\nKafka's tools, with their flags and in their form: ${[...tools.keys()].join(', ')}\n\n`,
    line('--help, -h', 'print this text; after a verb, its flags'),
    line('--version, -v', 'print the version'),
  ].join('')
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new Error('package.json names no version')
}

/** Runs one command line, without the names of Node and of the script; resolves to the exit code of the process. */
export async function main(
  commandLine: readonly string[],
  context: ProcessContext = { hasParent: false },
): Promise<number> {
  endWithOutput()
  const [word, ...args] = commandLine
  switch (word) {
    case '--help':
    case '-h':
      process.stdout.write(usage())
      return exitDone
    case '--version':
    case '-v':
      process.stdout.write(`${version()}\n`)
      return exitDone
    case undefined:
      process.stderr.write(usage())
      return exitUsage
    default: {
      const load = loadOf(word)
      if (load !== undefined) return (await load()).run(args, context)
      process.stderr.write(`odradek: unknown verb '${word}'; ${hintFor(word)}\n`)
      return exitUsage
    }
  }
}
