import { percent, timeOfDay } from '../../core/format.js';
import type { PoolReport, PoolSummary } from '../../core/pool-report.js';
import { type Level, levelOf, levelOfSummary, poolsInWords, verdictInWords } from '../../core/summary.js';
import { type LayerPanel, layerPanels } from '../layers.js';
import { byId, element, setText } from './dom.js';
import type { Known } from './feed.js';

/** Each level has a shape and a word, so that no colour has to be told apart. */
const MARKS: Readonly<Record<Level, string>> = { healthy: '●', warning: '▲', unhealthy: '■' };
const WORDS: Readonly<Record<Level, string>> = { healthy: 'Healthy', warning: 'Warning', unhealthy: 'Unhealthy' };

/** An answer that is older than this is no news: three were due since. */
const STALE_MS = 15_000;

/** Shows everything but the charts. @param now milliseconds since 1970 */
export function render(known: Known, selected: string | null, now: number): void {
  const { report, pools, answeredAt, failure } = known;
  const sinceAnswerMs = answeredAt === null ? 0 : Math.max(0, now - answeredAt);
  const isStale = report !== null && sinceAnswerMs > STALE_MS;
  document.body.classList.toggle('stale', isStale);
  setText(byId('freshness'), freshness(answeredAt, failure));
  showPools(pools, selected);
  byId('figures').hidden = report === null;
  if (report === null) {
    showWaiting(failure, selected);
    return;
  }
  showVerdict(report, { pools, selected, failure, staleSince: isStale ? answeredAt : null });
  showGauge(report);
  showSides(layerPanels(report, sinceAnswerMs));
  showProblems(report);
}

function freshness(answeredAt: number | null, failure: string | null): string {
  const last = answeredAt === null ? 'No answer yet' : `Last answer ${timeOfDay(answeredAt)}`;
  return failure === null ? last : `${last} · ${failure}`;
}

function showWaiting(failure: string | null, selected: string | null): void {
  byId('main').dataset.level = 'asking';
  setText(byId('mark'), '');
  setText(byId('level'), '');
  setText(byId('pool'), selected ?? '');
  setText(byId('headline'), failure === null ? 'Asking pool-health …' : 'No answer from pool-health yet');
  showNote(failure);
  document.title = 'pool-health';
  if (failure !== null) {
    announce('no answer', `No answer from pool-health yet: ${failure}`);
  }
}

interface Circumstances {
  readonly pools: readonly PoolSummary[] | null;
  readonly selected: string | null;
  readonly failure: string | null;
  /** When the report came, if that is too long ago. */
  readonly staleSince: number | null;
}

function showVerdict(report: PoolReport, { pools, selected, failure, staleSince }: Circumstances): void {
  const level = levelOf(report);
  const words = verdictInWords(report);
  const isWorst = pools !== null && selected === null;
  const name = isWorst ? `${report.pool}, the worst of ${pools.length} pools` : report.pool;
  const silence = staleSince === null ? null : `No answer since ${timeOfDay(staleSince)}`;
  byId('main').dataset.level = silence ? 'asking' : level;
  setText(byId('mark'), silence ? '?' : MARKS[level]);
  setText(byId('level'), silence ? 'Not known' : WORDS[level]);
  setText(byId('pool'), name);
  setText(byId('headline'), silence ?? words);
  showNote(
    silence ? `${failure ?? 'The page was paused'}. Before that: ${words}. All figures below are from then.` : null,
  );
  document.title = `${silence ? '?' : MARKS[level]} ${report.pool}: ${silence ?? words}`;
  // Figures change all the time: read out is what changes the picture.
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
      ? { role: 'img', 'aria-label': 'Utilization is not known' }
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

function showSides(sides: readonly LayerPanel[]): void {
  byId('sides').replaceChildren(...sides.map(card));
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
  return element('div', { class: isFull ? 'side full' : 'side', id: `side-${id}` }, title, list);
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

/** A list that is there already keeps the focus where it is. */
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
    'Worst of all',
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

/** Healthy goes without saying, but not for who cannot see the mark. */
function wordOf({ percent: value }: PoolSummary, level: Level): HTMLElement {
  const word = element('span', level === 'healthy' ? { class: 'hidden' } : {}, ` ${WORDS[level].toLowerCase()}`);
  return element('span', { class: 'word' }, percent(value), word);
}

function link(href: string, name: string, isCurrent: boolean, mark: Node, ...after: readonly Node[]): HTMLElement {
  const attributes = { href, ...(isCurrent && { 'aria-current': 'true' }) };
  return element('a', attributes, mark, element('span', { class: 'name' }, name), ...after);
}
