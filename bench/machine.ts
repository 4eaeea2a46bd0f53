/**
 * Makes the machine fit for measuring, and says what it is worth. Memory of a virtual machine that was never touched
 * costs a host fault at first touch, which would be charged to whichever broker runs first.
 */
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { cpus, freemem } from 'node:os'
import { join } from 'node:path'
import { cpuTimes } from './cpu.ts'

const memoryFolder = '/dev/shm'
const touchBytesMax = 15e9
const probeBytes = 2 ** 31
const chunk = Buffer.alloc(8 * 1024 * 1024, 7)
/** Above this a write measures the hypervisor, not the broker. */
const systemSecondsPerGbMax = 0.3

export interface Machine {
  readonly cpuModel: string
  readonly cpuCount: number
  readonly touchedGb: number
  readonly writeSystemSecondsPerGb: number
  readonly isFit: boolean
}

function fill(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  try {
    for (let written = 0; written < bytes; written += chunk.length) writeSync(file, chunk)
  } finally {
    closeSync(file)
  }
}

/** Fills and frees memory: most of what is free, at most 15 GB. Returns the bytes touched. */
function touchMemory(): number {
  const { bavail, bsize } = statfsSync(memoryFolder)
  const bytes = Math.floor(Math.min(touchBytesMax, freemem() * 0.8, bavail * bsize * 0.9))
  const path = join(memoryFolder, `odradek-bench-${process.pid}`)
  try {
    fill(path, bytes)
  } finally {
    rmSync(path, { force: true })
  }
  return bytes
}

/** System seconds per GB of writing new files to the disk the brokers write to. */
function probeWrite(folder: string): number {
  const path = join(folder, 'probe')
  try {
    const before = cpuTimes('self').system
    fill(path, probeBytes)
    const spent = cpuTimes('self').system - before
    const file = openSync(path, 'r+')
    fsyncSync(file)
    closeSync(file)
    return spent / (probeBytes / 1e9)
  } finally {
    rmSync(path, { force: true })
  }
}

export function neutralise(folder: string): Machine {
  const touchedBytes = touchMemory()
  const writeSystemSecondsPerGb = probeWrite(folder)
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
    touchedGb: touchedBytes / 1e9,
    writeSystemSecondsPerGb,
    isFit: writeSystemSecondsPerGb < systemSecondsPerGbMax,
  }
}
