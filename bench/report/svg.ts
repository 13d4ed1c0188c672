/** A bar chart as an SVG file, which reads in the light and in the dark. */
import { type Chart, ours } from "../harness/result.js"

const width = 760
const nameWidth = 370
const barHeight = 18
const rowHeight = 26
const top = 60

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

const style = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .subtitle, .label { fill: #59636e }
    .bar { fill: #b6bfc8 }
    .ours { fill: #1f6feb }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .subtitle, .label { fill: #9198a1 }
      .bar { fill: #4a525c }
      .ours { fill: #4493f8 }
    }
  `

export const chart = ({ bars, subtitle, title }: Chart): string => {
  const height = top + bars.length * rowHeight + 8
  const longest = Math.max(...bars.map(({ value }) => value))
  const scale = (width - nameWidth - 90) / longest
  const rows = bars.map(({ label, name, value }, index) => {
    const y = top + index * rowHeight
    const length = Math.max(1, Math.round(value * scale))
    const kind = name.startsWith(ours) ? "ours" : "bar"
    return `  <text x="${nameWidth - 10}" y="${y + 14}" text-anchor="end">${escape(name)}</text>
  <rect class="${kind}" x="${nameWidth}" y="${y}" width="${length}" height="${barHeight}" rx="2"/>
  <text class="label" x="${nameWidth + length + 8}" y="${y + 14}">${escape(label)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${
    escape(`${title}: ${bars.map(({ label, name }) => `${name} ${label}`).join(", ")}`)
  }">
  <style>${style}</style>
  <text class="title" x="12" y="24">${escape(title)}</text>
  <text class="subtitle" x="12" y="44">${escape(subtitle)}</text>
${rows.join("\n")}
</svg>
`
}
