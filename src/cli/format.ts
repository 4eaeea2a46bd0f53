/** `odradek format`: the flags of `kafka-storage format` onto `formatStorage` of `node`, over the machine's disk. */
import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { parseArgs, promisify } from 'node:util'
import { createEnv } from '../env/index.ts'
import {
  type FormatOptions,
  formatStorage,
  parseFeatureLevels,
  type ScramFunctions,
  type ScramHash,
  StorageError,
} from '../node/index.ts'
import { readConfigFile } from './config-file.ts'
import { parseSettings } from './settings.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek format --cluster-id ID --config FILE [flags]

Prepares the log directories that the configuration names, as \`kafka-storage format\` does.

  --cluster-id, -t ID           the id of the cluster; \`odradek random-uuid\` draws one
  --config, -c FILE             the configuration of the node (server.properties)
  --set KEY=VALUE               this config over what FILE says; may be repeated
  --ignore-formatted, -g        leave out directories that are formatted already, instead of failing
  --release-version, -r VER     begin with the features of this release, as 4.3 or 4.3-IV0; the latest unless told
  --feature, -f NAME=LEVEL      begin with this level of a feature; may be repeated
  --add-scram, -S CREDENTIAL    begin with this user; may be repeated:
                                'SCRAM-SHA-256=[name=alice,password=alice-secret]'
                                'SCRAM-SHA-512=[name=alice,iterations=8192,salt="N3E=",saltedpassword="YCE="]'
  --help, -h                    print this text

A controller whose configuration has no controller.quorum.voters, as those of Kafka 4, needs one of:

  --standalone, -s              this controller alone makes the quorum, and the directory names it
  --initial-controllers, -I L   these controllers make the quorum, as id@host:port:directory,... ; every one of them is
                                formatted with the same list, and \`odradek random-uuid\` draws the id of each directory
  --no-initial-controllers, -N  others make the quorum; this controller may be added to it later
`

const flags = {
  'cluster-id': { type: 'string', short: 't' },
  config: { type: 'string', short: 'c' },
  // Without `-s`, which is Kafka's for --standalone.
  set: { type: 'string', multiple: true },
  'ignore-formatted': { type: 'boolean', short: 'g' },
  'release-version': { type: 'string', short: 'r' },
  feature: { type: 'string', short: 'f', multiple: true },
  'add-scram': { type: 'string', short: 'S', multiple: true },
  standalone: { type: 'boolean', short: 's' },
  'initial-controllers': { type: 'string', short: 'I' },
  'no-initial-controllers': { type: 'boolean', short: 'N' },
  help: { type: 'boolean', short: 'h' },
} as const

const parseFlags = (args: readonly string[]) => parseArgs({ args: [...args], options: flags, strict: true }).values

type Flags = ReturnType<typeof parseFlags>

interface Command {
  readonly configPath: string
  readonly settings: ReadonlyMap<string, string>
  readonly options: FormatOptions
}

/** Throws UsageError, or StorageError for a feature that is not `name=level`. */
function commandOf(values: Flags): Command {
  const clusterId = values['cluster-id']
  const configPath = values.config
  if (clusterId === undefined) throw new UsageError('argument --cluster-id/-t is required')
  if (configPath === undefined) throw new UsageError('argument --config/-c is required')
  const releaseVersion = values['release-version']
  const initialControllers = values['initial-controllers']
  const quorum = [values.standalone, initialControllers, values['no-initial-controllers']]
  if (quorum.filter((value) => value !== undefined).length > 1) {
    throw new UsageError('only one of --standalone, --initial-controllers and --no-initial-controllers may be given')
  }
  const options: FormatOptions = {
    clusterId,
    ignoreFormatted: values['ignore-formatted'] ?? false,
    featureLevels: parseFeatureLevels(values.feature ?? []),
    scram: values['add-scram'] ?? [],
    standalone: values.standalone ?? false,
    noInitialControllers: values['no-initial-controllers'] ?? false,
    ...(releaseVersion === undefined ? {} : { releaseVersion }),
    ...(initialControllers === undefined ? {} : { initialControllers }),
  }
  return { configPath, settings: parseSettings(values.set ?? []), options }
}

const derive = promisify(pbkdf2)
const hashSize: Readonly<Record<ScramHash, number>> = { sha256: 32, sha512: 64 }
const scramFunctions: ScramFunctions = {
  pbkdf2: (hash, { password, salt, iterations }) => derive(password, salt, iterations, hashSize[hash], hash),
  hmac: (hash, key, text) => createHmac(hash, key).update(text).digest(),
  digest: (hash, bytes) => createHash(hash).update(bytes).digest(),
}

/** Kafka takes any text for the id of a cluster, and so does Odradek; the operator may have meant another. */
function tellOddId(clusterId: string): void {
  if (clusterId === '' || /^[\w-]{22}$/.test(clusterId)) return
  process.stderr.write(
    `odradek format: '${clusterId}' is no id as \`odradek random-uuid\` draws them, of 22 characters; it is taken as it is\n`,
  )
}

async function format({ configPath, settings, options }: Command): Promise<undefined> {
  const { disk, clock, random } = createEnv()
  const config = await readConfigFile(disk, configPath, settings)
  if ([...config.logDirs, config.metadataLogDir].some((directory) => directory.startsWith('memory:'))) {
    throw new StorageError(
      'A directory in memory is gone with the process that formats it: there is nothing to format.',
    )
  }
  tellOddId(options.clusterId)
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  await formatStorage({ disk, clock, random, config, options, print, scramFunctions })
}

export function run(args: readonly string[]): Promise<number> {
  return runVerb({ name: 'format', usage, parse: () => parseFlags(args), run: (values) => format(commandOf(values)) })
}
