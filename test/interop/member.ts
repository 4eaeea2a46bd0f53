/** A member of a group in a process of its own: which partitions it owns, which values it has read. */
import { join } from 'node:path'
import type { Command } from '../../bench/child.ts'
import { franzGoCommand, skipWithoutGo } from './franz-go.ts'
import { toolCommand } from './java-tool.ts'
import { bootstrap } from './kit.ts'
import { librdkafkaCommand } from './librdkafka.ts'
import { type Line, LineProcess } from './line-process.ts'
import { skipUnless } from './served.ts'

export interface Membership {
  readonly topic: string
  readonly group: string
}

export type MemberKind = (membership: Membership) => Command | Promise<Command>

const librdkafkaMember =
  (protocol: string): MemberKind =>
  (membership) =>
    librdkafkaCommand('member', { ...membership, protocol, timeout: 300 })

const franzGoMember =
  (protocol: string): MemberKind =>
  (membership) =>
    franzGoCommand('member', { ...membership, protocol, timeout: 120 })

const platformaticMember =
  (protocol: string): MemberKind =>
  ({ topic, group }) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'platformatic-member.ts'), topic, group, protocol],
  })

const javaMember =
  (protocol: string): MemberKind =>
  ({ topic, group }) => {
    const session = protocol === 'classic' ? ['--session-timeout', '6000'] : []
    const place = ['--bootstrap-server', bootstrap(), '--topic', topic, '--group-id', group]
    const args = ['--reset-policy', 'earliest', '--verbose', '--group-protocol', protocol, ...session]
    return toolCommand('verifiableConsumer', [...place, ...args])
  }

export const memberKinds: Readonly<Record<string, MemberKind>> = {
  'kafkajs, classic': ({ topic, group }) => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'kafkajs-member.ts'), topic, group],
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
  return name.endsWith('consumer') ? skipUnless('consumerProtocol') : false
}

function partitionNumbers(line: Line): number[] {
  const { partitions } = line
  if (!Array.isArray(partitions)) return []
  return partitions.map((item: unknown) => {
    if (typeof item === 'number') return item
    if (typeof item === 'object' && item !== null && 'partition' in item) return Number(item.partition)
    throw new Error(`not a partition: ${JSON.stringify(item)}`)
  })
}

export class Member {
  readonly #owned = new Set<number>()
  readonly #values = new Set<string>()
  readonly #process: LineProcess

  private constructor(command: Command) {
    this.#process = new LineProcess(command, (line) => this.#take(line))
  }

  static async start(kind: MemberKind, membership: Membership): Promise<Member> {
    return new Member(await kind(membership))
  }

  get owned(): ReadonlySet<number> {
    return this.#owned
  }

  get values(): ReadonlySet<string> {
    return this.#values
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  toString(): string {
    const state = this.#process.isRunning ? 'runs' : 'ended'
    return `${state}, owns [${[...this.#owned]}], read ${this.#values.size}\n${this.#process.stderr.slice(-1500)}`
  }

  /** Our own members tell what they own; Kafka's tell what they gained and what they lost. */
  #take(line: Line): void {
    const kind = line['event'] ?? line['name']
    if (kind === 'owned') {
      this.#owned.clear()
      for (const partition of partitionNumbers(line)) this.#owned.add(partition)
    } else if (kind === 'partitions_assigned') {
      for (const partition of partitionNumbers(line)) this.#owned.add(partition)
    } else if (kind === 'partitions_revoked') {
      for (const partition of partitionNumbers(line)) this.#owned.delete(partition)
    } else if (kind === 'record' || kind === 'record_data') this.#values.add(String(line['value']))
  }
}
