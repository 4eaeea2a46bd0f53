/**
 * The regression guard, `npm run bench -- --guard`: what a request takes of calls, copies and memory, compared with what was recorded in
 * `guard/counts.json`. Times on shared machines lie; counts do not: the clock of the broker stands still, its network is a
 * script, and what was counted in one run is counted in the next. `--record` writes the file anew.
 */
import { fileURLToPath } from 'node:url'
import { runOrThrow } from './child.ts'
import { countsOf, record, recorded } from './guard/counts.ts'
import { summary, table } from './guard/table.ts'
import { compare } from './guard/verdict.ts'

const program = fileURLToPath(new URL('./guard/run.ts', import.meta.url))
const timeoutMs = 60_000

/**
 * The new space is so large that nothing is collected while it is measured. Optimizing compilers take out objects, depending on what they
 * have seen until some moment: without them it is what the source says, each time.
 */
const flagsOfAllocations = [
  '--expose-gc',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--no-opt',
  '--no-maglev',
  '--no-flush-bytecode',
  '--no-lazy-feedback-allocation',
  '--random-seed=1',
  '--hash-seed=1',
]

const run = (what: 'counts' | 'allocations', flags: readonly string[]): Promise<string> =>
  runOrThrow({
    command: process.execPath,
    args: [...flags, program, what],
    // Whatever the shell has told of heaps and compilers is not for it.
    env: { NODE_OPTIONS: '' },
    timeoutMs,
  })

/** Returns the exit code: 1 where a request takes more than was recorded. */
export async function guard(options: { readonly record: boolean }): Promise<number> {
  const counted = await run('counts', [])
  const now = countsOf(counted, await run('allocations', flagsOfAllocations))
  if (options.record) {
    record(now)
    process.stdout.write('Recorded in bench/guard/counts.json.\n')
    return 0
  }
  const rows = compare(recorded(), now)
  process.stdout.write(`${table(rows)}\n${summary(rows)}`)
  return rows.some(({ verdict }) => verdict === 'worse') ? 1 : 0
}
