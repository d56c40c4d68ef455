// Puts a chart one can point into in the place of the server's drawing. The numbers stand in the
// figure: `seconds,ok,failed,suppressed` a minute, parted by semicolons.

const height = 190;

function numbers_of(figure) {
  const rows = (figure.dataset.points || '').split(';').filter(Boolean).map(
    row => row.split(',').map(Number));
  return [0, 1, 2, 3].map(column => rows.map(row => row[column]));
}

function clock(at) {
  return at == null ? '\u2013' : new Date(at * 1000).toISOString().slice(11, 16);
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function series(label, name, dash) {
  return { label, stroke: colour(name), width: 1.6, dash, points: { show: false } };
}

function axis() {
  return {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  };
}

function make(figure) {
  const place = document.createElement('div');
  place.className = 'plot';
  const options = {
    width: Math.max(280, figure.clientWidth),
    height,
    tzDate: at => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] } },
    axes: [
      { ...axis(), values: (_, ticks) => ticks.map(clock) },
      { ...axis(), size: 44 },
    ],
    series: [
      { label: 'UTC', value: (_, at) => clock(at) },
      series('ok', '--f-ok'),
      series('failed', '--f-bad'),
      series('suppressed', '--f-calm', [4, 3]),
    ],
  };
  place.plot = new uPlot(options, numbers_of(figure), place);
  return place;
}

// Moves the charts of the old content into the new one, with the new numbers.
export function adopt_charts(from, to) {
  for (const old of from.querySelectorAll('figure[data-points][id]')) {
    const place = old.querySelector('.plot');
    const next = to.querySelector('#' + CSS.escape(old.id));
    if (!place || !next) continue;
    next.replaceChildren(document.adoptNode(place));
    place.plot.setData(numbers_of(next));
  }
}

export function draw_charts(root) {
  if (typeof uPlot === 'undefined') return;
  for (const figure of root.querySelectorAll('figure[data-points]'))
    if (!figure.querySelector('.plot')) figure.replaceChildren(make(figure));
}

addEventListener('resize', () => {
  for (const place of document.querySelectorAll('.plot'))
    place.plot.setSize({ width: Math.max(280, place.parentNode.clientWidth), height });
});
