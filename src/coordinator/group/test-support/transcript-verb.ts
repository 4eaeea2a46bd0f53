/** What a verb of a transcript is: it acts on the bench, which tells what comes of it. */
import type { Command } from './transcript.ts'
import type { TranscriptBench } from './transcript-bench.ts'

export type Verb = (bench: TranscriptBench, command: Command) => void | Promise<void>
