import { redrawHistory, renderHistory } from './history.js';
import { type PageState, Poller } from './poller.js';
import { render } from './render.js';

const AGES_INTERVAL_MS = 1_000;

let state: PageState | null = null;

const poller = new Poller(selectedPool, (changed) => {
  state = changed;
  show();
});

/** The pool named in the address after `#`; null for the worst pool. */
function selectedPool(): string | null {
  try {
    return decodeURIComponent(location.hash.slice(1)) || null;
  } catch {
    return null;
  }
}

function show(): void {
  if (state) {
    const wasStale = document.body.classList.contains('stale');
    render(state, selectedPool());
    renderHistory(state);
    if (document.body.classList.contains('stale') !== wasStale) {
      redrawHistory();
    }
  }
}

/** A hidden page does not poll. */
function followVisibility(): void {
  if (document.hidden) {
    poller.stop();
  } else {
    show();
    poller.start();
  }
}

addEventListener('hashchange', () => poller.restart());
document.addEventListener('visibilitychange', followVisibility);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawHistory);
// Ages grow between two answers.
setInterval(() => document.hidden || show(), AGES_INTERVAL_MS);
followVisibility();
