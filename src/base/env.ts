/**
 * The seam between Odradek and the world: clock, chance, disk, network, workers, log. Everything takes what it needs of
 * it through its constructor. `env` implements it over the machine, `sim` over a seed.
 */
import type { TlsOptions } from './tls.ts'
import type { Uuid } from './uuid.ts'

export interface Env {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly workers: Workers
  readonly logger: Logger
}

export interface Timer {
  /** Does nothing once the timer has fired. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970, an integer; may jump either way. */
  now(): number
  /** Milliseconds from an arbitrary start, with fractions; never goes back. Time-outs are measured by it. */
  monotonic(): number
  after(delayMs: number, fire: () => void): Timer
  /** Runs `then` in a later turn, after what waits in the sockets now has been read: before anything is taken away. */
  afterDrain(then: () => void): void
}

export interface RandomStream {
  /** An integer of [0, 2^32). */
  u32(): number
  /** An integer of [0, bound), bound up to 2^32. */
  below(bound: number): number
  /** A number of [0, 1). */
  float(): number
  uuid(): Uuid
}

export interface Random {
  /** Streams are apart by name, so that a draw more in one place shifts nothing in another. */
  stream(name: string): RandomStream
}

/** What went wrong on a disk, in the words of the operating system (`ENOENT`, `ENOSPC`, `EIO`, `EEXIST` ...). */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  readonly path: string

  constructor(code: string, path: string, message: string) {
    super(message)
    this.code = code
    this.path = path
  }
}

/**
 * An open file. Every method throws (or rejects with) DiskError. Writes and reads may be short. The owner closes it
 * once, when no operation is in flight.
 */
export interface DiskFile {
  readonly path: string
  /** What a job reads the file by while it is open; undefined where only the thread that opened it can. */
  readonly forJobs: JobFile | undefined
  /** The same for a job that writes; throws DiskError where nothing may be written now. */
  forWritingJobs(): JobFile | undefined
  /** A job has written up to there. */
  writtenByJob(end: number): void
  /** Bytes in the file, without a system call where the implementation can tell. */
  size(): number
  /** Writes at `position` into the page cache now; returns the bytes written. */
  writeSync(bytes: Uint8Array, position: number): number
  /** Reads into `[start, end)` of `into` from `position` now; returns the bytes read, 0 at the end of the file. */
  readSync(into: Uint8Array, start: number, end: number, position: number): number
  truncateSync(size: number): void
  /** The same off the loop: for a disk that pushes back, and for reads that may be cold. */
  write(chunks: readonly Uint8Array[], position: number): Promise<number>
  read(into: Uint8Array, start: number, end: number, position: number): Promise<number>
  /** Makes the content durable. After a failure nothing may be assumed of it: never call it again. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Plain data where jobs have threads of their own. */
export type JobFile = { readonly fd: number } | DiskFile

export interface DirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory'
}

export interface FileLock {
  release(): Promise<void>
}

/** `read`: must exist. `write`: read and write, must exist. `create`: read and write, made or emptied. */
export type OpenMode = 'read' | 'write' | 'create'

export interface OpenOptions {
  readonly mode: OpenMode
}

/** Paths are absolute, separated by `/`. Everything that is not of an open file is asynchronous. */
export interface Disk {
  /** The same disk for work that nothing else may hold up: a vote does not wait behind cold reads and other syncs. */
  readonly urgent: Disk
  open(path: string, options: OpenOptions): Promise<DiskFile>
  /** Entries sorted by name. */
  list(path: string): Promise<readonly DirectoryEntry[]>
  /** Undefined where there is nothing at `path`. */
  stat(
    path: string,
  ): Promise<{ readonly kind: 'file' | 'directory'; readonly size: number; readonly modifiedMs: number } | undefined>
  /** Makes the directory and those above it. */
  makeDirectory(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Removes a directory with all that is in it; nothing if it is not there. */
  removeTree(path: string): Promise<void>
  /** Makes renames, new files and removals in a directory durable. */
  syncDirectory(path: string): Promise<void>
  /** An exclusive lock that other processes (Kafka's too) respect and that dies with the process; undefined if taken. */
  lock(path: string): Promise<FileLock | undefined>
  /** Total and usable bytes of the volume that holds `path`; `volume` tells volumes apart. */
  space(path: string): Promise<DiskSpace>
}

export interface DiskSpace {
  readonly totalBytes: number
  readonly usableBytes: number
  readonly volume: number
}

/** Where received bytes go, and what a connection tells its owner. */
export interface ConnectionHandler {
  /** The place for the next bytes: right behind those already held, never empty. */
  receiveBuffer(): Uint8Array
  /** `size` bytes were put at the start of the last `receiveBuffer()`. */
  received(size: number): void
  /** All writes so far have left for the kernel: buffers given to `write` may be reused. */
  drained(): void
  /** The peer has sent all that it will, and may still read: who is told has to `end`. Without it the connection ends. */
  ended?(): void
  /** The peer ended, or the connection broke (`error` says why); nothing follows. */
  closed(error?: Error): void
}

export interface Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  /**
   * Sends the chunks in order. True: the kernel has taken all of it, the buffers are free at once. False: they belong
   * to the connection until `drained()`.
   */
  write(chunks: readonly Uint8Array[]): boolean
  /** Stops and resumes reading: back-pressure on the peer. */
  pause(): void
  resume(): void
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface ListenOptions {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** Returns the handler of a new connection, or undefined to close it at once. */
  readonly accept: (connection: Connection) => ConnectionHandler | undefined
  /** A connection could not be accepted (too many open files); the listener goes on. */
  readonly acceptFailed?: (error: Error) => void
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Accepts no more; open connections stay. */
  close(): Promise<void>
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly handler: ConnectionHandler
  /** Gives up a connection that is not there yet: `connect` rejects, and nothing is left behind. */
  readonly signal?: AbortSignal
  /** Encrypted, by these options; what is refused later on `closed` is told by a TlsError, too. */
  readonly tls?: TlsOptions
}

export interface Network {
  /** Runs `then` when the sockets that had bytes for us in this turn have been read, or sooner where others are not expected. */
  afterReads(then: () => void): void
  /** Rejects with an Error that names address and reason (`EADDRINUSE` ...). */
  listen(options: ListenOptions): Promise<Listener>
  /**
   * Tries all addresses that the name has, one after the other (KIP-302). Rejects if the peer cannot be reached, and with TlsError where
   * it is reached and the two do not agree on encryption.
   */
  connect(options: ConnectOptions): Promise<Connection>
  /** The full names of the addresses that a name has, each once; an address without a name stands for itself. Rejects where there is none. */
  canonicalNames(host: string): Promise<readonly string[]>
}

/** More jobs wait for a worker than may: whoever asked for this one is to come again later. */
export class WorkersBusyError extends Error {
  override readonly name = 'WorkersBusyError'
}

/** A job took longer than any may, and its thread was ended. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError'
}

/** Whole jobs of over a millisecond that leave the loop. */
export interface Workers extends JobRunner {
  /** The same for jobs that nobody waits for: they take what the others leave of the processors. */
  readonly background: JobRunner
}

/** What a job may do besides thinking. */
export interface JobHost {
  /** Reads into `into` from `position`; returns the bytes read, 0 at the end of the file. Throws what went wrong. */
  readSync(file: JobFile, into: Uint8Array, position: number): number
  /** Writes at `position`; returns the bytes written. Throws what went wrong, with its `code`. */
  writeSync(file: JobFile, bytes: Uint8Array, position: number): number
}

/** A whole job: a function of its input, and of the files that it names. */
export type Job = (input: unknown, host: JobHost) => unknown

export interface JobRunner {
  /**
   * Runs the job registered under `name`; bytes in `input` may be moved to the worker. Inline in the simulator. Rejects
   * with WorkersBusyError.
   */
  run(name: string, input: unknown): Promise<unknown>
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | bigint | undefined>>

export interface Logger {
  /** A logger whose lines name the part of the node they come from. */
  child(part: string): Logger
  log(level: LogLevel, message: string, fields?: LogFields): void
}
