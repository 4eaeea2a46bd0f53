/** The marker of a clean stop (`.kafka_cleanshutdown`), and the broker epoch in it (KIP-966). Off the hot path. */
import type { Disk } from '../base/index.ts'
import { readWholeFile, replaceFile } from './whole-file.ts'

const markerName = '.kafka_cleanshutdown'
const sizeMaxInBytes = 4096

/** It stands for one start only: it is removed before anything is read. Undefined where there is none; an epoch of -1 is unknown. */
export async function takeCleanShutdown(disk: Disk, directory: string): Promise<number | undefined> {
  const path = `${directory}/${markerName}`
  const bytes = await readWholeFile(disk, path, sizeMaxInBytes)
  if (bytes === undefined) return undefined
  const [, epoch] = /"brokerEpoch"\s*:\s*(-?\d{1,15})/.exec(bytes.toString('utf8')) ?? []
  await disk.unlink(path)
  await disk.syncDirectory(directory)
  return epoch === undefined ? -1 : Number(epoch)
}

export async function leaveCleanShutdown(disk: Disk, directory: string, brokerEpoch: number): Promise<void> {
  const marker = Buffer.from(JSON.stringify({ version: 0, brokerEpoch }))
  await replaceFile(disk, `${directory}/${markerName}`, marker)
}
