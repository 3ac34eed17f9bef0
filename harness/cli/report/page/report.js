// What the report says, in the words of the page.

const report = JSON.parse(document.getElementById('report').textContent);

// All causes, in the order of the report. A cause of one file under several
// profiles is one, with a sight for each profile that has it.
function causesOf(json) {
  const causes = new Map();
  json.workloads.forEach((workload, w) => workload.violations.forEach((violation, v) => {
    const key = workload.file + '\n' + violation.cause;
    if (!causes.has(key)) causes.set(key, {sights: []});
    causes.get(key).sights.push({workload, violation, id: 'cause-' + (w + 1) + '-' + (v + 1)});
  }));
  return [...causes.values()];
}

// A word as a shell reads it; the rule is that of ShellWord() in the tool.
function shellWord(word) {
  if (/^[A-Za-z0-9/._\-+,:@%=][A-Za-z0-9/._\-+,:@%~=#]*$/.test(word)) return word;
  return "'" + word.replaceAll("'", "'\\''") + "'";
}

function replayLine({workload, violation}) {
  const file = violation.recovery_file || workload.replay_file || workload.file;
  const id = violation.recovery_file ? violation.recovery_id : violation.id;
  return 'powercut replay ' + shellWord(file) + ' --at ' + shellWord(id) + workload.replay_flags;
}

function titleOf({violation}) {
  const named = !violation.path || violation.found.startsWith(violation.path + ' ');
  return (named ? '' : violation.path + ': ') + violation.found;
}

function nameOf(file) {
  return file.slice(file.lastIndexOf('/') + 1);
}

// Whether a cause makes the verdict: what the file expects or a baseline knows
// does not. Reports of older versions do not say.
function standingOf(violation) {
  return violation.standing || 'new';
}

function isNew({sights}) {
  return sights.some(({violation}) => standingOf(violation) === 'new');
}

function wholeSpace(workload) {
  return workload.space.exhausted && workload.space.mode.startsWith('exhaustive');
}

// How much of the crash space was looked at, as a sentence.
function coverage(workload) {
  const visited = workload.states - workload.nested_states;
  const parts = [];
  if (wholeSpace(workload)) {
    parts.push('All ', power(workload.space.log2), ' crash states are decided, by visiting ' + count(visited) + '.');
  } else {
    parts.push(count(visited) + ' of ', power(workload.space.log2), ' crash states were visited (space ',
        h('code', {}, workload.space.mode), ').');
  }
  if (workload.bound) parts.push(' Not exhausted: ' + workload.bound + '.');
  else if (!wholeSpace(workload)) parts.push(workload.space.exhausted ? ' Each state of this space was judged.' : '');
  if (workload.space.open_points === 0) parts.push(' Nothing was open at any crash point, so that no write could be lost.');
  return parts;
}

// The part of the space that was visited, on a scale of powers of two.
function coveredShare(workload) {
  if (wholeSpace(workload) || workload.space.log2 <= 0) return 1;
  const visited = Math.max(1, workload.states - workload.nested_states);
  return Math.min(1, Math.log2(visited) / workload.space.log2);
}

// Workloads of one file under several profiles, in their order.
function worldsOf(json) {
  const groups = new Map();
  for (const workload of json.workloads) {
    groups.set(workload.file, [...(groups.get(workload.file) || []), workload]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
