// The timeline of a recording: ops, writes by their place on the disk, flushes
// and acks along the events, with the crash of a cause in it. Thousands of
// events do not fit on a screen: a strip shows all of them, and the drawing a
// window that moves and zooms.

const LANE_LABEL = 62;

// What the drawing asks of a recording. A unit is one event, or one group of
// events if the report had to sum them up.
class Recording {
  constructor(workload) {
    const t = workload.timeline;
    this.t = t;
    this.events = workload.events;
    this.units = t.first.length;
    this.grouped = t.step > 1;
  }
  // The sectors at which writes of a window begin, each once, ascending.
  placesIn(from, span) {
    const sectors = new Set();
    for (let u = from; u < from + span; ++u) if (this.writes(u) > 0) sectors.add(this.t.first[u]);
    return [...sectors].sort((a, b) => a - b);
  }
  writes(u) {
    if (this.grouped) return this.t.writes[u];
    return 'wd'.includes(this.t.kinds[u]) ? 1 : 0;
  }
  // A flush of the whole disk to the media ends an epoch.
  flushes(u) {
    if (this.grouped) return this.t.flushes[u];
    return this.t.kinds[u] === 'f' && this.t.layers[u] === 'm' ? 1 : 0;
  }
  // The op that was running when an event happened: of several, the last.
  opAt(event) {
    let found = null;
    for (const op of this.t.ops) {
      if (op.begin >= event) break;
      if (op.end === undefined || op.end >= event) found = op;
    }
    return found;
  }
  // The numbers of the events that end an epoch.
  epochEnds() {
    if (!this.ends) {
      this.ends = [];
      for (let u = 0; u < this.units; ++u) if (this.flushes(u)) this.ends.push((u + 1) * this.t.step);
    }
    return this.ends;
  }
  describe(u) {
    const t = this.t;
    if (this.grouped) {
      const first = u * t.step + 1;
      return 'events ' + count(first) + ' to ' + count(Math.min(first + t.step - 1, this.events)) + ': ' +
          plural(t.writes[u], 'write') + ', ' + plural(t.flushes[u], 'flush', 'flushes') +
          (t.count[u] ? ', between the sectors ' + t.first[u] + ' and ' + (t.first[u] + t.count[u] - 1) : '');
    }
    const layer = {p: 'process', h: 'host', d: 'device', m: 'media'}[t.layers[u]];
    const sectors = t.count[u] === 1 ? 'sector ' + t.first[u] : 'sectors ' + t.first[u] + ' to ' +
        (t.first[u] + t.count[u] - 1);
    let text = 'event ' + count(u + 1) + ': ';
    if (t.kinds[u] === 'w') text += 'write of ' + sectors + ', at the ' + layer;
    else if (t.kinds[u] === 'd') text += 'discard of ' + sectors;
    else if (t.kinds[u] === 'p') text += 'persist of ' + plural(t.count[u], 'sector') + ' to the ' + layer;
    else text += (t.layers[u] === 'm' ? 'flush of the whole disk' : 'persist of the whole disk to the ' + layer) +
        (t.first[u] !== u + 1 ? ', up to event ' + t.first[u] : '');
    const op = this.opAt(u + 1);
    return text + (op ? ', during ' + opWords(op) : '');
  }
}

function opWords(op) {
  return (op.op ? 'op ' + op.op + ', ' : '') + op.text + (op.line ? ' (line ' + op.line + ')' : '');
}

const recordings = new Map();
function recordingOf(workload) {
  if (!recordings.has(workload)) recordings.set(workload, new Recording(workload));
  return recordings.get(workload);
}

// What the crash did to a write: lost some of it, or kept it though it could have
// been lost. Others were safe because a flush had carried them, or were
// overwritten.
function fates(shown) {
  const fate = new Map();
  if (!shown) return fate;
  shown.blocks.holds.forEach((event, i) => { if (event === shown.blocks.newest[i] && event) fate.set(event, 'kept'); });
  for (const loss of shown.losses) for (const event of loss.events) fate.set(event, 'lost');
  return fate;
}

function isSync(op) {
  return /sync|flush|checkpoint|commit/.test(op.text.split(' ')[0]);
}

class TimelineView {
  constructor(workload, violation) {
    this.r = recordingOf(workload);
    this.violation = violation;
    this.shown = violation && violation.shown;
    this.fate = fates(this.shown);
    this.crash = this.shown ? this.shown.point : null;
    this.promised = violation && violation.promised_at !== undefined ? violation.promised_at : null;
    this.cursor = null;
    this.span = null;
    this.build();
  }

  build() {
    const button = (text, label, action) => h('button', {class: 'small', type: 'button', 'aria-label': label, onclick: action}, text);
    this.where = h('span', {class: 'where'});
    this.strip = h('canvas', {'aria-hidden': 'true'});
    this.draw = h('div', {
      class: 'draw', tabindex: 0, role: 'application',
      'aria-label': 'Timeline of ' + plural(this.r.events, 'disk event') + '. Left and right move between events, plus and minus zoom.',
    });
    this.out = h('output', {'aria-live': 'polite'}, this.hint());
    this.moves = h('div', {class: 'bar'},
        button('‹', 'Earlier events', () => this.move(-0.5)), button('›', 'Later events', () => this.move(0.5)),
        button('−', 'Show more events', () => this.zoom(2)), button('+', 'Show fewer events', () => this.zoom(0.5)),
        this.crash !== null && button('Crash', 'Go to the crash', () => this.home()), this.where);
    this.element = h('div', {class: 'time panel'}, this.moves, this.strip, this.draw, this.out, this.legend());
    this.draw.addEventListener('keydown', (event) => this.key(event));
    this.draw.addEventListener('pointermove', (event) => this.point(event));
    this.draw.addEventListener('click', (event) => this.point(event));
    this.strip.addEventListener('pointerdown', (event) => { this.strip.setPointerCapture(event.pointerId); this.drag(event); });
    this.strip.addEventListener('pointermove', (event) => { if (event.buttons) this.drag(event); });
    new ResizeObserver(() => this.resize()).observe(this.element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.paint());
  }

  hint() {
    return this.r.grouped ? 'The report sums up ' + count(this.r.t.step) + ' events in each place.'
                          : 'Point at an event, or use the arrow keys, to read what it is.';
  }

  legend() {
    const mark = (shape) => s('svg', {viewBox: '0 0 15 15', 'aria-hidden': 'true'}, shape);
    const items = [];
    if (this.crash !== null && !this.r.grouped) {
      items.push(h('span', {}, mark(s('rect', {x: 3, y: 3, width: 9, height: 9, class: 'safe'})), 'safe, or overwritten'),
          h('span', {}, mark(s('rect', {x: 3, y: 3, width: 9, height: 9, class: 'kept'})), 'open, and kept'),
          h('span', {}, mark(lostMark(3, 3, 9, 9)), 'lost'),
          h('span', {}, mark(s('rect', {x: 3.5, y: 3.5, width: 8, height: 8, class: 'after'})), 'after the crash'));
    } else {
      items.push(h('span', {}, mark(s('rect', {x: 3, y: 3, width: 9, height: 9, class: 'safe'})), 'write'));
    }
    items.push(h('span', {}, mark(s('path', {d: 'M2 4h11L7.5 12z', class: 'flushmark'})), 'flush to the media, ends an epoch'));
    if (!this.r.grouped) items.push(h('span', {}, mark(s('path', {d: 'M7.5 3L12 7.5L7.5 12L3 7.5z', class: 'persist'})), 'carried to host or device'));
    if (this.r.t.acks.length) items.push(h('span', {}, mark(s('path', {d: 'M4 13V2l8 3-8 3z', class: 'ackmark'})), 'ack'));
    if (this.r.t.faults.length) items.push(h('span', {}, mark(s('path', {d: 'M4 13V2l8 3-8 3', class: 'lostx'})), 'disk fault'));
    return h('div', {class: 'legend'}, items);
  }

  resize() {
    const width = this.element.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    if (this.span === null) this.home();
    else this.paint();
  }

  // The first window: all units if each is wide enough, else the ones around
  // the crash.
  home() {
    const room = this.width - LANE_LABEL;
    this.span = this.r.units * 7 <= room ? this.r.units : Math.min(this.r.units, Math.max(12, Math.floor(room / 11)));
    const at = this.crash === null ? 0 : this.crash / this.r.t.step;
    this.from = this.crash === null ? 0 : at - this.span * 0.7;
    this.paint();
  }
  move(share) { this.from += this.span * share; this.paint(); }
  zoom(factor) {
    const middle = this.from + this.span / 2;
    this.span *= factor;
    this.from = middle - this.span / 2;
    this.paint();
  }
  clamp() {
    const most = Math.min(this.r.units, Math.max(12, (this.width - LANE_LABEL) / 2.5));
    this.span = Math.round(Math.max(Math.min(8, this.r.units), Math.min(this.span, most)));
    this.from = Math.round(Math.max(0, Math.min(this.from, this.r.units - this.span)));
  }
  key(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity, PageUp: -this.span, PageDown: this.span}[event.key];
    if (step !== undefined) {
      const start = this.cursor === null ? (this.crash === null ? -1 : Math.floor(this.crash / this.r.t.step) - (step > 0 ? 1 : 0)) : this.cursor;
      this.select(start + step);
    } else if (event.key === '+' || event.key === '=') this.zoom(0.5);
    else if (event.key === '-') this.zoom(2);
    else return;
    event.preventDefault();
  }
  select(unit) {
    this.cursor = Math.max(0, Math.min(this.r.units - 1, unit));
    if (this.cursor < this.from) this.from = this.cursor;
    if (this.cursor >= this.from + this.span) this.from = this.cursor - this.span + 1;
    this.tell();
    this.paint();
  }
  tell() {
    const fate = {kept: '; it could have been lost and was kept', lost: '; the crash lost some or all of it'}[this.fate.get(this.cursor + 1)];
    this.out.textContent = this.r.describe(this.cursor) + (this.r.grouped ? '' : fate || '');
  }
  point(event) {
    const box = this.draw.getBoundingClientRect();
    const unit = this.from + Math.floor((event.clientX - box.left - LANE_LABEL) / this.unitWidth());
    if (unit < this.from || unit >= this.from + this.span || unit === this.cursor) return;
    this.cursor = unit;
    this.tell();
    this.markCursor();
  }
  drag(event) {
    const box = this.strip.getBoundingClientRect();
    this.from = (event.clientX - box.left) / box.width * this.r.units - this.span / 2;
    this.paint();
  }
  unitWidth() { return (this.width - LANE_LABEL - 8) / this.span; }
  // Where the moment after so many events is.
  x(events) { return LANE_LABEL + (events / this.r.t.step - this.from) * this.unitWidth(); }

  paint() {
    if (!this.width) return;
    this.clamp();
    const all = this.span >= this.r.units;
    this.strip.hidden = all;
    this.strip.style.display = all ? 'none' : '';
    this.moves.hidden = all && this.r.units <= 12;
    this.moves.style.display = this.moves.hidden ? 'none' : '';
    const step = this.r.t.step;
    this.where.textContent = 'events ' + count(this.from * step + 1) + ' to ' +
        count(Math.min((this.from + this.span) * step, this.r.events)) + ' of ' + count(this.r.events);
    if (!all) paintStrip(this);
    this.draw.replaceChildren(drawLanes(this));
    this.markCursor();
  }

  markCursor() {
    const svg = this.draw.firstChild;
    const old = svg.querySelector('.cursor');
    if (old) old.remove();
    if (this.cursor === null) return;
    const width = this.unitWidth();
    svg.append(s('rect', {class: 'cursor', x: LANE_LABEL + (this.cursor - this.from) * width, y: this.cursorTop, width, height: this.cursorHeight, rx: 2}));
  }
}

function timeline(workload, violation) {
  return new TimelineView(workload, violation).element;
}
