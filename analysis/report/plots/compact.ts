/**
 * An SVG whose places have tenths of a pixel, and whose paths of straight lines have relative steps: a third of the
 * bytes.
 */
export const compact = (svg: string): string =>
  svg
    .replace(/ d="([^"]+)"/g, (whole, path: string) =>
      /^[MLZ\d.,\s-]+$/.test(path) ? ` d="${relative(path)}"` : whole,
    )
    .replace(/ (x|y|[xy][12]|c[xy]|width|height|transform)="[^"]*"/g, (attribute) =>
      attribute.replace(/-?\d+\.\d{2,}/g, (place) => String(Math.round(Number(place) * 10) / 10)),
    )

function relative(path: string): string {
  // Of what was written, so that rounding does not add up.
  let [x, y] = [0, 0]
  return path.replace(/([ML])([^MLZ]+)/g, (_, letter: string, point: string) => {
    const [toX = 0, toY = 0] = point.split(',').map((each) => Math.round(Number(each) * 10))
    const step = letter === 'M' ? `M${tenths(toX)}` : `l${tenths(toX - x)}`
    const rest = tenths(letter === 'M' ? toY : toY - y)
    ;[x, y] = [toX, toY]
    return `${step}${rest.startsWith('-') ? '' : ' '}${rest}`
  })
}

const tenths = (value: number): string => String(value / 10).replace(/^(-?)0\./, '$1.')
