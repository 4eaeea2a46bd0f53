/** What the process answers to the shell. */
export const exitDone = 0
export const exitFailed = 1
/** The command line is wrong; nothing was tried. */
export const exitUsage = 2
