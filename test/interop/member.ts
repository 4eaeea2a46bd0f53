/** A member of a group in a process of its own: which partitions it owns, which values it has read, and its history. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../bench/child.ts'
import type { MemberEvent, Place, Tells } from '../history.ts'
import { franzGoCommand, skipWithoutGo } from './franz-go.ts'
import { toolCommand } from './java-tool.ts'
import { against, bootstrap, runFolder, uniqueName } from './kit.ts'
import { librdkafkaCommand } from './librdkafka.ts'
import { type Line, LineProcess } from './line-process.ts'
import { skipUnless } from './served.ts'

export interface Membership {
  readonly topic: string
  readonly group: string
  /** Of a static member: Java's and librdkafka's alone. */
  readonly instance?: string
  /** Of the classic protocol. */
  readonly sessionTimeoutMs?: number
  /** Of Java's: configs of the client, beside those that its program sets. */
  readonly javaConfigs?: Readonly<Record<string, string>>
}

export type MemberKind = (membership: Membership) => Command | Promise<Command>

/** So that a member that was killed is missed soon; of the consumer protocol the broker says how long. */
const shortSessionMs = 6000

const librdkafkaMember =
  (protocol: string): MemberKind =>
  ({ sessionTimeoutMs = shortSessionMs, javaConfigs: _, ...membership }) =>
    librdkafkaCommand('member', { ...membership, session: sessionTimeoutMs, protocol, timeout: 900 })

const franzGoMember =
  (protocol: string): MemberKind =>
  ({ topic, group, sessionTimeoutMs = shortSessionMs }) =>
    franzGoCommand('member', { topic, group, session: sessionTimeoutMs, protocol, timeout: 900 })

const platformaticMember =
  (protocol: string): MemberKind =>
  ({ topic, group, sessionTimeoutMs = shortSessionMs }) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'platformatic-member.ts'), topic, group, `${sessionTimeoutMs}`, protocol],
  })

const odradekMember =
  (protocol: string, more: readonly string[] = []): MemberKind =>
  ({ topic, group, sessionTimeoutMs = shortSessionMs }) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'odradek-member.ts'), topic, group, `${sessionTimeoutMs}`, protocol, ...more],
  })

function javaMember(protocol: string, more: readonly string[] = []): MemberKind {
  return ({ topic, group, instance, sessionTimeoutMs = shortSessionMs, javaConfigs = {} }) => {
    const file = join(runFolder(against), `${uniqueName('member')}.properties`)
    writeFileSync(
      file,
      Object.entries(javaConfigs)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    )
    const session = protocol === 'classic' ? ['--session-timeout', `${sessionTimeoutMs}`] : []
    const place = ['--bootstrap-server', bootstrap(), '--topic', topic, '--group-id', group, '--command-config', file]
    const args = ['--reset-policy', 'earliest', '--verbose', '--group-protocol', protocol, ...session, ...more]
    const fixed = instance === undefined ? [] : ['--group-instance-id', instance]
    return toolCommand('verifiableConsumer', [...place, ...args, ...fixed])
  }
}

const javaAssigned = (name: string): MemberKind =>
  javaMember('classic', ['--assignment-strategy', `org.apache.kafka.clients.consumer.${name}Assignor`])

const javaAssignedByServer = (name: string): MemberKind => javaMember('consumer', ['--group-remote-assignor', name])

/** Java's, by who assigns: one of the client's four, or one of the broker's two. */
export const javaKinds: Readonly<Record<string, MemberKind>> = {
  'java, classic, range': javaAssigned('Range'),
  'java, classic, roundrobin': javaAssigned('RoundRobin'),
  'java, classic, sticky': javaAssigned('Sticky'),
  'java, classic, cooperative-sticky': javaAssigned('CooperativeSticky'),
  'java, consumer, uniform': javaAssignedByServer('uniform'),
  'java, consumer, range': javaAssignedByServer('range'),
}

/** Ours with the assignor of the old kind that tells what it had in bytes of its own. */
export const odradekSticky: MemberKind = odradekMember('classic', ['sticky'])

export const memberKinds: Readonly<Record<string, MemberKind>> = {
  'odradek, classic': odradekMember('classic'),
  'odradek, consumer': odradekMember('consumer'),
  'kafkajs, classic': ({ topic, group, sessionTimeoutMs = shortSessionMs }) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'kafkajs-member.ts'), topic, group, `${sessionTimeoutMs}`],
  }),
  'platformatic, classic': platformaticMember('classic'),
  'platformatic, consumer': platformaticMember('consumer'),
  'librdkafka, classic': librdkafkaMember('classic'),
  'librdkafka, consumer': librdkafkaMember('consumer'),
  'franz-go, classic': franzGoMember('classic'),
  'franz-go, consumer': franzGoMember('consumer'),
  'java, classic': javaMember('classic'),
  'java, consumer': javaMember('consumer'),
}

/** For the options of a test: false, or why members of this kind are left out. */
export function skipMember(name: string): string | false {
  if (name.startsWith('franz-go') && skipWithoutGo() !== false) return skipWithoutGo()
  return name.includes('consumer') ? skipUnless('consumerProtocol') : false
}

/** For the history of such members: KafkaJS hands out what it has fetched while it joins again, others ask late. */
export function tellsOf(name: string): Tells {
  if (name.startsWith('kafkajs')) return 'owned'
  return /^(?:java|librdkafka|odradek)/.test(name) ? 'all' : 'late'
}

function partitionOf(item: unknown): number {
  if (typeof item === 'number') return item
  if (typeof item === 'object' && item !== null && 'partition' in item) return Number(item.partition)
  throw new Error(`not a partition: ${JSON.stringify(item)}`)
}

function placeOf(item: unknown): Place {
  if (typeof item !== 'object' || item === null || !('offset' in item)) {
    throw new Error(`not a place: ${JSON.stringify(item)}`)
  }
  return { partition: partitionOf(item), offset: Number(item.offset) }
}

const itemsOf = (list: unknown): unknown[] => (Array.isArray(list) ? list : [])

let members = 0

export class Member {
  readonly name: string
  readonly #events: MemberEvent[] = []
  readonly #owned = new Set<number>()
  readonly #values = new Set<string>()
  readonly #process: LineProcess

  private constructor(name: string, command: Command) {
    this.name = name
    this.#process = new LineProcess(command, (line) => this.#take(line))
  }

  static async start(kind: MemberKind, membership: Membership): Promise<Member> {
    return new Member(`member ${++members}`, await kind(membership))
  }

  get owned(): ReadonlySet<number> {
    return this.#owned
  }

  get values(): ReadonlySet<string> {
    return this.#values
  }

  get events(): readonly MemberEvent[] {
    return this.#events
  }

  get isRunning(): boolean {
    return this.#process.isRunning
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return this.#process.kill()
    const atMs = Date.now()
    // What it wrote until then is still read.
    await this.#process.kill()
    this.#events.push({ kind: 'ended', member: this.name, atMs })
  }

  /** It leaves its group as its client does; a static one is expected again. */
  async leave(): Promise<void> {
    await this.#process.kill('SIGTERM')
    this.#events.push({ kind: 'ended', member: this.name, atMs: Date.now() })
  }

  toString(): string {
    const state = this.isRunning ? 'runs' : 'ended'
    const read = `owns [${[...this.#owned]}], read ${this.#values.size}`
    return `${this.name} ${state}, ${read}\n${this.#process.stderr.slice(-1500)}`
  }

  /** Our own members tell what they own; Kafka's tell what they gained and what they lost. */
  #take(line: Line): void {
    const kind = line['event'] ?? line['name']
    const by = { member: this.name, atMs: Number(line['at'] ?? line['timestamp']) }
    if (kind === 'owned' || kind === 'partitions_assigned' || kind === 'partitions_revoked') {
      const partitions = itemsOf(line['partitions']).map(partitionOf)
      if (kind === 'owned') this.#owned.clear()
      for (const partition of partitions) {
        if (kind === 'partitions_revoked') this.#owned.delete(partition)
        else this.#owned.add(partition)
      }
      const epoch = typeof line['epoch'] === 'number' ? { epoch: line['epoch'] } : {}
      this.#events.push({ kind: 'owned', ...by, partitions: [...this.#owned], ...epoch })
    } else if (kind === 'record' || kind === 'record_data') {
      const value = String(line['value'])
      this.#values.add(value)
      this.#events.push({ kind: 'polled', ...by, ...placeOf(line), value })
    } else if (kind === 'committed' || (kind === 'offsets_committed' && line['success'] === true)) {
      this.#events.push({ kind: 'committed', ...by, positions: itemsOf(line['offsets']).map(placeOf) })
    }
  }
}
