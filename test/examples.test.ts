/** The examples of the pages on clients and schemas: each runs as it stands there, before a broker of ours, or its own; the others are understood by the compiler. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../src/stack/index.ts'

const root = join(import.meta.dirname, '..')
/** Within the package, so that they find it by its name. */
const folder = join(root, '.cache', 'examples')
const address = '127.0.0.1:9092'

const blocks = (page: string, language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, code = '']) => code)

const pages = globSync('docs/{client,schemas}/*.md', { cwd: root })
  .sort()
  .map((path) => {
    const name = `${basename(dirname(path))}-${basename(path, '.md')}`
    return { name, page: readFileSync(join(root, path), 'utf8') }
  })

/** Before the one broker of all, or one that it starts itself. */
const isRun = (code: string): boolean => code.includes(address) || code.includes('startBroker(')

let broker: RunningBroker

before(async () => {
  mkdirSync(folder, { recursive: true })
  broker = await startBroker()
})

after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

function written(name: string, code: string): string {
  const file = join(folder, name)
  writeFileSync(file, code)
  return file
}

async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  assert.equal(status, 0, `${stdout}${stderr}`)
  return stdout
}

for (const { name, page } of pages) {
  for (const [i, code] of blocks(page, 'ts').entries()) {
    if (!isRun(code)) continue
    test(`example ${i + 1} of ${name}`, async () => {
      const stdout = await run([written(`${name}-${i}.ts`, code.replaceAll(address, broker.bootstrap))])
      if (code.includes('console.log')) assert.notEqual(stdout, '')
    })
  }
}

test('what needs another broker, or another program, is understood by the compiler', async () => {
  const others = pages.flatMap(({ name, page }) =>
    blocks(page, 'ts')
      .filter((code) => !isRun(code) && !code.includes('@opentelemetry'))
      .map((code, i) => written(`other-${name}-${i}.ts`, code)),
  )
  assert.ok(others.length >= 3)
  const project = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false },
    files: [...others, join(root, 'src', 'base', 'buffer.d.ts')],
    include: [],
  }
  const config = written('tsconfig.json', JSON.stringify(project))
  await run([join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '-p', config])
})

test('what an application of KafkaJS does is shorter here, and does the same', async () => {
  const page = pages.find(({ name }) => name === 'client-from-kafkajs')?.page ?? ''
  const [[theirs = ''], [ours = '']] = [blocks(page, 'js'), blocks(page, 'ts')]
  const lines = (code: string): number => code.split('\n').filter((line) => line.trim() !== '').length
  assert.ok(lines(ours) * 1.5 < lines(theirs), `${lines(ours)} lines for ${lines(theirs)}`)
  const other = ours.replaceAll(address, broker.bootstrap).replaceAll('shop-orders', 'other-orders')
  assert.equal(await run([written('shop.ts', other.replaceAll('billing', 'other-billing'))]), 'billed 8\n')
})
