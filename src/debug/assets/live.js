// Keeps the open page as fresh as the fleet: on news from the event stream the page is fetched
// again and its content swapped. Without this script every page works by itself.

import { adopt_charts, draw_charts } from './chart.js';

const stream_url = '/debug/v1/events/stream';
const rest_ms = Number(document.body.dataset.every || 3000);  // Between two fetches.
const quiet_ms = 10000;  // Ages on the page grow even when nothing happens.
const poll_ms = 5000;    // When there is no stream.

const words = {
  live: 'live',
  reconnecting: 'reconnecting',
  paused: 'paused',
};
const held = new URLSearchParams(location.search).get('refresh') === '0';
let stream = null;
let poll = null;
let planned = null;
let fetched_at = 0;

function show(state, text) {
  const mark = document.getElementById('live');
  if (!mark || mark.dataset.state === state && mark.textContent === (text || words[state])) return;
  mark.dataset.state = state;
  mark.textContent = text || words[state];
}

// Someone who types, or has marked a text to copy it, is not disturbed.
function is_busy(main) {
  const at = document.activeElement;
  if (at && main.contains(at) && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) return true;
  const marked = document.getSelection();
  return Boolean(marked && !marked.isCollapsed && main.contains(marked.anchorNode));
}

// What is focused: its id, or which of the links to its address it is.
function remember_focus(main) {
  const at = document.activeElement;
  if (!at || !main.contains(at)) return () => {};
  if (at.id) return () => document.getElementById(at.id)?.focus({ preventScroll: true });
  const href = at.getAttribute('href');
  if (!href) return () => {};
  const same = () => [...main.querySelectorAll('a')].filter(a => a.getAttribute('href') === href);
  const which = same().indexOf(at);
  return () => same()[which]?.focus({ preventScroll: true });
}

function swap(fresh) {
  const main = document.querySelector('main');
  const next = fresh.querySelector('main');
  if (!main || !next || is_busy(main)) return;
  for (const open of main.querySelectorAll('details[open][id]'))
    next.querySelector('#' + CSS.escape(open.id))?.setAttribute('open', '');
  const sideways = [...main.querySelectorAll('.wide')].map(each => each.scrollLeft);
  const refocus = remember_focus(main);
  adopt_charts(main, next);
  main.replaceChildren(...next.childNodes);
  main.querySelectorAll('.wide').forEach((each, i) => { each.scrollLeft = sideways[i] || 0; });
  refocus();
  for (const id of ['tick', 'generation']) {
    const from = fresh.getElementById(id);
    const to = document.getElementById(id);
    if (from && to) to.replaceWith(document.adoptNode(from));
  }
  document.title = fresh.title;
  draw_charts(main);
}

async function refresh() {
  planned = null;
  fetched_at = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (!answer.ok) return;
    swap(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    if (poll) show('live', 'live, every 5 s');
  } catch {
    show('reconnecting');
  }
}

function soon() {
  if (planned || document.hidden) return;
  planned = setTimeout(refresh, Math.max(0, rest_ms - (performance.now() - fetched_at)));
}

function poll_instead() {
  if (poll) return;
  poll = setInterval(soon, poll_ms);
  show('live', 'live, every 5 s');
}

function close() {
  stream?.close();
  stream = null;
  clearInterval(poll);
  poll = null;
  clearTimeout(planned);
  planned = null;
}

function open() {
  stream = new EventSource(stream_url);
  stream.onopen = () => { show('live'); soon(); };
  stream.onerror = () => {
    if (stream && stream.readyState === EventSource.CLOSED) poll_instead();
    else show('reconnecting');
  };
  stream.onmessage = soon;
  for (const kind of (document.body.dataset.events || 'summary').split(' '))
    stream.addEventListener(kind, soon);
}

document.addEventListener('visibilitychange', () => {
  if (held) return;
  close();
  if (document.hidden) return show('paused');
  show('reconnecting', 'connecting');
  open();
  soon();
});

draw_charts(document);
const switch_link = document.getElementById('hold');
if (held) {
  show('paused', 'paused: held still');
  if (switch_link) {
    const there = new URL(location.href);
    there.searchParams.delete('refresh');
    switch_link.href = there.href;
    switch_link.textContent = 'go live';
  }
} else if (document.hidden) {
  show('paused');
} else {
  show('reconnecting', 'connecting');
  open();
  setInterval(() => { if (performance.now() - fetched_at > quiet_ms) soon(); }, quiet_ms);
}
