// The cards of the causes, with search, filters and sorting. A card is drawn
// when it is opened first.

const KIND_WORD = {
  lost: 'promised effect lost', ghost: 'never written, but there', stale: 'bytes of another file', torn: 'versions mixed', regress: 'older state is back',
  name: 'half-done name change', size: 'size it never had', time: 'time never set', gap: 'record missing below another', restart: 'restart area damaged',
  base: 'log base moved', unreadable: 'cannot be read', died: 'recovery crashed', hang: 'recovery hung', error: 'an operation failed', check: 'check failed',
  fsck: 'checker complained', unflushed: 'sync left no flush', unstable: 'second crash changed it', nondeterministic: 'two results for one state',
};

const STANDING_WORD = {new: 'new', expected: 'expected by the file', known: 'in the baseline'};

function statesList(violation) {
  const groups = violation.found_texts.map((text, t) => ({text, ids: violation.states.filter((_, i) => violation.found_of_states[i] === t)}));
  const most = 60;
  return groups.map(({text, ids}) => {
    const list = h('ul', {class: 'ids'}, ids.slice(0, most).map((id) => h('li', {}, id)));
    const more = ids.length > most && h('button', {class: 'small', type: 'button', onclick: () => {
      list.append(...ids.slice(most).map((id) => h('li', {}, id)));
      more.remove();
    }}, 'Show ' + plural(ids.length - most, 'more state'));
    return h('div', {}, h('p', {}, plural(ids.length, 'state') + ': ' + text), list, more);
  });
}

function statesWords({states, count: all}) {
  if (states.length >= all) return 'All ' + plural(all, 'state') + ' with this cause';
  return 'The first ' + count(states.length) + ' of ' + plural(all, 'state') + ' with this cause; the JSON report has them all';
}

function section(title, content) {
  return content && [h('h4', {}, title), content];
}

function cardBody(cause) {
  const {workload, violation} = cause;
  const line = replayLine(cause);
  // Ops of workloads say `op 3  rename /b /a  not returned` in columns.
  const op = violation.op_text.replace(/\s{2,}/g, ' ').replace(/^program recorded$/, '').replace(/^(op (\d+|-)|program) /, '');
  return [
    h('dl', {class: 'gap'}, h('div', {class: 'is-bad'}, h('dt', {class: 'bad'}, icon('bad'), 'Found'), h('dd', {}, violation.found)),
        h('div', {class: 'is-good'}, h('dt', {class: 'good'}, icon('good'), 'Admissible'), h('dd', {}, violation.admissible))),
    terms('rows', [
      [violation.op ? 'Op ' + violation.op : 'During', op + (violation.line ? ' (line ' + violation.line + ')' : '')],
      ['In force', violation.promise], ['Crash', violation.crash], ['Disk fault', violation.faults], ['Lost', violation.lost_files],
      ['Not yet issued', violation.unissued], ['Missing', violation.missing || []], ['Excused by', violation.excuses.join(', ')], ['Cause', h('code', {}, violation.cause)],
      ['World', workload.backend + ' under profile ' + workload.profile],
    ]),
    h('div', {class: 'replay'}, h('code', {tabindex: 0, 'aria-label': 'Replay line'}, line), copyButton(line, 'the replay line')),
    workload.timeline && section('Timeline', timeline(workload, violation)),
    violation.shown && section('Blocks at the crash', blockMap(cause)),
    section('Files', namesPart(violation.shown)),
    violation.states.length > 0 && h('details', {}, h('summary', {}, statesWords(violation)), statesList(violation)),
  ];
}

// A cause. Under several profiles it has a sight for each, of which one is shown.
class Card {
  constructor(cause) {
    this.sights = cause.sights;
    this.sight = cause.sights[0];
    const {workload, violation, id} = this.sight;
    const fresh = isNew(cause);
    const states = plural(this.states, violation.kind === 'unflushed' ? 'op' : 'state');
    this.button = h('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': id + '-body', onclick: () => this.toggle()},
        h('span', {class: 'tag ' + (fresh ? 'bad' : 'plain'), title: KIND_WORD[violation.kind]}, icon('bad'), violation.kind), h('span', {class: 'title'}, titleOf(this.sight)),
        h('span', {class: 'fold', 'aria-hidden': 'true'}, '▶'),
        h('span', {class: 'facts'}, h('span', {}, states), h('span', {}, nameOf(workload.file) + (violation.line ? ':' + violation.line : '')),
            h('span', {}, this.sights.length > 1 ? 'under ' + plural(this.sights.length, 'profile') : workload.profile),
            h('code', {}, violation.cause), !fresh && h('b', {}, STANDING_WORD[standingOf(violation)])));
    this.body = h('div', {class: 'body', id: id + '-body', hidden: true});
    this.element = h('article', {class: 'cause panel', id, 'aria-label': violation.kind + ' ' + titleOf(this.sight)}, h('h3', {}, this.button), this.body);
    this.words = this.sights.map(wordsOf).join('\n').toLowerCase();
  }
  // Of all its profiles.
  get states() { return this.sights.reduce((sum, {violation}) => sum + violation.count, 0); }
  get open() { return !this.body.hidden; }
  set open(open) {
    this.body.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (open && !this.body.firstChild) this.draw();
  }
  toggle() { this.open = !this.open; }
  draw() {
    const choose = (sight) => h('button', {class: 'small', type: 'button', 'aria-pressed': String(sight === this.sight), onclick: () => this.show(sight)},
        sight.workload.profile, h('small', {}, count(sight.violation.count)));
    const worlds = this.sights.length > 1 && h('div', {class: 'sights', role: 'group', 'aria-label': 'Profile shown, with its states'}, 'Under', this.sights.map(choose));
    this.body.replaceChildren(...[worlds, cardBody(this.sight)].flat(Infinity).filter(Boolean));
  }
  // Shows the cause under another profile.
  show(sight) {
    this.sight = sight;
    if (!this.body.firstChild) return;
    const inside = this.body.contains(document.activeElement);
    this.draw();
    if (inside) this.body.querySelector('.sights [aria-pressed=true]').focus();
  }
}

// What the search looks at.
function wordsOf({workload, violation}) {
  return [violation.kind, violation.cause, violation.path, violation.found, violation.admissible, violation.op_text, violation.promise,
    violation.id, workload.file, workload.profile, workload.backend, ...violation.lost_files].join('\n');
}

const ORDERS = {
  'as in the report': () => 0,
  'most states first': (a, b) => b.states - a.states,
  'fewest lost blocks': (a, b) => a.sight.violation.lost_blocks - b.sight.violation.lost_blocks,
  'earliest crash': (a, b) => crashPoint(a.sight) - crashPoint(b.sight),
  'by cause': (a, b) => compare(a.sight.violation.cause, b.sight.violation.cause),
  'by file': (a, b) => compare(a.sight.workload.file, b.sight.workload.file),
};

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function crashPoint({violation}) {
  return parseInt(violation.id, 10);
}

function causeList(causes) {
  const cards = causes.map((cause) => new Card(cause));
  const list = h('div', {class: 'list'});
  const shown = h('span', {class: 'shown', role: 'status'});
  const search = h('input', {type: 'search', placeholder: 'Search paths, causes, texts', 'aria-label': 'Search the causes', oninput: () => apply()});
  // A filter is there only if it has a choice.
  const filters = [
    ['Kind', ({violation}) => violation.kind], ['World', ({workload}) => workload.profile], ['File', ({workload}) => nameOf(workload.file)],
    ['Standing', ({violation}) => standingOf(violation)],
  ].map(([name, valueOf]) => ({name, valueOf, values: [...new Set(causes.flatMap(({sights}) => sights.map(valueOf)))].sort()})).filter(({values}) => values.length > 1);
  for (const filter of filters) {
    filter.select = h('select', {onchange: () => apply()}, h('option', {value: ''}, 'all'), filter.values.map((value) => h('option', {value}, STANDING_WORD[value] || value)));
  }
  const sort = h('select', {onchange: () => apply()}, Object.keys(ORDERS).map((name) => h('option', {value: name}, name)));
  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const left = cards.filter((card) => words.every((word) => card.words.includes(word)) &&
        card.sights.some((sight) => filters.every(({select, valueOf}) => !select.value || valueOf(sight) === select.value)));
    left.sort(ORDERS[sort.value]);
    const world = filters.find(({name}) => name === 'World');
    if (world && world.select.value) {
      for (const card of left) card.show(card.sights.find(({workload}) => workload.profile === world.select.value));
    }
    list.replaceChildren(...(left.length ? left.map((card) => card.element) : [h('p', {class: 'note'}, 'No cause matches. Clear the search and the filters to see all.')]));
    shown.textContent = left.length === cards.length ? plural(cards.length, 'cause') : count(left.length) + ' of ' + plural(cards.length, 'cause');
  }
  apply();
  const tools = cards.length > 1 && h('div', {class: 'tools', role: 'search'}, search,
      filters.map(({name, select}) => h('label', {}, name, select)), h('label', {}, 'Order', sort), shown);
  return {cards, search, element: h('section', {id: 'causes', 'aria-label': 'Causes'}, h('h2', {}, cards.length === 1 ? 'The cause' : 'The causes'), tools, list)};
}
