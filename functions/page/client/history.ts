import { historyInWords, historyRows, spanInWords } from '../history-summary.js';
import { connectionsChart, utilizationChart } from './chart.js';
import { byId, element, setText } from './dom.js';
import type { Known } from './feed.js';

const charts = [utilizationChart(byId('utilization-chart')), connectionsChart(byId('connections-chart'))];

let shown: Known['history'] = null;

/** Shows the last hour as charts, as a sentence and as a table; or why it is not there. */
export function renderHistory({ history, historyFailure }: Known): void {
  const note = byId('history-note');
  note.hidden = historyFailure === null && history !== null;
  setText(note, historyFailure === null ? 'Asking …' : `The history is not available: ${historyFailure}`);
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

/** After the colours of the page have changed. */
export function redrawHistory(): void {
  for (const chart of charts) {
    chart.redraw();
  }
}
