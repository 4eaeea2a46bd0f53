/** What a process has used: CPU of all its threads, ended ones too, and resident memory. Linux, from /proc. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** User and system seconds since the start of the process, in steps of a tick (10 ms). */
export function cpuSeconds(pid: number): number {
  const { user, system } = cpuTimes(pid)
  return user + system
}

export function cpuTimes(pid: number | 'self'): { readonly user: number; readonly system: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the name, in parentheses, and may hold blanks; the third follows the last parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { user: Number(fields[11]) / ticksPerSecond, system: Number(fields[12]) / ticksPerSecond }
}

/** Resident set in megabytes (10^6). */
export function rssMb(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (found === null) throw new Error(`process ${pid} has no resident set`)
  return (Number(found[1]) * 1024) / 1e6
}
