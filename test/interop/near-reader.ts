/** Kafka's Java consumer in a rack: it reads one partition, from its start until it is killed. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ServerProcess } from '../../bench/child.ts'
import { toolCommand } from './java-tool.ts'
import { runFolder, until } from './kit.ts'

export interface NearReaderOptions {
  readonly brokers: string
  readonly topic: string
  readonly rack: string
}

export interface ReadRecord {
  readonly offset: number
  readonly value: string
}

export class NearReader {
  readonly #process: ServerProcess
  readonly #file: string

  private constructor(process: ServerProcess, file: string) {
    this.#process = process
    this.#file = file
  }

  static async start({ brokers, topic, rack }: NearReaderOptions): Promise<NearReader> {
    const folder = runFolder('near-readers')
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `${topic}-${rack}`)
    rmSync(file, { force: true })
    const command = await toolCommand('consoleConsumer', [
      ...['--bootstrap-server', brokers, '--topic', topic, '--partition', '0', '--offset', 'earliest'],
      ...['--command-property', `client.rack=${rack}`, '--formatter-property', 'print.offset=true'],
    ])
    return new NearReader(new ServerProcess({ ...command, logFile: file }), file)
  }

  /** What it has printed so far, in its order. */
  read(): readonly ReadRecord[] {
    return [...readFileSync(this.#file, 'utf8').matchAll(/^Offset:(\d+)\t(.*)$/gm)].map(([, offset, value = '']) => ({
      offset: Number(offset),
      value,
    }))
  }

  untilRead(count: number, what: string): Promise<void> {
    return until({
      what: `${count} records are read: ${what}`,
      timeoutMs: 90_000,
      condition: () => this.read().length >= count,
      seen: () => `${this.read().length} are\n${this.#process.logTail().slice(-1000)}`,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill()
  }
}
