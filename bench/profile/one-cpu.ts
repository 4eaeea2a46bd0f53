/**
 * V8's profiler asks the main thread for its stack by a signal from another thread. From another processor it comes late, by 10 us on a
 * virtual machine: meanwhile a broker that makes a system call each 7 us has begun one, and the sample is charged to that. So writing
 * was seen at 84 % where `perf` and the clock say 15 %. On one processor the thread that asks interrupts the one that is asked.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { run } from '../child.ts'

const samplerName = 'v8:ProfEvntProc'

/** Puts the main thread and the profiler of a process on one processor; says whether that was possible: Linux, with `taskset`. */
export async function onOneCpu(pid: number): Promise<boolean> {
  if (platform() !== 'linux') return false
  const [sampler] = readdirSync(`/proc/${pid}/task`).filter((tid) => nameOf(pid, tid) === samplerName)
  if (sampler === undefined) return false
  const allowed = /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  for (const tid of [`${pid}`, sampler]) {
    const args = ['-p', '-c', allowed, tid]
    const ran = await run({ command: 'taskset', args, timeoutMs: 10_000 }).catch(() => undefined)
    if (ran?.code !== 0) return false
  }
  return true
}

/** Threads come and go. */
function nameOf(pid: number, tid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim()
  } catch {
    return undefined
  }
}
