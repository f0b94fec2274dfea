import { Feed, type Known } from './feed.js';
import { redrawHistory, renderHistory } from './history.js';
import { render } from './render.js';

/** The page: asks, shows, and says how old what it shows is. */

let known: Known | null = null;

const feed = new Feed(selected, (news) => {
  known = news;
  show();
});

/** The pool that the address names after `#`; null for the worst of all. */
function selected(): string | null {
  try {
    return decodeURIComponent(location.hash.slice(1)) || null;
  } catch {
    return null;
  }
}

function show(): void {
  if (known) {
    const wasStale = document.body.classList.contains('stale');
    render(known, selected(), Date.now());
    renderHistory(known);
    if (document.body.classList.contains('stale') !== wasStale) {
      redrawHistory();
    }
  }
}

/** A page that nobody sees asks nothing. */
function followVisibility(): void {
  if (document.hidden) {
    feed.stop();
  } else {
    show();
    feed.start();
  }
}

addEventListener('hashchange', () => feed.select());
document.addEventListener('visibilitychange', followVisibility);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawHistory);
// Ages grow between two answers.
setInterval(() => document.hidden || show(), 1_000);
followVisibility();
