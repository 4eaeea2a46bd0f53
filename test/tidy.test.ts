/**
 * The rules of the house, checked on its text: who may import whom, what stays pure, how long things get. The rules are
 * in `tidy/`; each is first shown a planted offence, so that none can pass by seeing nothing.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { blank } from './tidy/blank.ts'
import { cycleOffences, deadFileOffences } from './tidy/graph.ts'
import { type Module, moduleOf, type Offence, readModules, root } from './tidy/modules.ts'
import { purityOffences } from './tidy/purity.ts'
import { roomOffences } from './tidy/rooms.ts'
import { fileLinesMax, fileSizeOffences, functionLinesMax, functionSizeOffences } from './tidy/size.ts'
import { mergeOffences, noteOffences, titleOffences, typeOffences } from './tidy/words.ts'

const sources = readModules(['src/**/*.ts'])
const others = readModules(['{test,scripts,bench}/**/*.ts', 'bin/*.js'])

/** Planted modules: path and text. */
const planted = (files: Readonly<Record<string, string>>): Module[] =>
  Object.entries(files).map(([path, source]) => moduleOf(path, source))

const show = (offences: readonly Offence[]): string[] =>
  offences.map(({ path, line, message }) => `${path}:${line} ${message}`)

const places = (offences: readonly Offence[]): string[] => offences.map(({ path, line }) => `${path}:${line}`)

test('the tree was read', () => {
  assert.ok(sources.length > 10)
  assert.ok(others.length > 2)
  assert.ok(sources.some(({ path, imports }) => path === 'src/base/reader.ts' && imports.length > 0))
})

describe('the lexer', () => {
  test('blanks comments, strings, templates and regular expressions, and nothing else', () => {
    const code = blank('a // b\n/* c\n*/ "d\\"e" + `f${g(`h`)}i`.match(/j[/]"k/) / 2 / l')
    assert.equal(code, 'a     \n    \n   "    " + ` ${g(` `)} `.match(/      /) / 2 / l')
  })

  test('keeps every line and offset', () => {
    for (const { path, source, code } of [...sources, ...others]) {
      assert.equal(code.length, source.length, path)
      assert.equal(code.split('\n').length, source.split('\n').length, path)
    }
  })

  test('finds the imports and is not taken in by comments and strings', () => {
    const [module] = planted({
      'src/log/segment.ts': [
        "import { assert } from '../base/index.ts'",
        "import type { A } from './a.ts'",
        "import * as all from './b.ts'",
        "import './c.ts'",
        "export * from './d.ts'",
        "export type { E } from './e.ts'",
        'import {\n  f,\n  type G,\n} from "./f.ts"',
        "const later = await import('./h.ts')",
        "const worker = new URL('./worker.ts', import.meta.url)",
        "// import { no } from './no.ts'",
        'const text = "import { no } from \'./no.ts\'"',
        'const more = `import "./no.ts"`',
        "import zlib from 'node:zlib'",
      ].join('\n'),
    })
    const found = module?.imports.map(
      ({ target, specifier, isTypeOnly }) => (isTypeOnly ? 'type ' : '') + (target ?? specifier),
    )
    assert.deepEqual(found?.sort(), [
      'node:zlib',
      'src/base/index.ts',
      'src/log/b.ts',
      'src/log/c.ts',
      'src/log/d.ts',
      'src/log/f.ts',
      'src/log/h.ts',
      'src/log/worker.ts',
      'type src/log/a.ts',
      'type src/log/e.ts',
    ])
  })
})

describe('rooms', () => {
  test('a planted import of a forbidden room, past a door, and an unknown room are found', () => {
    const modules = planted({
      'src/log/a.ts': "import { x } from '../server/index.ts'",
      'src/log/b.ts': "import { x } from '../base/reader.ts'",
      'src/attic/c.ts': "import { x } from '../base/index.ts'",
      'src/log/d.ts': "import { x } from '../../test/tidy/modules.ts'",
      'src/raft/quorum.ts': "import { x } from '../log/index.ts'",
      'src/raft/driver.ts': "import { x } from '../log/index.ts'",
      'src/log/fine.ts': "import { x } from '../records/index.ts'\nimport { y } from './segment.ts'",
      'src/log/fine.test.ts': "import { x } from '../server/index.ts'",
    })
    assert.deepEqual(places(roomOffences(modules)), [
      'src/log/a.ts:1',
      'src/log/b.ts:1',
      'src/attic/c.ts:1',
      'src/log/d.ts:1',
      'src/raft/quorum.ts:1',
    ])
  })

  test('each room imports only what the table allows, by the door', () => {
    assert.deepEqual(show(roomOffences(sources)), [])
  })
})

describe('purity', () => {
  test('planted effects are found, whatever looks like one is not', () => {
    const offences = purityOffences(
      planted({
        'src/metadata/a.ts': "import { readFileSync } from 'node:fs'",
        'src/metadata/b.ts': 'const at = Date.now()',
        'src/metadata/c.ts': 'const at = new Date()',
        'src/metadata/d.ts': 'const x = Math.random()',
        'src/metadata/e.ts': 'setTimeout(f, 1); setInterval(f, 1); setImmediate(f)',
        'src/metadata/f.ts': 'const x = process.env.HOME',
        'src/metadata/g.ts': 'const t = performance.now()',
        'src/metadata/h.ts': "import { gzipSync } from 'node:zlib'",
        'src/records/h.ts': "import { gzipSync } from 'node:zlib'",
        'src/metadata/i.ts': 'const x = globalThis.crypto.randomUUID()',
        'src/server/j.ts': "import { createServer } from 'node:net'",
        'src/server/k.ts': 'const x = `${Date.now()}`',
      }),
    )
    const found = new Set(offences.map(({ path }) => path))
    assert.equal(found.size, 12)
    assert.equal(offences.filter(({ path }) => path === 'src/metadata/e.ts').length, 3)
    const fine = planted({
      'src/metadata/a.ts': 'const at = new Date(timestampMs) // not Date.now()',
      'src/metadata/b.ts': "const text = 'process.exit' + request.process.name + Buffer.from('Math.random')",
      'src/metadata/c.test.ts': 'setTimeout(f, Math.random())',
      'src/records/codecs/gzip.ts': "import { gzipSync } from 'node:zlib'",
      'src/env/clock.ts': "import { hrtime } from 'node:process'\nconst now = () => Date.now()",
      'src/cli/start.ts': "import { readFileSync } from 'node:fs'",
    })
    assert.deepEqual(show(purityOffences(fine)), [])
  })

  test('time, chance, disk and network come through Env', () => {
    assert.deepEqual(show(purityOffences(sources)), [])
  })
})

describe('the graph of imports', () => {
  test('planted cycles are found, cycles of types alone are not', () => {
    const cycle = {
      'src/log/a.ts': "import { b } from './b.ts'",
      'src/log/b.ts': "import { c } from './c.ts'",
      'src/log/c.ts': "export { a } from './a.ts'",
    }
    assert.match(show(cycleOffences(planted(cycle))).join(), /src\/log\/a.ts -> src\/log\/b.ts -> src\/log\/c.ts/)
    assert.deepEqual(cycleOffences(planted({ ...cycle, 'src/log/c.ts': "import type { A } from './a.ts'" })), [])
  })

  test('no import cycle', () => {
    assert.deepEqual(show(cycleOffences(sources)), [])
  })

  test('a planted file that nobody imports is found, doors and tests are not', () => {
    const modules = planted({
      'src/log/index.ts': "export * from './used.ts'",
      'src/log/used.ts': '',
      'src/log/dead.ts': "import './dead.ts'",
      'src/log/used.test.ts': "import './used.ts'",
      'src/log/by-test.ts': '',
      'src/attic/without-door.ts': '',
    })
    const test = planted({ 'test/x.test.ts': "import '../src/log/by-test.ts'" })
    assert.deepEqual(places(deadFileOffences(modules, test)), ['src/log/dead.ts:1'])
  })

  test('somebody imports each file', () => {
    assert.deepEqual(show(deadFileOffences(sources, others)), [])
  })
})

describe('size', () => {
  const lines = (count: number): string => '  work()\n'.repeat(count)

  test('planted long functions of each form are found, long blocks of other kinds are not', () => {
    const body = lines(functionLinesMax)
    const forms = {
      'src/log/a.ts': `function f(a: number): Promise<void> {\n${body}}\n`,
      'src/log/b.ts': `const f = (a: number): string | undefined => {\n${body}}\n`,
      'src/log/c.ts': `class A {\n  get size(): number {\n${body}  }\n}\n`,
      'src/log/d.ts': `class A {\n  #private(options: { readonly a: number }) {\n${body}  }\n}\n`,
      'src/log/e.ts': `run(async () => {\n${body}})\n`,
      'src/log/f.ts': `export function g(a: unknown): a is { b: number } {\n${body}}\n`,
    }
    assert.deepEqual(
      functionSizeOffences(planted(forms)).map(({ path }) => path),
      Object.keys(forms),
    )
    const fine = planted({
      'src/log/a.ts': `function f(): void {\n${lines(functionLinesMax - 2)}}\n`,
      'src/log/b.ts': `class A extends B {\n${lines(100)}}\nconst table = {\n${lines(100)}}\n`,
      'src/log/c.ts': `if (a) {\n${lines(100)}} else {\n${lines(100)}}\nfor (const a of f(b)) {\n${lines(100)}}\n`,
      'src/protocol/messages/00-produce.ts': `f(() => {\n${lines(100)}})\n`,
    })
    assert.deepEqual(show(functionSizeOffences(fine)), [])
  })

  test('a planted long file is found, a long declaration of a message is not', () => {
    const long = lines(fileLinesMax + 1)
    const modules = planted({
      'src/log/a.ts': long,
      'src/log/b.ts': lines(fileLinesMax),
      'src/protocol/messages/01-fetch.ts': long,
    })
    assert.deepEqual(
      fileSizeOffences(modules).map(({ path }) => path),
      ['src/log/a.ts'],
    )
  })

  test(`functions have at most ${functionLinesMax} lines`, () => {
    assert.deepEqual(show(functionSizeOffences([...sources, ...others])), [])
  })

  test(`files have at most ${fileLinesMax} lines`, () => {
    assert.deepEqual(show(fileSizeOffences([...sources, ...others])), [])
  })
})

describe('words', () => {
  test('planted notes, `any` and `enum` are found, their look-alikes are not', () => {
    for (const note of ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X']) {
      assert.deepEqual(places(noteOffences(planted({ 'src/log/a.ts': `a()\n// ${note}: later` }))), ['src/log/a.ts:2'])
    }
    const types = planted({
      'src/log/a.ts': 'const a: any = 1',
      'src/log/b.ts': 'const a = new Map<string, any[]>()',
      'src/log/c.ts': 'const enum Color { red }',
      'src/log/d.ts': '// any enum A {}\nconst text = "any"; await Promise.any(all); const row = { any: 1 }; any()',
    })
    assert.deepEqual(places(typeOffences(types)), ['src/log/a.ts:1', 'src/log/b.ts:1', 'src/log/c.ts:1'])
  })

  test('no notes to oneself', () => {
    assert.deepEqual(show(noteOffences([...sources, ...others])), [])
  })

  test('no `any` and no `enum`', () => {
    assert.deepEqual(show(typeOffences([...sources, ...others])), [])
  })
})

describe('documents', () => {
  test('a planted document with two titles, with none, or with a late one is found', () => {
    const documents = new Map([
      ['two.md', '# A\n\n# B\n'],
      ['none.md', 'text\n```\n# a comment of the shell\n```\n'],
      ['late.md', 'text\n# A\n'],
      ['fine.md', '# A\n\n## B\n```\n# a comment of the shell\n```\n'],
    ])
    assert.deepEqual(places(titleOffences(documents)), ['two.md:1', 'none.md:1', 'late.md:1'])
  })

  test('a planted merge that was not finished is found', () => {
    const left = [`${'<'.repeat(7)} HEAD`, 'ours', '='.repeat(7), 'theirs', `${'>'.repeat(7)} 607a429`].join('\n')
    const documents = new Map([
      ['left.md', `# A\n\n${left}\n`],
      ['fine.md', '# A\n\nB\n====\n'],
    ])
    assert.deepEqual(places(mergeOffences(documents)), ['left.md:3', 'left.md:5', 'left.md:7'])
  })

  test('each document has one title, and every merge was finished', () => {
    const paths = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
    assert.ok(paths.length > 0)
    const documents = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
    assert.deepEqual(show(titleOffences(documents)), [])
    assert.deepEqual(show(mergeOffences(documents)), [])
  })
})
