import { createRequire } from 'node:module'
import type { Chart, Series, Unit } from '../core/card.js'
import { scaleOf, type Tick, ticksOf } from './chart/scale.js'
import { type Format, makeFormat } from './format.js'
import { sanitise, truncate } from './text.js'

/** A chart as a picture, with a font of our own, so that it looks the same on every machine. */

export type ChartPicture = {
  readonly timeZone: string
  readonly now: Date
  readonly theme?: 'light' | 'dark'
  /** Said before the title: a picture is seen without its card, too. */
  readonly heading?: string
  /** Pixels. */
  readonly width?: number
  readonly height?: number
}

/** The colours can be told apart by those who see no red or no green. */
const LOOKS = {
  light: {
    back: '#ffffff',
    text: '#1d1c1d',
    dim: '#616061',
    line: '#e6e6e6',
    colours: ['#0072b2', '#d55e00', '#009e73', '#b0529b', '#8a7a1c', '#5b6bd0'],
  },
  dark: {
    back: '#1a1d21',
    text: '#e8e8e8',
    dim: '#a7a7a9',
    line: '#35373b',
    colours: ['#56b4e9', '#f0883e', '#2fbf94', '#d58bc4', '#d6c34a', '#93a1f5'],
  },
} as const
type Look = (typeof LOOKS)[keyof typeof LOOKS]

const FONT = 'DejaVu Sans'
const HEAD = 84
const FOOT = 40
/** Of a panel: the names of its lines above it. */
const NAMES = 30
const GAP = 18
const PANEL = 170
const LEFT = 96
const RIGHT = 28

/** PNG bytes. Series of the same unit share a panel; gaps stay gaps; times are those of the zone. */
export async function chartPng(chart: Chart, options: ChartPicture): Promise<Uint8Array> {
  // Heavy, and seldom needed.
  const { Resvg } = await import('@resvg/resvg-js')
  const svg = await chartSvg(chart, options)
  const font = { loadSystemFonts: false, fontFiles: fonts(), defaultFontFamily: FONT }
  return new Resvg(svg, { font, background: lookOf(options).back }).render().asPng()
}

/** The same before it is made of dots. */
export async function chartSvg(chart: Chart, options: ChartPicture): Promise<string> {
  const echarts = await import('echarts')
  const panels = panelsOf(chart.series)
  const { width = 1000, height = HEAD + FOOT + panels.length * (NAMES + PANEL + GAP) } = options
  const drawn = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    drawn.setOption(optionOf(chart, panels, { ...options, height }, lookOf(options)))
    return drawn.renderToSVGString()
  } finally {
    drawn.dispose()
  }
}

function lookOf({ theme }: ChartPicture): Look {
  return LOOKS[theme ?? 'light']
}

function fonts(): string[] {
  const require = createRequire(import.meta.url)
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
    require.resolve(`dejavu-fonts-ttf/ttf/${name}`),
  )
}

type Line = Series & { readonly name: string; readonly colour: number }
type Panel = { readonly unit: Unit; readonly lines: readonly Line[] }

function panelsOf(series: readonly Series[]): readonly Panel[] {
  const lines = series.map((one, colour): Line => {
    const values = one.values.map((value) => (value !== null && Number.isFinite(value) ? value : null))
    // Lines are told apart by their names.
    const name = truncate(sanitise(one.label), 40)
    const double = series.some((other, at) => at < colour && other.label === one.label)
    return { ...one, values, colour, name: double ? `${name} (${colour + 1})` : name }
  })
  return [...new Set(lines.map(({ unit }) => unit))].map((unit) => ({
    unit,
    lines: lines.filter((line) => line.unit === unit),
  }))
}

function optionOf(
  chart: Chart,
  panels: readonly Panel[],
  options: ChartPicture & { readonly height: number },
  look: Look,
) {
  const { timeZone, now, height } = options
  const format = makeFormat({ timeZone, now, unicode: true })
  const [from, to] = [Date.parse(chart.from), Date.parse(chart.to)]
  const ticks = ticksOf(from, to, timeZone)
  const each = (height - HEAD - FOOT) / Math.max(1, panels.length)
  const high = Math.max(20, each - NAMES - GAP)
  const topOf = (at: number): number => HEAD + at * each
  const told = panels.length === 0 ? 'Nothing was recorded.' : spanText(chart, format, timeZone)
  return {
    animation: false,
    backgroundColor: look.back,
    textStyle: { fontFamily: FONT },
    title: titleOf(options.heading, chart, told, look),
    legend: panels.map((panel, at) => legendOf(panel, topOf(at), format, look)),
    grid: panels.map((_, at) => ({ left: LEFT, right: RIGHT, top: topOf(at) + NAMES, height: high })),
    xAxis: panels.map((_, at) => ({
      type: 'value',
      gridIndex: at,
      min: from,
      max: to > from ? to : from + 1,
      axisLine: { lineStyle: { color: look.line } },
      splitLine: { show: false },
      axisTick: { lineStyle: { color: look.line }, customValues: ticks.map((tick) => tick.at) },
      axisLabel: {
        ...small(look),
        show: at === panels.length - 1,
        hideOverlap: true,
        customValues: ticks.map((tick) => tick.at),
        formatter: (value: number) => tickText(value, ticks, format, to - from),
      },
    })),
    yAxis: panels.map((panel, at) => ({
      type: 'value',
      gridIndex: at,
      min: 0,
      ...scaleOf(panel.unit, mostOf(panel)),
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: look.line } },
      axisLabel: { ...small(look), formatter: (value: number) => format.value(value, panel.unit) },
    })),
    series: panels.flatMap((panel, at) =>
      panel.lines.map((line) =>
        lineOf(line, at, { panel, from, step: chart.stepSeconds * 1000, format, look }),
      ),
    ),
  }
}

const small = (look: Look) => ({ fontFamily: FONT, color: look.dim, fontSize: 12 })

function titleOf(heading: string | undefined, { title }: Chart, told: string, look: Look) {
  return {
    text: truncate(sanitise(heading === undefined ? title : `${heading}: ${title}`), 80),
    subtext: told,
    left: 24,
    top: 16,
    itemGap: 6,
    textStyle: { fontFamily: FONT, fontSize: 18, fontWeight: 'bold', color: look.text },
    subtextStyle: { ...small(look), fontSize: 13 },
  }
}

function spanText({ from, to }: Chart, format: Format, timeZone: string): string {
  // A day apart, so that both are told with their day.
  const day = 5 * 86_400
  return `${format.axis(from, day)} to ${format.axis(to, day)}, ${timeZone}`
}

function legendOf({ lines }: Panel, top: number, format: Format, look: Look) {
  const limits = new Map(lines.map(({ name, limit, unit }) => [name, limitText(limit, unit, format)]))
  return {
    type: 'plain',
    data: lines.map(({ name, colour }) => ({ name, itemStyle: { color: colourOf(look, colour) } })),
    formatter: (name: string) => `${name}${limits.get(name) ?? ''}`,
    left: LEFT - 6,
    top: top + 2,
    icon: 'roundRect',
    itemGap: 24,
    itemWidth: 14,
    itemHeight: 8,
    textStyle: { ...small(look), color: look.text, fontSize: 13 },
  }
}

function limitText(limit: number | undefined, unit: Unit, format: Format): string {
  return limit === undefined || unit === 'ratio' ? '' : ` of ${format.value(limit, unit)}`
}

function colourOf(look: Look, at: number): string {
  return look.colours[at % look.colours.length] ?? look.text
}

/** A whole that is far above what there is would only flatten the lines. */
const FAR = 4

function peakOf({ lines }: Panel): number {
  return lines.reduce(
    (most, { values }) => values.reduce<number>((peak, value) => Math.max(peak, value ?? 0), most),
    0,
  )
}

function shownLimits(panel: Panel): readonly number[] {
  const peak = peakOf(panel)
  return panel.lines.flatMap(({ limit }) => (limit !== undefined && limit <= peak * FAR ? [limit] : []))
}

function mostOf(panel: Panel): number {
  return Math.max(peakOf(panel), ...shownLimits(panel))
}

function tickText(value: number, ticks: readonly Tick[], format: Format, span: number): string {
  const tick = ticks.find(({ at }) => at === value)
  const iso = new Date(value).toISOString()
  if (tick?.kind !== 'day' || span <= 26 * 3_600_000) return format.axis(iso, 0)
  return format.axis(iso, 11 * 86_400)
}

function lineOf(
  { values, name, colour, limit, unit }: Line,
  at: number,
  of: {
    readonly panel: Panel
    readonly from: number
    readonly step: number
    readonly format: Format
    readonly look: Look
  },
) {
  const ink = colourOf(of.look, colour)
  const whole = limit !== undefined && unit !== 'ratio' && shownLimits(of.panel).includes(limit)
  return {
    type: 'line',
    name,
    xAxisIndex: at,
    yAxisIndex: at,
    color: ink,
    symbol: 'none',
    connectNulls: false,
    lineStyle: { width: 2, color: ink },
    areaStyle: { opacity: of.panel.lines.length === 1 ? 0.14 : 0.06, color: ink },
    data: values.map((value, n) => {
      // Between two gaps there is no line to see.
      const alone = value !== null && (values[n - 1] ?? null) === null && (values[n + 1] ?? null) === null
      const point = { value: [of.from + n * of.step, value] }
      return alone ? { ...point, symbol: 'circle', symbolSize: 5 } : point
    }),
    ...(whole
      ? {
          markLine: {
            silent: true,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: ink, type: 'dashed', width: 1, opacity: 0.7 },
            data: [{ yAxis: limit }],
          },
        }
      : {}),
  }
}
