import { percent, timeOfDay } from '../../core/format.js';
import type { PoolReport, PoolSummary } from '../../core/pool-report.js';
import {
  type Level,
  levelOf,
  levelOfSummary,
  poolsInWords,
  utilizationInWords,
  verdictInWords,
} from '../../core/summary.js';
import { elapsedMs } from '../../time/moment.js';
import { type LayerPanel, layerPanels } from '../layers.js';
import { byId, element, setText } from './dom.js';
import type { PageState } from './poller.js';

/** Each level has a shape and a word, so colour alone carries no meaning. */
const MARKS: Readonly<Record<Level, string>> = { healthy: '●', warning: '▲', unhealthy: '■' };
const WORDS: Readonly<Record<Level, string>> = { healthy: 'Healthy', warning: 'Warning', unhealthy: 'Unhealthy' };

/** A report older than three polling intervals is stale. */
const STALE_AFTER_MS = 15_000;

/** Shows everything but the charts. */
export function render(state: PageState, selected: string | null): void {
  const { report, pools, receivedAt, failure } = state;
  const sinceReceivedMs = receivedAt === null ? 0 : elapsedMs(receivedAt);
  const isStale = report !== null && sinceReceivedMs > STALE_AFTER_MS;
  document.body.classList.toggle('stale', isStale);
  setText(byId('freshness'), freshness(receivedAt?.wall ?? null, failure));
  showPools(pools, selected);
  byId('figures').hidden = report === null;
  if (report === null) {
    showNoReport(failure, selected);
    return;
  }
  showVerdict(report, { pools, selected, failure, staleSince: isStale ? (receivedAt?.wall ?? null) : null });
  showGauge(report);
  showLayers(layerPanels(report, sinceReceivedMs));
  showProblems(report);
}

function freshness(receivedAt: number | null, failure: string | null): string {
  const last = receivedAt === null ? 'No answer yet' : `Last answer ${timeOfDay(receivedAt)}`;
  return failure === null ? last : `${last} · ${failure}`;
}

function showNoReport(failure: string | null, selected: string | null): void {
  byId('main').dataset.level = 'unknown';
  setText(byId('mark'), '');
  setText(byId('level'), '');
  setText(byId('pool'), selected ?? '');
  setText(byId('headline'), failure === null ? 'Loading …' : 'No answer from pool-health yet');
  showNote(failure);
  document.title = 'pool-health';
  if (failure !== null) {
    announce('no answer', `No answer from pool-health yet: ${failure}`);
  }
}

interface VerdictContext {
  readonly pools: readonly PoolSummary[] | null;
  readonly selected: string | null;
  readonly failure: string | null;
  /** When the report was received, if it is stale; else null. */
  readonly staleSince: number | null;
}

function showVerdict(report: PoolReport, { pools, selected, failure, staleSince }: VerdictContext): void {
  const level = levelOf(report);
  const words = verdictInWords(report);
  const isWorst = pools !== null && selected === null;
  const name = isWorst ? `${report.pool}, the worst of ${pools.length} pools` : report.pool;
  const silence = staleSince === null ? null : `No answer since ${timeOfDay(staleSince)}`;
  byId('main').dataset.level = silence ? 'unknown' : level;
  setText(byId('mark'), silence ? '?' : MARKS[level]);
  setText(byId('level'), silence ? 'Unknown' : WORDS[level]);
  setText(byId('pool'), name);
  setText(byId('headline'), silence ?? words);
  showNote(
    silence
      ? `${failure ?? 'The page was paused'}. Last known state: ${words}. All figures below are from that time.`
      : null,
  );
  document.title = `${silence ? '?' : MARKS[level]} ${report.pool}: ${silence ?? words}`;
  // Figures change all the time. A screen reader announces only a changed state.
  const [first] = report.problems;
  announce(
    `${report.pool} ${silence ?? level} ${first?.code}`,
    `${report.pool}: ${silence ?? `${WORDS[level]}. ${words}`}`,
  );
}

function showNote(text: string | null): void {
  byId('note').hidden = text === null;
  setText(byId('note'), text ?? '');
}

let announced = '';

function announce(what: string, words: string): void {
  if (what !== announced) {
    announced = what;
    setText(byId('live'), words);
  }
}

function showGauge({ utilization }: PoolReport): void {
  const { percent: value, status } = utilization;
  const gauge = byId('gauge');
  const scale = Math.max(100, value ?? 0) / 100;
  byId('percent').replaceChildren(
    `${percent(value)} `,
    element('small', {}, value === null && status === 'unknown' ? '' : status),
  );
  for (const scaled of [gauge, gauge.nextElementSibling as HTMLElement]) {
    scaled.style.setProperty('--scale', String(scale));
  }
  gauge.classList.toggle('unknown', value === null);
  byId('fill').style.width = value === null ? '' : `${value / scale}%`;
  byId('full-line').hidden = scale === 1;
  const label = { 'aria-label': 'Utilization' };
  const attributes: Readonly<Record<string, string>> =
    value === null
      ? { role: 'img', 'aria-label': 'Utilization is unknown' }
      : {
          ...label,
          role: 'meter',
          'aria-valuemin': '0',
          'aria-valuemax': String(100 * scale),
          'aria-valuenow': String(value),
          'aria-valuetext': `${percent(value)}, ${status}`,
        };
  for (const name of ['role', 'aria-label', 'aria-valuemin', 'aria-valuemax', 'aria-valuenow', 'aria-valuetext']) {
    const attribute = attributes[name];
    if (attribute === undefined) {
      gauge.removeAttribute(name);
    } else {
      gauge.setAttribute(name, attribute);
    }
  }
}

function showLayers(panels: readonly LayerPanel[]): void {
  byId('layers').replaceChildren(...panels.map(card));
}

function card({ id, name, isFull, age, rows }: LayerPanel): HTMLElement {
  const title = element('h3', {}, name);
  if (isFull) {
    title.append(element('span', { class: 'badge' }, '■ full'));
  }
  if (age !== null) {
    title.append(element('span', { class: 'age' }, age));
  }
  const list = element('dl');
  for (const [label, value] of rows) {
    list.append(element('div', { class: 'row' }, element('dt', {}, label), element('dd', {}, value)));
  }
  return element('div', { class: isFull ? 'layer full' : 'layer', id: `layer-${id}` }, title, list);
}

let shownProblems = '';

function showProblems({ problems }: PoolReport): void {
  const key = JSON.stringify(problems);
  if (key === shownProblems) {
    return;
  }
  shownProblems = key;
  const items = problems.map(({ code, severity, text }) => {
    const mark = severity === 'error' ? '■ Error' : '▲ Warning';
    const head = element('p', {}, element('strong', {}, mark), ' ', element('code', {}, code));
    return element('li', { class: `problem ${severity}` }, head, element('p', {}, text));
  });
  byId('problems').replaceChildren(...(items.length > 0 ? items : [element('li', {}, 'None.')]));
}

let shownPools = '';

/** Replaces the list and keeps focus and scroll position. */
function showPools(pools: readonly PoolSummary[] | null, selected: string | null): void {
  byId('pools').hidden = pools === null;
  const key = JSON.stringify([pools, selected]);
  if (pools === null || key === shownPools) {
    return;
  }
  shownPools = key;
  setText(byId('pools-title'), poolsInWords(pools));
  const focused = document.activeElement?.getAttribute('href');
  const all = link(
    '#',
    'Worst pool',
    selected === null,
    element('span', { class: 'mark', 'aria-hidden': 'true' }, '↑'),
  );
  const items = pools.map((summary) => {
    const level = levelOfSummary(summary);
    const mark = element('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[level]);
    const word = wordOf(summary, level);
    const to = link(`#${encodeURIComponent(summary.pool)}`, summary.pool, summary.pool === selected, mark, word);
    return element('li', { 'data-level': level }, to);
  });
  const list = byId('pool-list');
  const scrolled = list.scrollTop;
  list.replaceChildren(element('li', { class: 'worst' }, all), ...items);
  list.scrollTop = scrolled;
  const again = [...list.querySelectorAll('a')].find((each) => each.getAttribute('href') === focused);
  again?.focus({ preventScroll: true });
}

/** Healthy pools show no word, but a screen reader needs it in place of the mark. */
function wordOf(summary: PoolSummary, level: Level): HTMLElement {
  const word = element('span', level === 'healthy' ? { class: 'hidden' } : {}, ` ${WORDS[level].toLowerCase()}`);
  return element('span', { class: 'word' }, utilizationInWords(summary), word);
}

function link(href: string, name: string, isCurrent: boolean, mark: Node, ...after: readonly Node[]): HTMLElement {
  const attributes = { href, ...(isCurrent && { 'aria-current': 'true' }) };
  return element('a', attributes, mark, element('span', { class: 'name' }, name), ...after);
}
