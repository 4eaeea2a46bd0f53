/** What the compiler says of files, by the rules of the project. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..', '..', '..')

/** Lines of errors; none: they are fine. Files lie two folders below that of the project. */
export function compileErrors(files: ReadonlyMap<string, string>): readonly string[] {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache', 'declared-'))
  try {
    for (const [name, text] of files) writeFileSync(join(folder, name), text)
    const all = [...files.keys(), join(root, 'src', 'base', 'buffer.d.ts')]
    const config = { extends: join(root, 'tsconfig.json'), include: [], files: all }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const program = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const args = [program, '--pretty', 'false', '-p', folder]
    const { stdout, stderr, error } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    if (error) throw error
    return `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^\S*\//, ''))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Claim {
  /** The text of a file of declarations. */
  readonly written: string
  /** The names of a type, and of the constant of its schema. */
  readonly type: string
  readonly constant: string
  readonly told: 'AvroValue' | 'JsonValue'
  readonly longs?: 'number' | 'bigint'
}

/** Where a type is not the one that is told from the literal of the schema, and all else that is wrong with the files. */
export function claimErrors(claims: readonly Claim[]): readonly string[] {
  const files = new Map(claims.map(({ written }, i) => [`claim-${i}.ts`, written]))
  const imports = claims.map((_, i) => `import * as c${i} from './claim-${i}.ts'\n`)
  const lines = claims.map(({ type, constant, told, longs = 'number' }, i) => {
    const value = `${told}<typeof c${i}.${constant}${told === 'AvroValue' ? `, '${longs}'` : ''}>`
    return `export const e${i}: Equal<c${i}.${type}, ${value}> = true\n`
  })
  files.set('equal.ts', [preamble, ...imports, ...lines].join(''))
  return compileErrors(files).map((line) => line.replace(/^equal\.ts\((\d+),/, (_, at) => `claim-${claimAt(Number(at), claims.length)}: (`))
}

const preamble = `import type { AvroValue } from '../../src/registry/serdes/avro-value.ts'
import type { JsonValue } from '../../src/registry/serdes/json-value.ts'
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export type Told = AvroValue<unknown> | JsonValue<unknown>
`

const claimAt = (line: number, count: number): number => line - preamble.split('\n').length - count
