/**
 * Programs of ours in Java over Kafka's own classes, or others': `java/NAME.java`, compiled where there is a javac. Where there is only a
 * Java runtime, the jar beside it, which carries the hash of its source in its name; `UPDATE=1` makes it anew.
 */
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, runOrThrow } from '../../bench/child.ts'
import { kafkaJars } from '../../bench/kafka.ts'
import { cache } from '../../bench/paths.ts'

const ownFolder = join(import.meta.dirname, 'java')

async function hasCompiler(): Promise<boolean> {
  try {
    return (await run({ command: 'javac', args: ['-version'], timeoutMs: 20_000 })).code === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

export class JavaProgram {
  /** The class with its `main`. */
  readonly name: string
  readonly shippedJar: string
  readonly #source: string
  readonly #classes: string
  readonly #folder: string
  readonly #libraries: () => Promise<string>

  /** `libraries`: the folder of jars that it stands on; `folder`: where its source is. */
  constructor(name: string, libraries: () => Promise<string> = kafkaJars, folder: string = ownFolder) {
    this.name = name
    this.#folder = folder
    this.#libraries = libraries
    this.#source = join(folder, `${name}.java`)
    const hash = createHash('sha256').update(readFileSync(this.#source)).digest('hex').slice(0, 12)
    this.shippedJar = join(folder, `${this.#file}-${hash}.jar`)
    this.#classes = join(cache, `${this.#file}-${hash}`)
  }

  get #file(): string {
    return this.name.toLowerCase()
  }

  /** Of the program and of what it stands on. */
  async classPath(): Promise<string> {
    const libraries = join(await this.#libraries(), '*')
    return [await this.#program(libraries), libraries].join(delimiter)
  }

  async #program(libraries: string): Promise<string> {
    if (!(await hasCompiler())) return this.shippedJar
    mkdirSync(this.#classes, { recursive: true })
    const args = ['--release', '17', '-cp', libraries, '-d', this.#classes, this.#source]
    await runOrThrow({ command: 'javac', args, timeoutMs: 60_000 })
    return this.#classes
  }

  /** Of what was compiled here. */
  async ship(): Promise<void> {
    for (const old of globSync(`${this.#file}-*.jar`, { cwd: this.#folder })) rmSync(join(this.#folder, old))
    const args = ['--create', '--date=2026-01-01T00:00:00Z', '--file', this.shippedJar, '-C', this.#classes, '.']
    await runOrThrow({ command: 'jar', args, timeoutMs: 60_000 })
  }
}
