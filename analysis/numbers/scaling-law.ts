/** One run: its number of replicas, and its throughput in requests per second. */
export type Observation = { readonly replicas: number; readonly rate: number }

/** γ: requests per second of one replica; α: contention; β: coherency. */
export type Law = { readonly gamma: number; readonly alpha: number; readonly beta: number }

/**
 * Throughput of N replicas: X(N) = γN ÷ (1 + α(N−1) + βN(N−1)). With β = 0 it is Amdahl's law; with α = 0 too
 * it is linear. Source: Gunther, Guerrilla Capacity Planning, 2007, chapter 4 (the Universal Scalability
 * Law).
 */
export const throughput = ({ gamma, alpha, beta }: Law, replicas: number): number =>
  (gamma * replicas) / (1 + alpha * (replicas - 1) + beta * replicas * (replicas - 1))

/** The number of replicas with the greatest throughput: √((1−α)/β); infinite if β is 0. */
export const peakOf = ({ alpha, beta }: Pick<Law, 'alpha' | 'beta'>): number =>
  beta > 0 ? Math.sqrt(Math.max(0, 1 - alpha) / beta) : Infinity

/** The parameters that a fit may change; the others are 0. */
export type Free = readonly ('alpha' | 'beta')[]
