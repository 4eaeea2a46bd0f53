/**
 * What the compiler refuses in `types/*.types.ts` is what is marked there, no more and no less, each for the reason that is named. With the
 * marks, `tsc` is content with anything that it refuses; so here they are taken away.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const mark = /\/\/ @ts-expect-error (\d+)$/

function tsc(...args: string[]): string {
  const program = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout, stderr, error } = spawnSync(process.execPath, [program, ...args], { cwd: root, encoding: 'utf8' })
  if (error) throw error
  assert.equal(stderr, '')
  return stdout
}

/** `line: number of the error`, by what is marked on the line before. */
function marked(text: string): string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    const code = mark.exec(line)?.[1]
    return code === undefined ? [] : [`${i + 2}: ${code}`]
  })
}

/** Where the compiler finds what is wrong with `text`, in a folder as deep as that where it was. */
function refused(text: string): string[] {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache', 'types-'))
  try {
    writeFileSync(join(folder, 'unmarked.ts'), text)
    const files = ['unmarked.ts', join(root, 'src', 'base', 'buffer.d.ts')]
    const config = { extends: join(root, 'tsconfig.json'), include: [], files }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const told = tsc('--pretty', 'false', '-p', folder).split('\n')
    const found = told.flatMap((line) => {
      const [, path = '', at, code] = /^(\S.*)\((\d+),\d+\): error TS(\d+)/.exec(line) ?? []
      if (at === undefined) return []
      return [basename(path) === 'unmarked.ts' ? `${at}: ${code}` : line]
    })
    // Key and value of one line may both be wrong.
    return [...new Set(found)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const files = globSync('types/*.types.ts', { cwd: import.meta.dirname })

test('there are files, and `npm run types` looks at them', () => {
  const { files: seen }: { readonly files: readonly string[] } = JSON.parse(tsc('--showConfig'))
  assert.ok(files.length > 0)
  for (const file of files) assert.ok(seen.includes(`./test/${file}`), file)
})

for (const file of files) {
  test(`${basename(file)}: what is marked is refused for its reason, and nothing else is`, () => {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8')
    const expected = marked(text)
    assert.ok(expected.length > 0)
    // A mark without a number would be looked at by nobody.
    assert.equal(expected.length, text.match(/@ts-expect-error/g)?.length)
    assert.deepEqual(refused(text.replaceAll('@ts-expect-error', '')), expected)
  })
}
