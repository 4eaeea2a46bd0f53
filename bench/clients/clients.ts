/** The clients that are measured side by side: which there are, a job for one of them, and how ours is held to the others. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createTopic, deleteTopic, recordCount } from '../admin.ts'
import { runOrThrow } from '../child.ts'
import { root } from '../paths.ts'
import type { Bar, Figure, Session } from '../scenario.ts'
import type { Codec } from './client.ts'
import { bringConfluent, missing } from './packages.ts'
import type { Done, Job } from './work.ts'

const program = join(root, 'bench', 'clients', 'run.ts')
const jobMsMax = 900_000
const partitions = 6

const packages = {
  odradek: undefined,
  platformatic: '@platformatic/kafka',
  kafkajs: 'kafkajs',
  confluent: '@confluentinc/kafka-javascript',
} as const

export type ClientName = keyof typeof packages
type OtherName = Exclude<ClientName, 'odradek'>

/** In this order: whose figures have bars first. */
export const names: readonly ClientName[] = ['odradek', 'platformatic', 'kafkajs', 'confluent']
const others: readonly OtherName[] = ['platformatic', 'kafkajs', 'confluent']

export const packageOf = (name: OtherName): string => packages[name]

let installed: Promise<ReadonlySet<ClientName>> | undefined

async function look(): Promise<ReadonlySet<ClientName>> {
  const found = new Set<ClientName>(['odradek'])
  for (const name of others) {
    const why = name === 'confluent' ? await bringConfluent() : missing(packages[name])
    if (why === undefined) found.add(name)
    else process.stderr.write(`    ${packages[name]} is not installed: ${why}\n`)
  }
  return found
}

/** Looked for once; of one that is not there nothing is measured, and it is said why. */
export function installedClients(): Promise<ReadonlySet<ClientName>> {
  installed ??= look()
  return installed
}

export interface Shape {
  readonly recordBytes: number
  readonly codec: Codec
}

const shapes: readonly Shape[] = [100, 1024].flatMap((recordBytes) =>
  (['none', 'lz4'] as const).map((codec) => ({ recordBytes, codec })),
)

const labelOf = ({ recordBytes, codec }: Shape): string => `${recordBytes < 1000 ? '100 B' : '1 KB'} ${codec}`
/** KafkaJS has no lz4. */
const has = (name: ClientName, { codec }: Shape): boolean => name !== 'kafkajs' || codec === 'none'

export type JobOptions = Partial<Job> & Pick<Job, 'mode' | 'topic'>

export async function runClient(session: Session, name: ClientName, options: JobOptions): Promise<Done> {
  const { bootstrap } = session.broker
  const shape = { codec: 'none', recordBytes: 1024, records: 0, seconds: 0, warmupSeconds: 0 } as const
  const job: Job = { ...shape, ...options, bootstrap }
  const args = [program, name, JSON.stringify(job)]
  const printed: unknown = JSON.parse(await runOrThrow({ command: process.execPath, args, timeoutMs: jobMsMax }))
  if (typeof printed !== 'object' || printed === null) throw new Error(`${name} says nothing`)
  return Object.fromEntries(Object.entries(printed).map(([key, value]) => [key, Number(value)]))
}

export const figureOf = (done: Done, name: string): number => {
  const value = done[name]
  if (value === undefined) throw new Error(`a client did not report ${name}`)
  return value
}

/** Throws where a client did not do the work that the others do. */
export function checkCount(name: ClientName, what: string, { got, wanted }: { got: number; wanted: number }): void {
  if (got !== wanted) throw new Error(`${name}: ${got} ${what}, not ${wanted}`)
}

/** For a topic of its own, that is deleted behind it. */
export async function withTopic<T>(session: Session, work: (topic: string) => Promise<T>): Promise<T> {
  const { port } = session.broker
  const name = `clients-${randomUUID()}`
  await createTopic(port, { name, partitions, settings: {} })
  session.pageCache?.fill()
  try {
    return await work(name)
  } finally {
    await deleteTopic(port, name)
  }
}

export const recordsIn = (session: Session, topic: string): Promise<number> =>
  recordCount(session.broker.port, { name: topic, partitions })

interface Compared {
  /** Those that can do it. */
  readonly clients?: readonly ClientName[]
  readonly name: string
  readonly unit: string
  /** Of ours, divided by theirs. */
  readonly bars: Partial<Readonly<Record<OtherName, Omit<Bar, 'kind'>>>>
}

const rawName = (name: string, client: ClientName): string => `${name}, ${client}`
const ratioName = (name: string, other: OtherName): string => `${name}, ours by ${other}`

/** Of each client the figure itself, and how often the figure of another goes into ours. */
export function comparedFigures({ clients = names, name, unit, bars }: Compared): readonly Figure[] {
  const ratios = others
    .filter((other) => clients.includes(other))
    .map((other): Figure => {
      const bar = bars[other]
      const ratio = { name: ratioName(name, other), unit: '' }
      return bar === undefined ? ratio : { ...ratio, bar: { kind: 'absolute', ...bar } }
    })
  return [...clients.map((client) => ({ name: rawName(name, client), unit })), ...ratios]
}

export function compare(name: string, measured: ReadonlyMap<ClientName, number>): Readonly<Record<string, number>> {
  const figures: Record<string, number> = {}
  for (const [client, value] of measured) figures[rawName(name, client)] = value
  const ours = measured.get('odradek')
  for (const other of others) {
    const theirs = measured.get(other)
    if (ours !== undefined && theirs !== undefined) figures[ratioName(name, other)] = ours / theirs
  }
  return figures
}

const rateBars = {
  platformatic: { bound: 'at-least', value: 2 },
  kafkajs: { bound: 'at-least', value: 5 },
} as const
const cpuBars = { platformatic: { bound: 'at-most', value: 0.6 } } as const

/** Of `produce` and `consume`: records a second, and CPU of each, in every shape. */
export const throughputFigures = (verb: string): readonly Figure[] =>
  shapes.flatMap((shape) => {
    const clients = names.filter((name) => has(name, shape))
    const name = `${verb} ${labelOf(shape)}`
    return [
      ...comparedFigures({ clients, name, unit: 'records/s', bars: rateBars }),
      ...comparedFigures({ clients, name: `${name} CPU`, unit: 'us/record', bars: cpuBars }),
    ]
  })

/** `measure` is told by whom; all clients one after the other, shape by shape. */
export async function measureThroughput(
  verb: string,
  measure: (shape: Shape, clients: readonly ClientName[]) => Promise<ReadonlyMap<ClientName, Done>>,
): Promise<Readonly<Record<string, number>>> {
  const there = await installedClients()
  const figures: Record<string, number> = {}
  for (const shape of shapes) {
    const done = await measure(
      shape,
      names.filter((name) => there.has(name) && has(name, shape)),
    )
    const of = (key: string): ReadonlyMap<ClientName, number> =>
      new Map([...done].map(([name, it]) => [name, figureOf(it, key)]))
    const name = `${verb} ${labelOf(shape)}`
    Object.assign(figures, compare(name, of('recordsPerSecond')), compare(`${name} CPU`, of('cpuUsPerRecord')))
  }
  return figures
}
