/**
 * `npm run sim`: the quorum's machine and whole clusters under faults, seed by seed, on two processes. Prints what happened;
 * exits with 1 at the first failure, with its seed, what it had drawn, and the command that shows it again.
 *
 *     npm run sim                                            # 300 seeds, 20 cluster-hours
 *     npm run sim -- --seeds 1000 --hours 100 --from 5000    # more, and others
 *     npm run sim -- --clients --seeds 50                    # clusters with whole producers and consumers alone
 *     npm run sim -- --cluster 17 --seconds 200              # one cluster again
 *     npm run sim -- --quorum 17 --seconds 120               # one quorum again
 */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { hasClients, runCluster } from './cluster/cluster-run.ts'
import { runQuorum } from './quorum/quorum-run.ts'

/** As of `npm test`. */
const compileCache = join(import.meta.dirname, '../../.cache/compile')

type Kind = 'cluster' | 'quorum'

interface Job {
  readonly kind: Kind
  readonly seed: number
  /** Of faults. */
  readonly seconds: number
}

interface Report extends Job {
  readonly simulatedMs: number
  readonly counts: Readonly<Record<string, number>>
  readonly failure: string | undefined
}

const secondsPerHour = 3600
const jobsPerLine = 50
/** Of the quorum's machine, which is cheap: beside the hours of clusters. */
const quorumSeconds = 120

async function simulate(job: Job): Promise<Report> {
  const { kind, seed, seconds } = job
  try {
    if (kind === 'cluster') {
      const { simulatedMs, counts } = await runCluster(seed, seconds)
      return { ...job, simulatedMs, counts, failure: undefined }
    }
    const counts = runQuorum({ seed, hours: seconds / secondsPerHour })
    return { ...job, simulatedMs: seconds * 1000, counts, failure: undefined }
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const failure = `${text}\nagain: npm run sim -- --${kind} ${seed} --seconds ${seconds}`
    return { ...job, simulatedMs: 0, counts: {}, failure }
  }
}

/** In a process of its own: a job in, a report out. Where an error came from shows when the seed is run again. */
function serve(): void {
  Error.stackTraceLimit = 3
  process.on('message', (job: Job) => {
    void simulate(job).then((report) => process.send?.(report))
  })
}

class Sums {
  readonly #counts: Readonly<Record<Kind, Map<string, number>>> = { cluster: new Map(), quorum: new Map() }
  readonly #simulatedMs: Record<Kind, number> = { cluster: 0, quorum: 0 }
  readonly seeds: Record<Kind, number> = { cluster: 0, quorum: 0 }
  /** Clusters that had more than one leader. */
  changed = 0

  add({ kind, simulatedMs, counts }: Report): void {
    this.seeds[kind]++
    this.#simulatedMs[kind] += simulatedMs
    for (const [name, count] of Object.entries(counts)) {
      this.#counts[kind].set(name, (this.#counts[kind].get(name) ?? 0) + count)
    }
    if (kind === 'cluster' && (counts['leaders'] ?? 0) > 1) this.changed++
  }

  get clusterHours(): number {
    return this.#simulatedMs.cluster / 1000 / secondsPerHour
  }

  printProgress(left: number): void {
    const { cluster, quorum } = this.seeds
    console.log(`${quorum} quorums, ${cluster} clusters, ${this.clusterHours.toFixed(2)} cluster-hours; ${left} to go`)
  }

  print(wallMs: number): void {
    for (const kind of ['quorum', 'cluster'] as const) {
      const hours = this.#simulatedMs[kind] / 1000 / secondsPerHour
      const counts = [...this.#counts[kind]].map(([name, count]) => `${name} ${count}`).join(', ')
      console.log(`${kind}: ${this.seeds[kind]} seeds, ${hours.toFixed(2)} hours; ${counts}`)
    }
    const share = ((100 * this.changed) / Math.max(1, this.seeds.cluster)).toFixed(0)
    console.log(`the leader changed under load in ${this.changed} clusters (${share} %)`)
    console.log(`wall time: ${(wallMs / 1000).toFixed(0)} s`)
  }
}

/** Hands out the jobs, one at a time to each process; stops at the first failure. */
function runAll(jobs: readonly Job[], processes: number): Promise<{ sums: Sums; failure: string | undefined }> {
  const sums = new Sums()
  const queue = [...jobs]
  const children: ChildProcess[] = []
  let left = jobs.length
  const { promise, resolve } = Promise.withResolvers<{ sums: Sums; failure: string | undefined }>()
  const end = (failure: string | undefined): void => {
    for (const child of children) child.kill()
    resolve({ sums, failure })
  }
  for (let i = 0; i < processes; i++) {
    const child = fork(import.meta.filename, ['--serve'], { env: { ...process.env, NODE_COMPILE_CACHE: compileCache } })
    children.push(child)
    const next = (): void => {
      const job = queue.shift()
      if (job !== undefined) child.send(job)
    }
    child.on('message', (report: Report) => {
      if (report.failure !== undefined) return end(report.failure)
      sums.add(report)
      if (--left % jobsPerLine === 0) sums.printProgress(left)
      if (left === 0) end(undefined)
      else next()
    })
    child.on('exit', (code) => {
      if (code !== null) end(`a process has ended with ${code}`)
    })
    next()
  }
  return promise
}

async function again(job: Job): Promise<void> {
  const { failure, ...report } = await simulate(job)
  console.log(failure ?? JSON.stringify(report))
  process.exitCode = failure === undefined ? 0 : 1
}

/** The first `count` that are wanted. */
function seedsFrom(from: number, count: number, isWanted: (seed: number) => boolean): readonly number[] {
  const seeds: number[] = []
  for (let seed = from; seeds.length < count; seed++) if (isWanted(seed)) seeds.push(seed)
  return seeds
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      serve: { type: 'boolean' },
      cluster: { type: 'string' },
      quorum: { type: 'string' },
      seconds: { type: 'string', default: '200' },
      seeds: { type: 'string', default: '300' },
      clients: { type: 'boolean', default: false },
      hours: { type: 'string', default: '20' },
      from: { type: 'string', default: '1' },
      processes: { type: 'string', default: '2' },
    },
  })
  if (values.serve === true) return serve()
  const seconds = Number(values.seconds)
  if (values.cluster !== undefined) return again({ kind: 'cluster', seed: Number(values.cluster), seconds })
  if (values.quorum !== undefined) return again({ kind: 'quorum', seed: Number(values.quorum), seconds })
  const seeds = Number(values.seeds)
  const from = Number(values.from)
  const hours = Number(values.hours)
  const of = (kind: Kind, each: number, isWanted: (seed: number) => boolean = () => true): Job[] =>
    seedsFrom(from, seeds, isWanted).map((seed) => ({ kind, seed, seconds: each }))
  const startMs = performance.now()
  const faultSeconds = Math.ceil((hours * secondsPerHour) / seeds)
  const clusters = of('cluster', faultSeconds, values.clients ? hasClients : undefined)
  const quorums = values.clients ? [] : of('quorum', quorumSeconds)
  const jobs = clusters.flatMap((cluster, i) => [...quorums.slice(i, i + 1), cluster])
  const { sums, failure } = await runAll(jobs, Number(values.processes))
  sums.print(performance.now() - startMs)
  const isEnough = sums.changed >= (2 / 3) * sums.seeds.cluster
  if (failure === undefined && isEnough) return
  console.log(failure ?? 'too few clusters had their leader changed')
  process.exitCode = 1
}

await main()
