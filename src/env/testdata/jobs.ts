/** Jobs for the tests of the pool. */
import { getPriority } from 'node:os'

export const jobs: ReadonlyMap<string, (input: unknown) => unknown> = new Map<string, (input: unknown) => unknown>([
  ['echo', (input) => input],
  [
    'fail',
    () => {
      throw new RangeError('as asked')
    },
  ],
  [
    'spin',
    () => {
      for (;;);
    },
  ],
  ['nice', () => getPriority()],
  ['exit', () => process.exit(3)],
  ['wait', () => new Promise((resolve) => setTimeout(resolve, 20, 'waited'))],
])
