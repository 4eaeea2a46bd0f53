/** ISO-8601 durations as far as `java.time.Duration` reads them: days, hours, minutes, seconds. */

const form = /^([+-]?)P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{0,9})?)S)?)?$/i

/** More seconds than Java counts in a long. */
const secondsMax = 2 ** 63

/** Milliseconds of a text such as `PT1H30M`, rounded down; undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  const match = form.exec(text)
  if (match === null) return undefined
  const [, sign, days, time, hours, minutes, seconds] = match
  if (days === undefined && hours === undefined && minutes === undefined && seconds === undefined) return undefined
  if (time !== undefined && time.length === 1) return undefined
  const totalSeconds =
    Number(days ?? 0) * 86_400 +
    Number(hours ?? 0) * 3_600 +
    Number(minutes ?? 0) * 60 +
    Number((seconds ?? '0').replace(',', '.'))
  if (Math.abs(totalSeconds) >= secondsMax) return undefined
  return Math.floor(totalSeconds * (sign === '-' ? -1000 : 1000))
}
