// The matrix of a litmus report: tests by profiles, for each backend.

const LITMUS_LOOK = {ok: 'good', violation: 'bad', unseen: 'maybe', unsupported: 'none'};
const LITMUS_ICON = {ok: 'good', violation: 'bad', unseen: 'unseen', unsupported: 'none'};
const LITMUS_SHORT = {ok: 'Hold', violation: 'Violations', unseen: 'Never seen', unsupported: 'Not offered'};
const LITMUS_WORD = {
  ok: 'holds', violation: 'violation', unseen: 'an allowed state was never seen', unsupported: 'not offered there',
};

function litmusVerdict(tests) {
  if (tests.some((test) => test.verdict === 'violation')) return 'violation';
  return tests.some((test) => test.verdict === 'unseen') ? 'unknown' : tests.length ? 'ok' : 'unknown';
}

function outcomesTable(test) {
  if (test.verdict === 'unsupported') return h('p', {}, test.reason);
  return h('table', {}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Condition'), h('th', {scope: 'col'}, 'Class'), h('th', {scope: 'col', class: 'num'}, 'States'), h('th', {scope: 'col'}))),
      h('tbody', {}, test.outcomes.map((outcome) => {
        const wrong = outcome.class === 'forbid' && outcome.observed > 0;
        const unseen = outcome.class === 'allow' && outcome.observed === 0;
        return h('tr', {}, h('td', {}, outcome.state ? h('code', {}, outcome.state) : h('span', {class: 'soft'}, 'all other states')), h('td', {}, outcome.class),
            h('td', {class: 'num'}, count(outcome.observed)), h('td', {}, wrong ? h('span', {class: 'tag bad'}, icon('bad'), 'forbidden, and seen') : unseen ? h('span', {class: 'tag maybe'}, icon('unseen'), 'never seen') : ''));
      })));
}

// A row of one test, and below it what was asked of the cell that is open.
function matrixRow(key, columns, byColumn) {
  const rest = h('tr', {hidden: true});
  let open = null;
  const row = h('tr', {}, h('th', {scope: 'row'}, key.name || nameOf(key.file), h('small', {}, nameOf(key.file))), columns.map((column) => {
    const test = byColumn.get(column);
    if (!test) return h('td', {}, h('span', {class: 'unseen'}, 'did not run'));
    const label = key.name + ', ' + column + ': ' + LITMUS_WORD[test.verdict];
    const button = h('button', {type: 'button', class: LITMUS_LOOK[test.verdict], 'aria-label': label, title: LITMUS_WORD[test.verdict], 'aria-expanded': 'false'}, icon(LITMUS_ICON[test.verdict]));
    button.addEventListener('click', () => {
      if (open) open.setAttribute('aria-expanded', 'false');
      const same = open === button;
      open = same ? null : button;
      rest.hidden = same;
      if (same) return;
      button.setAttribute('aria-expanded', 'true');
      rest.replaceChildren(h('td', {class: 'wide', colspan: columns.length + 1}, h('div', {}, h('p', {}, h('b', {}, key.name || nameOf(key.file)), ' on ' + test.backend + ' under ' + test.profile + ' ', h('span', {class: 'soft'}, key.file)), outcomesTable(test))));
    });
    return h('td', {}, button);
  }));
  return {row, rest};
}

function moveInMatrix(event) {
  const button = event.target.closest('td button');
  const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (!button || !step) return;
  event.preventDefault();
  const rows = [...event.currentTarget.querySelectorAll('tbody tr')].filter((row) => row.querySelector('td > button'));
  const row = rows.indexOf(button.closest('tr'));
  const column = [...button.closest('tr').cells].indexOf(button.closest('td'));
  const target = rows[row + step[0]];
  const cell = target && target.cells[column + step[1]];
  const next = cell && cell.querySelector('button');
  if (next) next.focus();
}

function litmusPage(json) {
  const backends = [...new Set(json.tests.map((test) => test.backend))];
  // A backend stands in the head of a column only where tests ran on several.
  const backendOf = new Map();
  const several = json.tests.some((test) => {
    if (!backendOf.has(test.file)) backendOf.set(test.file, test.backend);
    return backendOf.get(test.file) !== test.backend;
  });
  const columnOf = (test) => (several ? test.backend + ' ' : '') + test.profile;
  const columns = [...new Set(json.tests.map(columnOf))];
  const verdict = litmusVerdict(json.tests);
  const counts = Object.keys(LITMUS_LOOK).map((name) => [name, json.tests.filter((test) => test.verdict === name).length]);
  const rows = new Map();
  for (const test of json.tests) {
    if (!rows.has(test.file)) rows.set(test.file, {key: {file: test.file, name: test.name}, byColumn: new Map()});
    rows.get(test.file).byColumn.set(columnOf(test), test);
  }
  document.title = 'Litmus · powercut report';
  const headline = {ok: 'All tests hold', violation: 'Some tests do not hold', unknown: 'Not all was seen'}[verdict];
  const head = [brand(''), h('div', {class: 'verdict'}, seal(verdict), h('div', {}, h('h1', {class: LOOK_OF_VERDICT[verdict]}, headline),
      h('p', {class: 'lead'}, plural(rows.size, 'litmus test') + ' on ' + backends.join(', ') + ' under ' + plural(new Set(json.tests.map((test) => test.profile)).size, 'profile') + '. In each cell, all crash states were held against the conditions of the test.'))),
    h('dl', {class: 'figures'}, counts.map(([name, n]) => figure(LITMUS_SHORT[name], count(n), 'of ' + plural(json.tests.length, 'run'))))];
  const lines = [...rows.values()].map(({key, byColumn}) => ({...matrixRow(key, columns, byColumn), words: (key.file + ' ' + key.name).toLowerCase(), verdicts: [...byColumn.values()].map((test) => test.verdict)}));
  const body = h('tbody', {});
  const shown = h('span', {class: 'shown', role: 'status'});
  const search = h('input', {type: 'search', placeholder: 'Search tests', 'aria-label': 'Search the tests', oninput: () => apply()});
  const filter = h('select', {onchange: () => apply()}, h('option', {value: ''}, 'all'), Object.keys(LITMUS_WORD).map((name) => h('option', {value: name}, LITMUS_WORD[name])));
  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const left = lines.filter((line) => words.every((word) => line.words.includes(word)) && (!filter.value || line.verdicts.includes(filter.value)));
    body.replaceChildren(...left.flatMap(({row, rest}) => [row, rest]));
    shown.textContent = left.length === lines.length ? plural(lines.length, 'test') : count(left.length) + ' of ' + plural(lines.length, 'test');
  }
  apply();
  const turned = columns.length > 4;
  const main = [h('h2', {}, 'The matrix'), h('div', {class: 'tools', role: 'search'}, search, h('label', {}, 'With', filter), shown),
    h('div', {class: 'panel scroll', tabindex: 0, role: 'region', 'aria-label': 'Tests by profiles'}, h('table', {class: 'matrix', onkeydown: moveInMatrix},
        h('thead', {}, h('tr', {}, h('th', {class: 'first', scope: 'col'}, 'Test'), columns.map((column) => h('th', {scope: 'col', class: turned ? 'turned' : null}, h('span', {}, column))))), body)),
    h('p', {class: 'legend'}, counts.filter(([, n]) => n).map(([name]) => h('span', {class: 'tag ' + (LITMUS_LOOK[name] === 'none' ? 'plain' : LITMUS_LOOK[name])}, icon(LITMUS_ICON[name]), LITMUS_WORD[name])))];
  return {head, main, search};
}
