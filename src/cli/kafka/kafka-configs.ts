/** `odradek kafka-configs`: configs of topics, brokers, groups and client metrics by the flags of Kafka's tool, told in its form. */
import type { Admin, ConfigEntry, ConfigResource } from '../../client/index.ts'
import { parseProperties } from '../../config/index.ts'
import type { Given } from '../given.ts'
import { UsageError } from '../usage-error.ts'
import { readGivenFile } from './given-file.ts'
import { runTool, say, type ToolAsked, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-configs --bootstrap-server HOST:PORT --describe|--alter ENTITY [flags]

As kafka-configs of Apache Kafka, and in its form, for topics, brokers, broker-loggers, groups and client-metrics. Users, clients and
addresses are not served here.

  --entity-type TYPE             topics, brokers, broker-loggers, groups or client-metrics
  --entity-name NAME             which; all unless told, to describe
  --entity-default               what holds for all brokers
  --topic, --broker, --broker-logger, --group, --client-metrics NAME, --broker-defaults
                                 the same in one flag
  --all                          describe: also those that are the default
  --add-config LIST              alter: NAME=VALUE, comma-separated; a value with commas as [a,b]
  --add-config-file FILE         alter: the same from a file of properties
  --delete-config LIST           alter: names, comma-separated, that go back to the default
${toolFlagsText}`

const yes = { type: 'boolean' } as const
const text = { type: 'string' } as const
const flags = {
  ...toolFlags,
  describe: yes,
  alter: yes,
  all: yes,
  'entity-type': text,
  'entity-name': text,
  'entity-default': yes,
  topic: text,
  broker: text,
  'broker-logger': text,
  group: text,
  'client-metrics': text,
  'broker-defaults': yes,
  'add-config': text,
  'add-config-file': text,
  'delete-config': text,
} as const

/** Kafka's plurals, and where the configs that are their own come from. */
const kinds = {
  topics: { type: 'topic', own: 'dynamic-topic-config' },
  brokers: { type: 'broker', own: 'dynamic-broker-config' },
  'broker-loggers': { type: 'broker-logger', own: 'dynamic-broker-logger-config' },
  groups: { type: 'group', own: 'dynamic-group-config' },
  'client-metrics': { type: 'client-metrics', own: 'dynamic-client-metrics-config' },
} as const

type Plural = keyof typeof kinds

/** `name` of undefined: all of them; of an empty one: what holds for all brokers. */
interface Entity {
  readonly plural: Plural
  readonly name: string | undefined
}

const short: readonly (readonly [flag: string, plural: Plural])[] = [
  ['topic', 'topics'],
  ['broker', 'brokers'],
  ['broker-logger', 'broker-loggers'],
  ['group', 'groups'],
  ['client-metrics', 'client-metrics'],
]

const isPlural = (word: string): word is Plural => Object.hasOwn(kinds, word)

/** Throws UsageError, and ToolError for what is not served. */
function entityOf(given: Given): Entity {
  const found: Entity[] = short.flatMap(([flag, plural]) => {
    const name = given.text(flag)
    return name === undefined ? [] : [{ plural, name }]
  })
  if (given.has('broker-defaults')) found.push({ plural: 'brokers', name: '' })
  const plural = given.text('entity-type')
  if (plural !== undefined) {
    if (!isPlural(plural)) throw new ToolError(`entity type '${plural}' is none of ${Object.keys(kinds).join(', ')}`)
    found.push({ plural, name: given.has('entity-default') ? '' : given.text('entity-name') })
  }
  const [only, another] = found
  if (only === undefined || another !== undefined) throw new UsageError('exactly one entity is to be named')
  if (only.name === '' && only.plural !== 'brokers') throw new ToolError('only brokers have defaults of their own')
  return only
}

const upper = (source: string): string => source.toUpperCase().replaceAll('-', '_')
const singular = (plural: Plural): string => plural.replace(/s$/, '')

function entryText({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const texts = synonyms.map((it) => `${upper(it.source)}:${it.name}=${it.value}`)
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${texts.join(', ')}}`
}

async function namesOf(admin: Admin, { plural, name }: Entity): Promise<readonly string[]> {
  if (name !== undefined) return [name]
  if (plural === 'topics') return (await admin.listTopics({ listInternal: true })).map((it) => it.name)
  if (plural === 'groups' || plural === 'client-metrics') {
    const { type } = kinds[plural]
    return (await admin.listConfigResources({ types: [type] })).map((it) => it.name)
  }
  const { brokers } = await admin.describeCluster()
  const ids = brokers.map(({ id }) => String(id))
  return plural === 'brokers' ? [...ids, ''] : ids
}

async function describe({ admin, given }: ToolAsked): Promise<undefined> {
  const entity = entityOf(given)
  const { type, own } = kinds[entity.plural]
  for (const name of await namesOf(admin, entity)) {
    const { entries } = await admin.describeConfig({ type, name }, { includeSynonyms: true })
    const isDefaults = entity.plural === 'brokers' && name === ''
    const source = isDefaults ? 'dynamic-default-broker-config' : own
    const shown = [...entries.values()].filter((it) => given.has('all') || it.source === source)
    const which = given.has('all') ? 'All' : 'Dynamic'
    if (isDefaults) say(`Default configs for ${entity.plural} in the cluster are:`)
    else say(`${which} configs for ${singular(entity.plural)} ${name} are:`)
    for (const entry of shown.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      say(entryText(entry))
    }
  }
}

/** `a=1,b=[x,y]`: what stands in brackets may have commas. */
function addedOf(given: Given): Readonly<Record<string, string>> {
  const added: Record<string, string> = {}
  const [list, file] = [given.text('add-config'), given.text('add-config-file')]
  if (file !== undefined) Object.assign(added, Object.fromEntries(parseProperties(readGivenFile(file, 'latin1'))))
  for (const [pair] of (list ?? '').matchAll(/[^,=]+=(?:\[[^\]]*\]|[^,]*)|[^,]+/g)) {
    const equals = pair.indexOf('=')
    if (equals <= 0) {
      throw new ToolError(
        'Invalid entity config: all configs to be added must be in the format "key=val" or "key=[val1,val2]" to group values which contain commas.',
      )
    }
    added[pair.slice(0, equals).trim()] = pair
      .slice(equals + 1)
      .trim()
      .replace(/^\[(.*)\]$/s, '$1')
  }
  return added
}

async function alter({ admin, given }: ToolAsked): Promise<undefined> {
  const { plural, name } = entityOf(given)
  if (name === undefined) throw new UsageError('--alter needs the name of one entity')
  const deleted = (given.text('delete-config') ?? '')
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '')
  const set = addedOf(given)
  if (Object.keys(set).length + deleted.length === 0) {
    throw new UsageError(
      'At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter',
    )
  }
  const resource: ConfigResource = { type: kinds[plural].type, name }
  await admin.alterConfig(resource, { set, delete: deleted })
  if (name === '') say(`Completed updating default config for ${plural} in the cluster.`)
  else say(`Completed updating config for ${singular(plural)} ${name}.`)
}

export const run = (args: readonly string[]): Promise<number> =>
  runTool(
    {
      name: 'kafka-configs',
      usage,
      flags,
      run(asked) {
        if (asked.given.has('describe') === asked.given.has('alter')) {
          throw new UsageError('Command must include exactly one action: --describe, --alter')
        }
        return asked.given.has('describe') ? describe(asked) : alter(asked)
      },
    },
    args,
  )
