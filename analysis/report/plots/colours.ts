// Contrast above 3 on white and on near-black, so that one file serves both.
const colours = [
  '#2f7ed8',
  '#d9730d',
  '#2e9e5b',
  '#c2418f',
  '#8064d6',
  '#0f9aa8',
  '#b58b00',
  '#d64545',
] as const

/** For things without an order. */
export const colour = (index: number): string => colours[index % colours.length] ?? colours[0]
