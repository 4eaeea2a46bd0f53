/** What the process answers to the shell. */
export const exitDone = 0
export const exitFailed = 1
/** The command line is wrong; nothing was tried. */
export const exitUsage = 2

const signalBase = 128
/** As the shell says it of what these signals have ended: of others that write into a pipe which nobody reads, of Ctrl-C. */
export const exitPipe = signalBase + 13
export const exitInterrupted = signalBase + 2
export const exitTerminated = signalBase + 15
