/** Members of a share group in processes of their own, ours and Java's, by what they say that they were given and have accepted. */
import { join } from 'node:path'
import { toolCommand } from './java-tool.ts'
import { bootstrap } from './kit.ts'
import { type Line, LineProcess } from './line-process.ts'

interface Given {
  readonly partition: number
  readonly offset: number
  readonly value: string
  /** Java's do not tell: 0. */
  readonly deliveryCount: number
}

export class ShareMemberProcess {
  readonly given: Given[] = []
  /** `partition:offset`, of what the broker has said is done. */
  readonly accepted: string[] = []
  /** By code. */
  readonly refused: string[] = []
  readonly #process: LineProcess

  private constructor(command: ConstructorParameters<typeof LineProcess>[0]) {
    this.#process = new LineProcess(command, (line) => this.#heard(line))
  }

  static ours(topic: string, group: string, eachMs = 0): ShareMemberProcess {
    const args = [join(import.meta.dirname, 'share-member.ts'), topic, group, `${eachMs}`]
    return new ShareMemberProcess({ command: process.execPath, args })
  }

  static async java(topic: string, group: string): Promise<ShareMemberProcess> {
    const place = ['--bootstrap-server', bootstrap(), '--topic', topic, '--group-id', group]
    const args = [...place, '--verbose', '--acknowledgement-mode', 'sync', '--offset-reset-strategy', 'earliest']
    return new ShareMemberProcess(await toolCommand('verifiableShareConsumer', args))
  }

  get stderr(): string {
    return this.#process.stderr
  }

  /** Without a word. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** It says what it has to say, and ends. */
  end(): Promise<void> {
    return this.#process.kill('SIGTERM')
  }

  #heard(line: Line): void {
    if (line['event'] === 'record' || line['name'] === 'record_data') {
      const { partition, offset, value, deliveryCount = 0 } = line
      this.given.push({
        partition: Number(partition),
        offset: Number(offset),
        value: `${value}`,
        deliveryCount: Number(deliveryCount),
      })
    } else if (line['event'] === 'acknowledged') this.#acknowledged(line)
    else if (line['name'] === 'offsets_acknowledged') this.#acknowledgedByJava(line)
  }

  #acknowledged({ partition, ranges, error }: Line): void {
    if (error !== null) this.refused.push(`${error}`)
    if (error !== null || !Array.isArray(ranges)) return
    for (const { firstOffset, lastOffset, acknowledgement } of ranges) {
      if (acknowledgement !== 'accept') continue
      for (let offset = Number(firstOffset); offset <= Number(lastOffset); offset++) {
        this.accepted.push(`${partition}:${offset}`)
      }
    }
  }

  #acknowledgedByJava({ partitions, success }: Line): void {
    if (success !== true) this.refused.push('by Java')
    if (success !== true || !Array.isArray(partitions)) return
    for (const { partition, offsets } of partitions) {
      for (const offset of offsets) this.accepted.push(`${partition}:${offset}`)
    }
  }
}
