// The head of the page, and the tables over all workloads.

function seal(verdict) {
  const look = LOOK_OF_VERDICT[verdict];
  return h('div', {class: 'seal ' + look}, icon(look));
}

const HEADLINE = {ok: 'It holds', violation: 'It does not hold', unknown: 'Unknown'};

function brand(version) {
  return h('div', {class: 'brand'}, h('span', {}, h('b', {}, 'powercut'), version ? ' ' + version : '', ' · crash consistency report'));
}

// What was found, and what stands in the way of a verdict.
function findingsText(json, causes) {
  const fresh = causes.filter(isNew).length;
  const bad = json.workloads.filter((workload) => workload.verdict === 'violation').length;
  const bounded = json.workloads.some((workload) => workload.bound);
  const where = json.workloads.length > 1 && bad ? ', in ' + count(bad) + ' of ' + plural(json.workloads.length, 'exploration') : '';
  const said = [
    fresh && plural(fresh, 'cause') + (fresh === 1 ? ' leaves' : ' leave') + ' what no crash may leave' + where,
    !fresh && json.verdict === 'violation' && 'an expected violation was not found',
    !fresh && json.verdict === 'ok' && (causes.length ? 'what was found is expected or known' : 'what crashes leave is what they may leave'),
    !fresh && json.verdict === 'unknown' && 'no new violation was found',
    json.errors.length && plural(json.errors.length, 'file') + ' could not be checked',
    json.verdict === 'unknown' && bounded && 'not all was looked at',
    json.workloads.some((workload) => workload.unshown.length) && 'not every cause was confirmed',
  ].filter(Boolean);
  return said.join('; ');
}

// What the report is about, in one sentence.
function lead(json, causes) {
  const [first] = json.workloads;
  if (!first) return 'No file could be checked.';
  const files = new Set(json.workloads.map((workload) => workload.file));
  const profiles = new Set(json.workloads.map((workload) => workload.profile));
  const about = [files.size === 1 ? h('code', {}, first.file) : plural(files.size, 'file'), ' on ' + [...new Set(json.workloads.map((w) => w.backend))].join(', '),
    profiles.size === 1 ? ' under profile ' + first.profile : ' under ' + plural(profiles.size, 'profile')];
  return [about, ': ' + findingsText(json, causes) + '.'];
}

function figure(name, value, small) {
  return h('div', {}, h('dt', {}, name), h('dd', {}, value, small && h('small', {}, small)));
}

function figures(json, causes) {
  const sum = (pick) => json.workloads.reduce((total, workload) => total + pick(workload), 0);
  const expected = causes.filter((cause) => !isNew(cause)).length;
  const unshown = sum((workload) => workload.unshown.length);
  const one = json.workloads.length === 1 ? json.workloads[0] : null;
  const seconds = sum((workload) => workload.elapsed_s);
  return h('dl', {class: 'figures'},
      figure('Causes', count(causes.length + unshown), unshown ? plural(unshown, 'more') + ' not confirmed' : expected ? count(expected) + ' expected or known' : 'of violations'),
      figure('States visited', count(sum((workload) => workload.states)), one ? ['of ', power(one.space.log2)] : 'in ' + plural(json.workloads.length, 'exploration')),
      figure('Crash points', count(sum((workload) => workload.crash_points)), one ? one.crash_kinds.join(', ') : null),
      figure('Recoveries', count(sum((workload) => workload.recoveries.all)), seconds.toFixed(seconds < 10 ? 2 : 0) + ' s'),
      figure('Disk events', count(sum((workload) => workload.events)), count(sum((workload) => workload.writes)) + ' writes, ' + count(sum((workload) => workload.flushes)) + ' persists'));
}

function coverBar(workload) {
  return h('div', {class: 'cover'}, h('div', {class: 'bar', role: 'img', 'aria-label': 'Part of the crash space, on a scale of powers of two: ' + Math.round(coveredShare(workload) * 100) + ' percent'},
      h('i', {style: 'width:' + (coveredShare(workload) * 100).toFixed(1) + '%'})), h('p', {}, coverage(workload)));
}

function headOf(json, causes) {
  document.title = HEADLINE[json.verdict] + ' · powercut report';
  return [brand(json.version), h('div', {class: 'verdict'}, seal(json.verdict), h('div', {}, h('h1', {class: LOOK_OF_VERDICT[json.verdict]}, HEADLINE[json.verdict]), h('p', {class: 'lead'}, lead(json, causes)))),
    figures(json, causes), json.workloads.length === 1 && coverBar(json.workloads[0])];
}

// What stands in the way of the verdict, or limits it.
function notes(json) {
  const out = [];
  const add = (look, ...content) => out.push(h('p', {class: 'note ' + look}, content));
  if (json.interrupted) add('maybe', 'The command was interrupted. Files after the last one here may be missing.');
  if (json.shard) add('', 'This is shard ' + json.shard.index + ' of ' + json.shard.count + '. powercut merge makes the report of the whole.');
  for (const error of json.errors) add('bad', h('code', {}, error.file), ' could not be checked: ' + error.message);
  for (const workload of json.workloads) {
    const name = json.workloads.length > 1 ? nameOf(workload.file) + ' under ' + workload.profile + ': ' : '';
    if (workload.profile_note) add('', name + workload.profile_note);
    if (workload.writeback) add('', (name ? name + 'this' : 'This') + ' is one schedule of writeback (' + workload.writeback + ')' + (workload.unmount_only ? ', in which nothing reached the disk before the program had ended' : '') + '.');
    for (const line of workload.expect) {
      const met = line.ok || workload.violations.some((v) => v.kind === line.kind && (!line.path || v.path === line.path));
      if (!met && !workload.shard) add('bad', name + 'line ' + line.line + ' expects a violation ' + line.kind + ' ' + line.path + ', which was not found.');
    }
    for (const fault of workload.faults) {
      if (fault.fired === 0) add('maybe', name + 'the fault ', h('code', {}, fault.fault), ' never fired.');
    }
  }
  return out;
}

// What was found with a cause, under the first profile that has it.
function foundUnder(group, cause) {
  const workload = group.find(({violations}) => violations.some((violation) => violation.cause === cause));
  return titleOf({violation: workload.violations.find((violation) => violation.cause === cause)});
}

// One file under several profiles: the worlds side by side.
function worldsTable(group, openCause) {
  const cell = (workload, cause) => {
    const v = workload.violations.findIndex((violation) => violation.cause === cause);
    if (v < 0) return h('td', {class: 'soft'}, '–', h('span', {class: 'unseen'}, 'not found'));
    const id = 'cause-' + (report.workloads.indexOf(workload) + 1) + '-' + (v + 1);
    return h('td', {}, h('a', {href: '#' + id, onclick: (event) => { event.preventDefault(); openCause(id); }}, plural(workload.violations[v].count, 'state')));
  };
  const causes = [...new Set(group.flatMap((workload) => workload.violations.map(({cause}) => cause)))].sort();
  const row = (name, pick, className) => h('tr', {}, h('th', {scope: 'row'}, name), group.map((workload) => h('td', {class: className}, pick(workload))));
  return h('section', {}, h('h2', {}, 'The worlds of ', nameOf(group[0].file)), h('div', {class: 'panel scroll', tabindex: 0, role: 'region', 'aria-label': 'Profiles side by side'},
      h('table', {class: 'worlds'}, h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Profile'), group.map((workload) => h('th', {scope: 'col'}, workload.profile)))),
          h('tbody', {}, row('Verdict', (workload) => verdictTag(workload.verdict)),
              row('States visited', (workload) => [count(workload.states - workload.nested_states), ' of ', power(workload.space.log2)]),
              row('Decided', (workload) => (wholeSpace(workload) ? 'all' : workload.space.exhausted ? 'all of ' + workload.space.mode : 'not all' + (workload.bound ? ': ' + workload.bound : ''))),
              row('Recoveries', (workload) => count(workload.recoveries.all)),
              causes.map((cause) => h('tr', {}, h('th', {scope: 'row', title: cause}, foundUnder(group, cause)), group.map((workload) => cell(workload, cause))))))));
}

function workloadsTable(json) {
  const head = ['File', 'Profile', 'Verdict', 'Causes', 'States', 'Space', 'Decided'];
  return h('section', {}, h('h2', {}, 'What was checked'), h('div', {class: 'panel scroll', tabindex: 0, role: 'region', 'aria-label': 'Workloads'}, h('table', {},
      h('thead', {}, h('tr', {}, head.map((name, i) => h('th', {scope: 'col', class: i > 2 && i < 6 ? 'num' : null}, name)))),
      h('tbody', {}, json.workloads.map((workload) => h('tr', {}, h('th', {scope: 'row'}, nameOf(workload.file)), h('td', {}, workload.backend + ', ' + workload.profile),
          h('td', {}, verdictTag(workload.verdict)), h('td', {class: 'num'}, count(workload.violations.length + workload.unshown.length)), h('td', {class: 'num'}, count(workload.states)), h('td', {class: 'num'}, power(workload.space.log2)),
          h('td', {}, wholeSpace(workload) ? 'all' : workload.space.exhausted ? 'all of ' + workload.space.mode : 'not all' + (workload.bound ? ': ' + workload.bound : ''))))))));
}

// Causes beyond those that are confirmed and shown.
function unshownPart(json) {
  const rows = json.workloads.flatMap((workload) => workload.unshown.map((one) => [workload, one]));
  if (!rows.length) return null;
  return h('section', {}, h('h2', {}, plural(rows.length, 'more cause') + ', not confirmed'), h('details', {}, h('summary', {}, 'List them'),
      h('ul', {class: 'ids'}, rows.map(([workload, one]) => h('li', {}, one.cause + ': ' + plural(one.count, 'state') + (json.workloads.length > 1 ? ' under ' + workload.profile : ''))))));
}

// The recordings without any crash. Beyond a few, each is drawn when opened.
function recordingsPart(json) {
  const workloads = json.workloads.filter((workload) => workload.timeline && workload.events > 0);
  if (!workloads.length) return null;
  const one = workloads.length === 1;
  return h('section', {}, h('h2', {}, one ? 'The recording' : 'The recordings'), workloads.map((workload) => {
    if (one && !workload.violations.length) return timeline(workload, null);
    const box = h('div', {});
    const details = h('details', {}, h('summary', {}, (one ? 'Draw it: ' : nameOf(workload.file) + ' under ' + workload.profile + ': ') + plural(workload.events, 'disk event')), box);
    details.addEventListener('toggle', () => { if (details.open && !box.firstChild) box.append(timeline(workload, null)); });
    return details;
  }));
}
