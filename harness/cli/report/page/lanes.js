// The drawing of a timeline: the strip of all events on a canvas, and the lanes
// of the window as SVG.

// A block that lost what was written: an outline with a cross.
function lostMark(x, y, width, height) {
  return s('g', {}, s('rect', {class: 'lost', x: x + 0.75, y: y + 0.75, width: Math.max(1, width - 1.5), height: Math.max(1, height - 1.5)}),
      width > 4 && s('path', {class: 'lostx', d: 'M' + (x + 2) + ' ' + (y + 2) + 'L' + (x + width - 2) + ' ' + (y + height - 2)}));
}

function paintStrip(view) {
  const canvas = view.strip;
  const r = view.r;
  const scale = window.devicePixelRatio || 1;
  const width = view.width;
  const height = 44;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  // A column of pixels has many events, or an event many columns.
  const columns = Math.min(Math.floor(width), r.units);
  const wide = width / columns;
  const writes = new Float64Array(columns);
  const flushes = new Float64Array(columns);
  for (let u = 0; u < r.units; ++u) {
    const column = Math.min(columns - 1, Math.floor(u / r.units * columns));
    writes[column] += r.writes(u);
    flushes[column] += r.flushes(u);
  }
  const most = Math.max(1, ...writes);
  pen.clearRect(0, 0, width, height);
  for (let c = 0; c < columns; ++c) {
    pen.fillStyle = colour('--safe');
    const tall = writes[c] ? 3 + Math.sqrt(writes[c] / most) * 26 : 0;
    pen.fillRect(c * wide, 33 - tall, Math.max(1, wide - (wide > 3 ? 1 : 0)), tall);
    if (flushes[c]) {
      pen.fillStyle = colour('--ink');
      pen.fillRect(c * wide + wide - 1, 36, Math.max(1, Math.min(2, wide)), 5);
    }
  }
  const x = (unit) => unit / r.units * width;
  pen.fillStyle = colour('--shade');
  pen.fillRect(0, 0, x(view.from), height);
  pen.fillRect(x(view.from + view.span), 0, width, height);
  pen.strokeStyle = colour('--accent');
  pen.lineWidth = 1.5;
  pen.strokeRect(x(view.from) + 0.75, 0.75, Math.max(3, x(view.from + view.span) - x(view.from)) - 1.5, height - 1.5);
  if (view.crash !== null) {
    pen.fillStyle = colour('--bad');
    pen.fillRect(x(view.crash / r.t.step) - 1, 0, 2, height);
  }
}

// Puts ops that overlap in rows below each other: at most `most` rows.
function opRows(view, most) {
  const ends = [];
  const placed = [];
  const to = (view.from + view.span) * view.r.t.step;
  const from = view.from * view.r.t.step;
  for (const op of view.r.t.ops) {
    const end = op.end === undefined ? view.r.events : op.end;
    if (op.begin > to) break;
    if (end < from) continue;
    const left = Math.max(LANE_LABEL, view.x(op.begin));
    const right = Math.min(view.width - 8, Math.max(view.x(end), left + 3));
    if (right < LANE_LABEL) continue;
    let row = ends.findIndex((taken) => taken <= left + 0.5);
    if (row < 0 && ends.length < most) row = ends.length;
    if (row < 0) continue;
    ends[row] = right;
    placed.push({op, row, left, right});
  }
  return {placed, rows: Math.max(1, ends.length)};
}

function drawOps(view, top, lane) {
  const rowHeight = 20;
  const blamed = view.violation && view.violation.op;
  return lane.placed.map(({op, row, left, right}) => {
    const y = top + row * (rowHeight + 3);
    const width = Math.max(3, right - left);
    const letters = Math.floor((width - 8) / 6.7);
    const name = (op.op ? op.op + ' ' : '') + op.text;
    const kind = op.op && op.op === blamed ? ' blamed' : isSync(op) ? ' flush' : '';
    return s('g', {}, s('title', {}, opWords(op) + (op.error ? ', failed: ' + op.error : op.end === undefined ? ', never returned' : '')),
        s('rect', {class: 'op' + kind, x: left + 0.5, y: y + 0.5, width: Math.max(2, width - 1), height: rowHeight - 1, rx: 3}),
        letters > 2 && s('text', {class: 'optext', x: left + 5, y: y + 14}, name.length <= letters ? name : name.slice(0, letters - 1) + '…'));
  });
}

function drawEpochs(view, top, bottom) {
  const ends = view.r.epochEnds();
  const to = (view.from + view.span) * view.r.t.step;
  const from = view.from * view.r.t.step;
  const parts = [];
  let begin = 0;
  for (let e = 0; e <= ends.length; ++e) {
    const end = e < ends.length ? ends[e] : view.r.events;
    if (end > from && begin < to && end > begin) {
      const left = Math.max(LANE_LABEL, view.x(begin));
      const right = Math.min(view.width - 8, view.x(end));
      if (e % 2) parts.push(s('rect', {class: 'band', x: left, y: top, width: Math.max(0, right - left), height: bottom - top}));
      if (right - left > 58) parts.push(s('text', {x: left + 5, y: top + 13}, 'epoch ' + count(e + 1)));
      else if (right - left > 16) parts.push(s('text', {x: left + 3, y: top + 13}, count(e + 1)));
    }
    begin = end;
  }
  return parts;
}

function drawEvents(view, places, top, height, flushTop) {
  const {r, from, span} = view;
  const wide = view.unitWidth();
  const parts = [];
  const rows = Math.max(1, places.length);
  const ranks = new Map(places.map((sector, i) => [sector, i]));
  const tall = Math.max(3, Math.min(11, height / rows));
  const crash = view.crash === null ? Infinity : view.crash;
  for (let u = from; u < from + span; ++u) {
    const x = LANE_LABEL + (u - from) * wide;
    const inner = Math.max(1, wide - (wide > 4 ? 2 : 0));
    if (r.writes(u)) {
      const rank = ranks.get(r.t.first[u]);
      const y = top + (rows === 1 ? (height - tall) / 2 : rank / (rows - 1) * (height - tall));
      const fate = r.grouped ? 'safe' : u >= crash ? 'after' : view.fate.get(u + 1) || 'safe';
      if (fate === 'lost') parts.push(lostMark(x + 1, y, Math.max(3, inner), Math.max(tall, 6)));
      else parts.push(s('rect', {class: fate, x: x + 1, y, width: inner, height: tall}));
    }
    const middle = x + wide / 2;
    if (r.flushes(u)) {
      parts.push(s('path', {class: 'flush', d: 'M' + (x + wide) + ' ' + top + 'V' + (flushTop + 4)}),
          s('path', {class: 'flushmark', d: 'M' + (middle - 5) + ' ' + (flushTop + 3) + 'h10l-5 8z'}));
    } else if (!r.grouped && 'pf'.includes(r.t.kinds[u])) {
      const size = Math.min(4, wide / 2);
      parts.push(s('path', {class: 'persist', d: 'M' + middle + ' ' + (flushTop + 7 - size) + 'l' + size + ' ' + size + 'l-' + size + ' ' + size + 'l-' + size + ' -' + size + 'z'}));
    }
  }
  return parts;
}

// Notes after the same event become one.
function together(notes) {
  const groups = new Map();
  for (const {after, text} of notes) groups.set(after, [...(groups.get(after) || []), text]);
  return [...groups].map(([after, texts]) => ({after, text: texts.join(', ')}));
}

function drawNotes(view, notes, top, className) {
  const parts = [];
  let last = -Infinity;
  for (const note of together(notes)) {
    const x = view.x(note.after);
    if (x < LANE_LABEL - 1 || x > view.width) continue;
    const inForce = view.crash !== null && note.after <= view.crash;
    const g = s('g', {}, s('title', {}, note.text), s('path', {class: className, d: 'M' + x + ' ' + (top + 14) + 'V' + (top + 2) + 'l8 3.5l-8 3.5', opacity: inForce || view.crash === null ? 1 : 0.45}));
    const next = Math.min(24, note.text.length) * 6.2 + 18;
    if (x > last && x + next < view.width) {
      g.append(s('text', {class: 'ink', x: x + 11, y: top + 12}, note.text.length > 24 ? note.text.slice(0, 23) + '…' : note.text));
      last = x + next;
    }
    parts.push(g);
  }
  return parts;
}

function drawAxis(view, y) {
  const step = view.r.t.step;
  const least = 60 / view.unitWidth() * step;
  const tick = [1, 2, 5].flatMap((m) => [...Array(8).keys()].map((p) => m * 10 ** p)).sort((a, b) => a - b).find((n) => n >= least) || 1;
  const parts = [s('path', {class: 'axis', d: 'M' + LANE_LABEL + ' ' + (y - 14) + 'H' + (view.width - 8)})];
  for (let n = Math.ceil((view.from * step + 1) / tick) * tick; n <= (view.from + view.span) * step; n += tick) {
    const x = view.x(n) - (step === 1 ? view.unitWidth() / 2 : 0);
    if (x < view.width - 16) parts.push(s('text', {x, y, 'text-anchor': 'middle'}, count(n)));
  }
  return parts;
}

function drawCrash(view, top, bottom, force) {
  const parts = [];
  if (view.crash === null) return parts;
  const right = view.width - 8;
  const x = view.x(view.crash);
  const begin = view.promised === null ? null : view.x(view.promised);
  if (begin !== null && begin <= right && x >= LANE_LABEL) {
    const left = Math.max(LANE_LABEL, begin);
    parts.push(s('rect', {class: 'force', x: left, y: force + 5, width: Math.max(2, Math.min(x, right) - left), height: 4, rx: 2}));
    if (begin >= LANE_LABEL) parts.push(s('path', {class: 'promiseline', d: 'M' + begin + ' ' + (force + 1) + 'v12'}));
  }
  if (x >= LANE_LABEL - 1 && x <= right + 1) {
    parts.push(s('rect', {class: 'gone', x, y: top, width: Math.max(0, right - x), height: bottom - top}),
        s('path', {class: 'crashline', d: 'M' + x + ' ' + (top - 2) + 'V' + bottom}));
    const end = x > view.width - 80;
    parts.push(s('text', {class: 'crash', x: end ? x - 5 : x + 5, y: top - 6, 'text-anchor': end ? 'end' : 'start'}, '⚡ crash'));
  }
  return parts;
}

// The lanes from top to bottom: what was in force, epochs, ops, writes by place,
// flushes, acks and faults, numbers of events.
function drawLanes(view) {
  const {r} = view;
  const lane = opRows(view, 4);
  const places = r.placesIn(view.from, view.span);
  const force = view.promised !== null && view.crash !== null;
  let y = view.crash === null ? 6 : 22;
  const top = y;
  const forceTop = y + 18;
  y += 20 + (force ? 20 : 0);
  const opsTop = y;
  y += r.t.ops.length ? lane.rows * 23 + 8 : 0;
  const writesTop = y;
  const writesHeight = Math.max(44, Math.min(150, places.length * 9));
  y += writesHeight + 6;
  const flushTop = y;
  y += 18;
  const notesTop = y;
  const acks = r.t.acks.length > 0;
  const faults = r.t.faults.length > 0;
  y += (acks ? 20 : 0) + (faults ? 20 : 0);
  const bottom = y;
  view.cursorTop = writesTop - 2;
  view.cursorHeight = flushTop + 16 - writesTop;
  const label = (text, at) => s('text', {x: 10, y: at}, text);
  const label2 = (number, at) => s('text', {x: LANE_LABEL - 8, y: at, 'text-anchor': 'end'}, number);
  return s('svg', {class: 'lanes', width: view.width, height: bottom + 24, viewBox: '0 0 ' + view.width + ' ' + (bottom + 24), 'aria-hidden': 'true'},
      drawEpochs(view, top, bottom), force && label('in force', forceTop + 10),
      r.t.ops.length ? label(r.t.ops[0].op ? 'ops' : 'calls', opsTop + 14) : null, drawOps(view, opsTop, lane),
      label('writes', writesTop + writesHeight / 2 + 4), places.length > 1 && [
        label2(shortNumber(places[0]), writesTop + 8), label2(shortNumber(places[places.length - 1]), writesTop + writesHeight)],
      label('flushes', flushTop + 11), acks && label('acks', notesTop + 12), faults && label('faults', notesTop + (acks ? 32 : 12)),
      drawEvents(view, places, writesTop, writesHeight, flushTop), acks && drawNotes(view, r.t.acks, notesTop, 'ackmark'),
      faults && drawNotes(view, r.t.faults, notesTop + (acks ? 20 : 0), 'lostx'),
      drawAxis(view, bottom + 16), drawCrash(view, top, bottom, forceTop));
}

function shortNumber(number) {
  if (number < 100000) return String(number);
  return number < 1e7 ? Math.round(number / 1e3) + 'k' : number < 1e10 ? Math.round(number / 1e6) + 'M' : Math.round(number / 1e9) + 'G';
}
