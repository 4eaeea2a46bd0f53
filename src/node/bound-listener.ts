/** A listener as it was opened: at the port that the system chose, where the configuration leaves that to it. */
export interface BoundListener {
  readonly listener: string
  readonly host: string
  readonly port: number
}
