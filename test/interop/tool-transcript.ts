/** What Kafka's tools print of one cluster, call after call, in a form that another cluster's can be compared with. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import type { Tool } from './java-tool.ts'
import { runFolder, uniqueName } from './kit.ts'
import { bare, isOwn, runOwn } from './own-tool.ts'
import { inOrder } from './questions.ts'
import { ToolProcess } from './tool-process.ts'

export interface Told {
  readonly label: string
  readonly rows: readonly string[]
}

/** Files that the tools read are named by `FILE` in their arguments. */
export interface Call {
  readonly tool: Tool
  readonly args: string
  readonly file?: object | string
  /** Of the controllers, not of the brokers. */
  readonly ofControllers?: boolean
  /** The log directories of replicas were chosen by whoever asks, not by the brokers. */
  readonly directoriesMatter?: boolean
}

export interface TranscriptOptions {
  readonly cluster: Cluster
  readonly name: string
  /** Whose tools are asked, where both have one: then what is told has nothing but the tool's own words. */
  readonly askedBy?: 'kafka' | 'odradek'
}

export class Transcript {
  readonly told: Told[] = []
  readonly #options: TranscriptOptions
  readonly #process: ToolProcess

  private constructor(options: TranscriptOptions, process: ToolProcess) {
    this.#options = options
    this.#process = process
  }

  static async start(options: TranscriptOptions): Promise<Transcript> {
    return new Transcript(options, await ToolProcess.start())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }

  /** Each line squeezed; in an order of their own, since Kafka prints what it has in hash maps. */
  async call(label: string, call: Call): Promise<readonly string[]> {
    const rows = await this.rows(call)
    this.told.push({ label: `${label}: ${call.tool} ${call.args}`, rows })
    return rows
  }

  /** What the call prints, and nothing is noted of it. */
  async rows({ tool, args, file, ofControllers = false, directoriesMatter = false }: Call): Promise<readonly string[]> {
    const { cluster, name, askedBy } = this.#options
    const path = join(runFolder(name), `${uniqueName('plan')}.json`)
    if (file !== undefined) writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
    const server = ofControllers
      ? ['--bootstrap-controller', cluster.bootstrapControllers]
      : ['--bootstrap-server', cluster.bootstrap]
    const words = args
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => (word === 'FILE' ? path : word))
    // `kafka-cluster` has its verb first.
    const placed = tool === 'cluster' ? [...words.slice(0, 1), ...server, ...words.slice(1)] : [...server, ...words]
    const isOurs = askedBy === 'odradek' && isOwn(tool)
    const { code, stdout, stderr } = isOurs ? await runOwn(tool, placed) : await this.#process.run(tool, placed)
    const all = `${stdout}\n${stderr}`.replaceAll(path, 'FILE').replaceAll(runFolder(name), '')
    const text = askedBy === undefined ? all : bare(all)
    return [`status ${code}`, ...rowsOf(directoriesMatter ? masked(text) : withoutDirectories(masked(text)))]
  }
}

/** Ids and ports differ from cluster to cluster. */
const masked = (text: string): string =>
  text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/(?<=127\.0\.0\.1\s+)\d{4,5}/g, 'PORT')
    .replaceAll(/(?<=(TopicId|Cluster ID):\s+)[\w-]{22}/g, 'ID')
    .replaceAll(/adminclient-\d+/g, 'adminclient-N')

/** A broker has two, and puts a replica into any of them. */
const withoutDirectories = (text: string): string =>
  text
    .replaceAll(/(?<=\/node-\d+\/data)-1/g, '')
    // Between what is told of the one and of the other in a list of partitions.
    .replaceAll(/\],"error":null,"logDir":"[^"]*"(,"isCordoned":false)?\},\{"partitions":\[/g, ',')
    .replaceAll('[,', '[')

/** The order of an ISR says nothing: it comes from a set. */
const isrInOrder = (line: string): string => line.replace(/(?<=Isr: )[\d,]+/, (ids) => ids.split(',').sort().join(','))

function rowsOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => !/^\s*(at |\.\.\. \d+ more)/.test(line))
  return lines
    .map((line) =>
      (line.startsWith('{') ? plan(line) : isrInOrder(line.trim().replaceAll(/\s+/g, ' '))).replace(/,$/, ''),
    )
    .filter((line) => line !== '')
    .sort()
}

/** JSON: sizes of disks are the machine's. */
function plan(line: string): string {
  const value: unknown = JSON.parse(line, (key, it: unknown) => (/^(total|usable)Bytes$/.test(key) ? 'BYTES' : it))
  return JSON.stringify(inOrder(value))
}
