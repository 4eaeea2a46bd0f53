/** What becomes of a process whose standard output fails: a verb that does not see to it itself ends as other commands do. */
import { exitFailed, exitPipe } from './exit-codes.ts'

/** Calling it again changes nothing. */
export function endWithOutput(): void {
  process.stdout.off('error', failed)
  process.stdout.on('error', failed)
}

/** A verb that listens too has work to end first: it knows when. */
function failed(error: NodeJS.ErrnoException): void {
  if (process.stdout.listenerCount('error') > 1) return
  if (error.code === 'EPIPE') process.exit(exitPipe)
  process.stderr.write(`odradek: the output cannot be written: ${error.message}\n`)
  process.exit(exitFailed)
}
