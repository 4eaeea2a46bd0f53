/**
 * `npm test`: the unit tests beside the sources and the tests across rooms that need nothing but Node. `--long` adds
 * the long rounds (`*.long.ts`), `--rounds N` of them where a file counts in rounds; further arguments go to
 * `node --test` (`npm test -- --test-name-pattern=...`). It never runs `test/interop`, which brings other people's
 * software with it.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const nodeMajorMin = 24
const root = join(import.meta.dirname, '..')
const places = ['src/**/*', 'test/*', 'test/{golden,faults,sim}/**/*']

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function testFiles(suffixes: readonly string[]): string[] {
  const patterns = places.flatMap((place) => suffixes.map((suffix) => `${place}.${suffix}`))
  return globSync(patterns, { cwd: root }).sort()
}

function main(): void {
  if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
    fail(
      `The tests need Node ${nodeMajorMin} or newer, this is ${process.versions.node}. Run \`npm ci\`, then \`npm test\`.`,
    )
  }
  const options = process.argv.slice(2)
  const isLong = options.includes('--long')
  const files = testFiles(isLong ? ['test.ts', 'long.ts'] : ['test.ts'])
  if (files.length === 0) fail('No test file was found: the tree is incomplete.')

  const roundsAt = options.indexOf('--rounds')
  const rounds = roundsAt < 0 ? [] : options.splice(roundsAt, 2).slice(1)
  const passedOn = options.filter((option) => option !== '--long')
  const reporter = passedOn.some((option) => option.startsWith('--test-reporter')) ? [] : ['--test-reporter=spec']
  // By itself the runner leaves a core idle; most of a file's time is the start of its process.
  const settings = ['--test', '--test-timeout=60000', `--test-concurrency=${availableParallelism()}`]
  const run = spawnSync(process.execPath, [...settings, ...reporter, ...passedOn, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(root, '.cache', 'compile'),
      ...(rounds[0] !== undefined && { ODRADEK_ROUNDS: rounds[0] }),
    },
  })
  if (run.error) fail(`Node could not be started: ${run.error.message}`)
  if (run.signal) fail(`The tests were ended by ${run.signal}.`)
  process.exit(run.status ?? 1)
}

main()
