/**
 * `npm run bench:profile NAME`: where the time of Odradek goes while a scenario of the benchmark runs, or each of a folder of them. A
 * flame graph in `.cache/profiles/NAME.svg`, and the functions with the most time of their own on standard output.
 *
 *   --seconds N   about so long a measured part (5), as far as the scenario's size can be changed
 *   --kernel      by `perf`: system calls, kernel and all threads too (Linux, where perf is installed and allowed)
 *   --heap        allocations instead of time
 *
 * The scenario runs small first, to warm the broker up and to learn how big it has to be. Profiled is the last load that it puts on the
 * broker. Time is of the broker's main thread but with --kernel. V8 gives functions of native packages the name of any of them, and perf
 * does not see what V8 has put into a caller: the two belong together.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { ping, prepareLoad } from './loadgen.ts'
import { startOdradek } from './odradek.ts'
import { cache, root } from './paths.ts'
import { flameGraph } from './profile/flame-graph.ts'
import { ProfileError } from './profile/json.ts'
import { hasPerf, type Recorder, type RecorderKind, recorderOf } from './profile/recorder.ts'
import { scenariosOf } from './profile/scenarios.ts'
import { type Measured, ProfiledSession } from './profile/session.ts'
import { profileTable } from './profile/table.ts'
import type { Scenario } from './scenario.ts'

const folder = join(cache, 'profiles')
const warmScale = 0.1
/** More would fill the disk and not the profile. */
const scaleMax = 2
const secondsMax = 60
const say = (text: string): boolean => process.stderr.write(`${text}\n`)

interface Wanted {
  readonly scenarios: readonly Scenario[]
  readonly kind: RecorderKind
  readonly seconds: number
}

async function wanted(): Promise<Wanted> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      kernel: { type: 'boolean', default: false },
      heap: { type: 'boolean', default: false },
    },
  })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0)
    throw new ProfileError('one scenario, or a folder of them: npm run bench:profile NAME')
  const seconds = Number(values.seconds)
  if (!(seconds > 0 && seconds <= secondsMax)) throw new ProfileError(`--seconds is a number up to ${secondsMax}`)
  if (values.kernel && values.heap) throw new ProfileError('either --kernel or --heap')
  if (values.kernel && !(await hasPerf())) throw new ProfileError('--kernel needs perf, which is not there')
  return { scenarios: await scenariosOf(name), kind: values.heap ? 'heap' : values.kernel ? 'kernel' : 'cpu', seconds }
}

async function measured(scenario: Scenario, { kind, seconds }: Wanted, work: string): Promise<Measured> {
  const recorder = recorderOf(kind, work)
  const broker = await startOdradek({ folder: join(work, 'odradek'), ping })
  const warm = new ProfiledSession({ broker, scale: warmScale, pageCache: undefined }, undefined)
  let restore: (() => void) | undefined
  try {
    // Not before: what formats the broker's directories is none that we watch.
    await warm.restart('stop', () => {
      restore = setEnvironment(recorder.environment)
    })
    const small = await warm.profiled(scenario)
    const scale = Math.min(scaleMax, Math.max(warmScale, (warmScale * seconds) / small.seconds))
    say(`${scenario.name}: ${small.seconds.toFixed(1)} s at a scale of ${warmScale}, so now ${scale.toFixed(2)}`)
    const session = new ProfiledSession({ broker: warm.broker, scale, pageCache: undefined }, recorder)
    return await session.profiled(scenario)
  } finally {
    restore?.()
    await warm.broker.stop()
    recorder.close()
  }
}

/** Children get the environment of this process. What it returns puts it back. */
function setEnvironment(environment: Recorder['environment']): () => void {
  const before = new Map(Object.keys(environment).map((key) => [key, process.env[key]]))
  for (const [key, value] of Object.entries(environment)) {
    const given = key === 'NODE_OPTIONS' ? before.get(key) : undefined
    process.env[key] = given === undefined ? value : `${given} ${value}`
  }
  return () => {
    for (const [key, value] of before) {
      if (value === undefined) delete process.env[key]
      else process.env[key] = value
    }
  }
}

async function profile(scenario: Scenario, wanted: Wanted): Promise<void> {
  const { name } = scenario
  const work = join(folder, `work-${process.pid}`)
  mkdirSync(work, { recursive: true })
  // With a map for perf V8 leaves a log where the broker runs.
  process.chdir(work)
  try {
    const { profile, figures, seconds, requests } = await measured(scenario, wanted, work)
    if (profile === undefined) throw new ProfileError('no profile was taken')
    const file = join(folder, `${name.replaceAll('/', '-')}${wanted.kind === 'cpu' ? '' : `-${wanted.kind}`}.svg`)
    writeFileSync(file, flameGraph({ title: `${name}, ${wanted.kind}: ${seconds.toFixed(1)} s`, profile }))
    const told = Object.entries(figures).map(([figure, value]) => `${figure} ${value.toPrecision(3)}`)
    process.stdout.write(`${name} (${wanted.kind}): ${seconds.toFixed(2)} s profiled; ${told.join(', ')}\n`)
    process.stdout.write(`${profileTable({ profile, requests })}\n\n${relative(root, file)}\n`)
  } finally {
    process.chdir(root)
    rmSync(work, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const what = await wanted()
  await prepareLoad()
  for (const scenario of what.scenarios) await profile(scenario, what)
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof ProfileError || (error instanceof TypeError && 'code' in error)
  say(`bench:profile: ${!(error instanceof Error) ? error : isUsage ? error.message : error.stack}`)
  process.exitCode = 1
}
