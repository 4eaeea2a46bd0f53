/** Runs kcat against the broker under test. */
import { runOrThrow } from '../../bench/child.ts'
import { bootstrap } from './kit.ts'

export function kcat(args: readonly string[], input?: string): Promise<string> {
  const given = input === undefined ? {} : { input }
  return runOrThrow({ command: 'kcat', args: ['-b', bootstrap(), ...args], timeoutMs: 40_000, ...given })
}
