import { readFileSync } from 'node:fs'
import path from 'node:path'

const source = (name: string): string => readFileSync(path.join(import.meta.dirname, 'page', name), 'utf8')

/** Without indentation, comments and imports: the files become one script. */
const short = (text: string): string =>
  text
    .replace(/^import .*$/gm, '')
    .replace(/^export /gm, '')
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/\n\s*/g, '\n')
    .trim()

const spaces = (css: string): string =>
  css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')

/** The style of every page. */
export const style = spaces(source('page.css')).trim()

/** What the script adds to a page that is whole without it. */
export const script = `{\n${['folds.js', 'tables.js', 'zoom.js', 'plots.js'].map((name) => short(source(name))).join('\n')}\n}`
