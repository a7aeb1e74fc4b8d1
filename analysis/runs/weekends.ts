import { median, medianAbsoluteDeviation } from 'simple-statistics'

/** Nights from which the difference is estimated: twelve weeks, and three at least. */
const mostNights = 84
const fewestNights = 21

/** How many standard errors it must be from 0. */
const clearly = 3

/**
 * A series (of logarithms or differences) as if weekends were weekdays. Each week the difference is estimated
 * anew from the nights before, so that nothing later changes it: the median of the weekends less that of the
 * weekdays, each night taken from the median of the seven up to it. It counts where it is clear.
 */
export function withoutWeekends(series: readonly number[], weekend: readonly boolean[]): number[] {
  const off: number[] = []
  let difference = 0
  return series.map((value, index) => {
    if (index % 7 === 0 && index >= fewestNights) {
      const recent = off.slice(-mostNights).map((each, place) => ({
        each,
        is: weekend[Math.max(0, index - mostNights) + place] ?? false,
      }))
      difference = clearDifference(
        recent.filter(({ is }) => is).map(({ each }) => each),
        recent.filter(({ is }) => !is).map(({ each }) => each),
      )
    }
    off.push(value - median(series.slice(Math.max(0, index - 6), index + 1)))
    return weekend[index] ? value - difference : value
  })
}

function clearDifference(weekends: readonly number[], weekdays: readonly number[]): number {
  if (weekends.length < 2 || weekdays.length < 2) return 0
  const apart = median([...weekends]) - median([...weekdays])
  // The standard error of a median of normally distributed values is √(π/2) σ/√n, and their MAD is σ/1.4826.
  const squared = (values: readonly number[]) =>
    (Math.PI / 2) * ((1.4826 * medianAbsoluteDeviation([...values])) ** 2 / values.length)
  return Math.abs(apart) > clearly * Math.sqrt(squared(weekends) + squared(weekdays)) ? apart : 0
}
