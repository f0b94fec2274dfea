import uPlot from 'uplot';
import { shortTime } from '../../core/format.js';
import type { History } from '../../core/history.js';
import { CRITICAL_PERCENT, WARNING_PERCENT } from '../../core/utilization.js';

/** A chart that follows the size of its box and the colours of the page. */
export class Chart {
  readonly #box: HTMLElement;
  readonly #make: (box: HTMLElement) => Omit<uPlot.Options, 'width' | 'height'>;
  readonly #data: (history: History) => uPlot.AlignedData;
  #plot: uPlot | null = null;
  #history: History | null = null;

  constructor(
    box: HTMLElement,
    make: (box: HTMLElement) => Omit<uPlot.Options, 'width' | 'height'>,
    data: (history: History) => uPlot.AlignedData,
  ) {
    this.#box = box;
    this.#make = make;
    this.#data = data;
    new ResizeObserver(() => this.#fit()).observe(box);
  }

  show(history: History): void {
    this.#history = history;
    if (!this.#plot) {
      this.redraw();
      return;
    }
    this.#plot.setData(this.#data(history), false);
    this.#plot.setScale('x', spanOf(history));
  }

  /** Draws again in the current colours and font size. */
  redraw(): void {
    const history = this.#history;
    if (!history || this.#box.clientWidth === 0) {
      return;
    }
    this.#plot?.destroy();
    this.#plot = new uPlot({ ...this.#make(this.#box), ...this.#size() }, this.#data(history), this.#box);
    this.#plot.setScale('x', spanOf(history));
  }

  #fit(): void {
    if (this.#plot) {
      this.#plot.setSize(this.#size());
    } else {
      this.redraw();
    }
  }

  #size() {
    return { width: this.#box.clientWidth, height: this.#box.clientHeight };
  }
}

export function utilizationChart(box: HTMLElement): Chart {
  return new Chart(
    box,
    (within) => {
      const { color, pixels } = styleOf(within);
      const line = {
        label: 'utilization',
        stroke: color('--text'),
        width: pixels(0.11),
        spanGaps: false,
        points: pointsOf(color('--text'), pixels(0.3)),
      };
      return {
        ...common(within),
        scales: {
          x: { time: true, auto: false },
          y: { range: (_, __, max) => [0, 1.02 * Math.max(100, max ?? 0)] },
        },
        series: [{}, line, { label: 'healthy', scale: 'none', show: false }],
        hooks: {
          drawClear: [
            (plot) => {
              paint(plot, WARNING_PERCENT, CRITICAL_PERCENT, color('--band-warning'));
              paint(plot, CRITICAL_PERCENT, plot.scales.y?.max ?? 100, color('--band-critical'));
            },
          ],
          draw: [(plot) => markUnhealthy(plot, color('--unhealthy'), pixels(0.35))],
        },
      };
    },
    ({ times, series }) => [[...times], [...series.utilization], [...series.healthy]],
  );
}

export function connectionsChart(box: HTMLElement): Chart {
  return new Chart(
    box,
    (within) => {
      const { color, pixels } = styleOf(within);
      const line = (label: string, dash: number[]) => ({
        label,
        dash: dash.map(pixels),
        stroke: color(`--${label}`),
        width: pixels(0.11),
        spanGaps: false,
        points: pointsOf(color(`--${label}`), pixels(0.3)),
      });
      return {
        ...common(within),
        scales: { x: { time: true, auto: false }, y: { range: (_, __, max) => [0, Math.max(4, (max ?? 0) * 1.05)] } },
        series: [{}, line('active', []), line('idle', [0.5, 0.3]), line('waiting', [0.12, 0.25])],
      };
    },
    ({ times, series }) => [[...times], [...series.active], [...series.idle], [...series.waiting]],
  );
}

/** A value between two gaps has no line, so it is drawn as a point. */
function pointsOf(fill: string, size: number): uPlot.Series.Points {
  const isAlone = (values: uPlot.AlignedData[number] | undefined, index: number) =>
    values?.[index] != null && values[index - 1] == null && values[index + 1] == null;
  return {
    size,
    fill,
    show: true,
    filter: (plot, seriesIndex) => {
      const values = plot.data[seriesIndex];
      return [...plot.data[0].keys()].filter((index) => isAlone(values, index));
    },
  };
}

function common(box: HTMLElement): Pick<uPlot.Options, 'legend' | 'cursor' | 'axes' | 'padding'> {
  const { color, pixels } = styleOf(box);
  const font = `${pixels(0.8)}px system-ui, sans-serif`;
  const axis = {
    stroke: color('--muted'),
    font,
    ticks: { stroke: color('--line') },
    grid: { stroke: color('--line'), width: 1 },
  };
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [pixels(0.5), pixels(0.9), 0, 0],
    axes: [
      {
        ...axis,
        size: pixels(1.6),
        gap: pixels(0.15),
        space: pixels(4),
        values: (_, splits) => splits.map((second) => shortTime(second * 1_000)),
      },
      {
        ...axis,
        size: pixels(2.6),
        gap: pixels(0.3),
        space: pixels(1.8),
        incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000],
      },
    ],
  };
}

function spanOf({ from, to }: History): { min: number; max: number } {
  return { min: Date.parse(from) / 1_000, max: Date.parse(to) / 1_000 };
}

function paint({ ctx, bbox, valToPos }: uPlot, from: number, to: number, fill: string): void {
  const top = valToPos(to, 'y', true);
  ctx.fillStyle = fill;
  ctx.fillRect(bbox.left, top, bbox.width, valToPos(from, 'y', true) - top);
}

/** Draws a bar at the bottom while the pool was unhealthy, also where utilization is unknown. */
function markUnhealthy({ ctx, bbox, data, valToPos }: uPlot, fill: string, height: number): void {
  const [times, , healthy = []] = data;
  const thickness = height * devicePixelRatio;
  ctx.fillStyle = fill;
  for (const [index, time] of times.entries()) {
    if (healthy[index] === 0) {
      const end = valToPos(time, 'x', true);
      const start = valToPos(times[index - 1] ?? time, 'x', true);
      const width = Math.max(2, end - start);
      ctx.fillRect(end - width, bbox.top + bbox.height - thickness, width, thickness);
    }
  }
}

/** Colours of the element, because stale charts are grey. Sizes follow the font size of the page. */
function styleOf(box: HTMLElement) {
  const style = getComputedStyle(box);
  const root = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return {
    color: (name: string) => style.getPropertyValue(name).trim(),
    pixels: (rem: number) => Math.round(rem * root),
  };
}
