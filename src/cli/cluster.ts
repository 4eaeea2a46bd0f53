/** `odradek cluster`: what a cluster holds where, and moving it: status, drain, rebalance, unregister. Apache Kafka's too. */
import { parseArgs } from 'node:util'
import { createEnv } from '../env/index.ts'
import type { PeerAddress } from '../peer/index.ts'
import { ErrorCode, unregisterBroker } from '../protocol/index.ts'
import { ClusterAdmin, errorText } from './cluster/admin.ts'
import { AdminError } from './cluster/admin-error.ts'
import { run as describe } from './cluster/describe.ts'
import { moveReplicas } from './cluster/moving.ts'
import { PlanError } from './cluster/plan.ts'
import { Report } from './cluster/report.ts'
import { askable, readCluster } from './cluster/seen.ts'
import { shownStatus, statusData } from './cluster/shown.ts'
import { findThrottles } from './cluster/throttle.ts'
import { exitDone } from './exit-codes.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek cluster status [flags]
       odradek cluster describe [flags]
       odradek cluster drain --broker ID [flags]
       odradek cluster rebalance [flags]
       odradek cluster unregister --broker ID [flags]

describe    tells which brokers there are and where; it has flags of its own: \`odradek cluster describe --help\`.
status      tells of each broker how many replicas it has, how many partitions it leads, how many it would lead if all were led by
            their first replica, and how many of its replicas are not in sync; which partitions are under-replicated or on their
            way to other brokers; and what is throttled.
drain       moves all replicas of a broker to the others, so that it can be taken away.
rebalance   spreads replicas and leaders evenly, onto brokers that are new too: in as many racks as can be, then within one of each
            other, by as few copies as that takes. Fenced brokers keep what they have.
unregister  takes a broker that is stopped and holds nothing from the cluster's memory.

drain and rebalance print what they will do, then do it, so many partitions at a time. Ctrl-C cancels those that are under way, which
are then where they were; those that are done stay, and the same command goes on from there. What was on its way before is waited for,
and never changed nor cancelled. With --throttle all throttles of the
cluster are taken away in the end, also then, as kafka-reassign-partitions --verify does: those too that a command left behind which
was killed. status tells of them.

  --bootstrap, -b HOST:PORT  a broker to ask first, or several, comma-separated; 127.0.0.1:9092 unless told
  --broker ID                the broker to be drained or unregistered
  --throttle BYTES           as much a second each broker may send, and receive, for these moves
  --batch N                  partitions that move at a time, 1 to 1000; 50 unless told
  --dry-run                  print the plan, and do nothing
  --json                     for programs: the status as one object, of a move an object a line: plan, progress, end
  --help, -h                 print this text

Works with Apache Kafka as well, over PLAINTEXT.
`

const flags = {
  bootstrap: { type: 'string', short: 'b' },
  broker: { type: 'string' },
  throttle: { type: 'string' },
  batch: { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })

type Flags = ReturnType<typeof parseFlags>['values']

const bootstrapDefault = '127.0.0.1:9092'
const batchDefault = '50'
const actions = ['status', 'drain', 'rebalance', 'unregister'] as const
type Action = (typeof actions)[number]

/** Throws UsageError. */
function addressesOf(text: string): readonly PeerAddress[] {
  return text.split(',').map((part) => {
    const [, plain, bracketed, port] = /^(?:([^[\]:]+)|\[([^\]]+)\]):(\d{1,5})$/.exec(part.trim()) ?? []
    const host = plain ?? bracketed
    if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new UsageError(`--bootstrap takes HOST:PORT, not '${part}'`)
    }
    return { host, port: Number(port) }
  })
}

interface Bounds {
  readonly min: number
  readonly max: number
}

function numberOf(flag: string, text: string, { min, max }: Bounds): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`--${flag} is a number from ${min} to ${max}, not '${text}'`)
}

const idMax = 2 ** 31 - 1

function brokerOf(action: Action, { broker }: Flags): number | undefined {
  const takesOne = action === 'drain' || action === 'unregister'
  if (takesOne && broker === undefined) throw new UsageError(`${action} needs --broker`)
  if (!takesOne && broker !== undefined) throw new UsageError(`${action} has no --broker`)
  return broker === undefined ? undefined : numberOf('broker', broker, { min: 0, max: idMax })
}

async function perform(action: Action, values: Flags): Promise<number> {
  const drained = brokerOf(action, values)
  const bootstrap = values.bootstrap ?? bootstrapDefault
  const batchSize = numberOf('batch', values.batch ?? batchDefault, { min: 1, max: 1000 })
  const bytesPerSecond =
    values.throttle === undefined
      ? undefined
      : numberOf('throttle', values.throttle, { min: 1, max: Number.MAX_SAFE_INTEGER })
  const isMove = action === 'drain' || action === 'rebalance'
  for (const flag of ['throttle', 'batch', 'dry-run'] as const) {
    if (!isMove && values[flag] !== undefined) throw new UsageError(`${action} has no --${flag}`)
  }
  const isJson = values.json ?? false
  const admin = new ClusterAdmin(createEnv(), addressesOf(bootstrap))
  try {
    if (action === 'status') return await tellStatus(admin, isJson)
    if (action === 'unregister') return await unregister(admin, drained ?? -1, isJson)
    const report = new Report({ isJson, out: process.stdout, progress: process.stderr })
    const { interrupted, release } = listenForInterrupts(report)
    try {
      const isDryRun = values['dry-run'] ?? false
      const options = { drained, isDryRun, batchSize, bytesPerSecond, bootstrap, interrupted }
      return await moveReplicas(admin, options, report)
    } finally {
      release()
    }
  } finally {
    admin.close()
  }
}

/**
 * The first one ends in order; the second one ends the process as if nobody listened. A terminal that is closed, and a pipe that nobody
 * reads any more, are an interrupt too: nobody is there to see what goes on.
 */
function listenForInterrupts(report: Report): { readonly interrupted: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const interrupt = (): void => {
    release()
    report.say('interrupted: what is under way is cancelled; once more leaves all as it is, throttles too')
    controller.abort()
  }
  const release = (): void => {
    for (const signal of signals) process.off(signal, interrupt)
  }
  for (const signal of signals) process.on(signal, interrupt)
  // They stay, as what is said in the end fails likewise.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => controller.abort())
  return { interrupted: controller.signal, release }
}

async function tellStatus(admin: ClusterAdmin, isJson: boolean): Promise<number> {
  const cluster = await readCluster(admin, { isForShow: true })
  const throttles = await findThrottles(admin, askable(cluster))
  process.stdout.write(isJson ? `${JSON.stringify(statusData(cluster, throttles))}\n` : shownStatus(cluster, throttles))
  return exitDone
}

async function unregister(admin: ClusterAdmin, id: number, isJson: boolean): Promise<number> {
  const { brokers, partitions } = await readCluster(admin)
  const broker = brokers.find((it) => it.id === id)
  if (broker === undefined) throw new AdminError(`there is no broker ${id}`)
  // One that runs would register again, and one that holds replicas would be missed for ever.
  if (!broker.isFenced) throw new AdminError(`broker ${id} runs: stop it first`)
  const held = partitions.filter(({ present }) => present.includes(id)).length
  if (held > 0)
    throw new AdminError(`broker ${id} holds ${held} replicas: \`odradek cluster drain --broker ${id}\` first`)
  const { errorCode, errorMessage } = await admin.ask(unregisterBroker, { brokerId: id })
  if (errorCode !== ErrorCode.NONE) throw new AdminError(errorText(errorCode, errorMessage))
  const text = `Broker ${id} is no longer registered.`
  process.stdout.write(isJson ? `${JSON.stringify({ brokerId: id, text })}\n` : `${text}\n`)
  return exitDone
}

interface Asked {
  readonly help?: boolean | undefined
  readonly positionals: readonly string[]
  readonly values: Flags
}

function asked(args: readonly string[]): Asked {
  const { values, positionals } = parseFlags(args)
  return { help: values.help, positionals, values }
}

function act({ positionals, values }: Asked): Promise<number> {
  const [word, ...more] = positionals
  const action = actions.find((it) => it === word)
  if (action === undefined) throw new UsageError(`one of ${actions.join(', ')} is to be named, not '${word ?? ''}'`)
  if (more.length > 0) throw new UsageError(`unexpected '${more[0]}'`)
  return perform(action, values)
}

export const run = (args: readonly string[]): Promise<number> =>
  args[0] === 'describe'
    ? describe(args)
    : runVerb({ name: 'cluster', usage, parse: () => asked(args), run: act, mendable: [AdminError, PlanError] })
