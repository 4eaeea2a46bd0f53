/** What the dumps of all files of a log have in common. */
import { compressionName, compressionType, type Record } from '../../records/index.ts'

export interface DumpOptions {
  readonly withRecords: boolean
  readonly isJson: boolean
}

/** What was found wrong stands among the lines, as `kafka-dump-log` has it. */
export interface Found {
  readonly line: string
  readonly isWrong?: boolean
}

/** By three bits. */
export function codecText(id: number): string {
  const codec = compressionType(id)
  return codec === undefined ? `unknown (${id})` : compressionName(codec)
}

/** Key and value, as far as there are some. */
export function contents({ key, value }: Record): readonly string[] {
  const parts: string[] = []
  if (key !== null) parts.push(`key: ${key.toString()}`)
  if (value !== null) parts.push(`payload: ${value.toString()}`)
  return parts
}

export const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null

/** Instead of the records of a batch. */
export const unreadable = (reason: string, isJson: boolean): Found => ({
  line: isJson ? JSON.stringify({ kind: 'unreadable', reason }) : `| unreadable: ${reason}`,
  isWrong: true,
})
