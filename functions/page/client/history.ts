import { historyInWords, historyRows, spanInWords } from '../history-summary.js';
import { connectionsChart, utilizationChart } from './chart.js';
import { byId, element, setText } from './dom.js';
import type { PageState } from './poller.js';

const charts = [utilizationChart(byId('utilization-chart')), connectionsChart(byId('connections-chart'))];

let shown: PageState['history'] = null;

/** Shows the last hour as charts, a sentence and a table, or why there is none. */
export function renderHistory({ history, historyFailure }: PageState): void {
  const note = byId('history-note');
  note.hidden = historyFailure === null && history !== null;
  setText(note, historyFailure ?? 'Loading …');
  byId('charts').hidden = history === null;
  if (history === null || history === shown) {
    return;
  }
  shown = history;
  setText(byId('history-title'), spanInWords(history));
  setText(byId('history-words'), historyInWords(history));
  const cells = historyRows(history).map(({ time, utilization, active, idle, waiting }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, time),
      ...[utilization, active, idle, waiting].map((value) => element('td', {}, value)),
    ),
  );
  byId('history-rows').replaceChildren(...cells);
  for (const chart of charts) {
    chart.show(history);
  }
}

/** Draws the charts again when the colours of the page have changed. */
export function redrawHistory(): void {
  for (const chart of charts) {
    chart.redraw();
  }
}
