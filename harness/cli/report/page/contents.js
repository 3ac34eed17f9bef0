// Names as they were found beside what would have been right, and their contents
// as differences of text or of bytes.

function bytesOf(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = parseInt(hex.substr(i * 2, 2), 16);
  return bytes;
}

function versionWords(version) {
  if (!version || version.is === 'missing') return 'missing';
  if (version.is === 'directory') return 'directory';
  if (version.is === 'unreadable') return 'unreadable: ' + version.why;
  return plural(version.size, 'byte');
}

function sameVersion(a, b) {
  return a.is === b.is && (a.size || 0) === (b.size || 0) && (a.hex || '') === (b.hex || '');
}

// The contents of workloads name the op that wrote each 16 bytes
// (model/words/content.h): a number 0xc0de, then the file, then the op.
function opOfGranule(bytes) {
  if (bytes.length < 16 || bytes[0] !== 0xde || bytes[1] !== 0xc0) return 0;
  return bytes[4] + bytes[5] * 256;
}

function wantedWord(shown) {
  return {admissible: 'admissible', 'nothing lost': 'with nothing lost', end: 'at the end of the recording'}[shown.wanted] || 'wanted';
}

// A word for one of several wanted versions.
function versionLabel(version, i) {
  if (version.is !== 'file') return versionWords(version);
  const op = version.hex ? opOfGranule(bytesOf(version.hex.slice(0, 32))) : 0;
  return versionWords(version) + (op ? ', by op ' + op : version.hex ? ', version ' + (i + 1) : '');
}

function isWanted(name) {
  return name.wanted.some((version) => sameVersion(version, name.found));
}

function hasContent(name) {
  return Boolean(name.found.hex || name.wanted.some((version) => version.hex));
}

// The other name whose content this one has, such as a file that was renamed in
// part.
function ownerOfContent(name, shown) {
  if (!name.found.hex || !/[1-9a-f]/.test(name.found.hex)) return null;
  const other = shown.names.find((one) => one !== name && one.wanted.some((version) => sameVersion(version, name.found)));
  return other ? other.path : null;
}

function namesTable(shown, names) {
  return h('div', {class: 'scroll'}, h('table', {class: 'names'},
      h('thead', {}, h('tr', {}, h('th', {scope: 'col'}, 'Name'), h('th', {scope: 'col'}, 'Found'),
          h('th', {scope: 'col'}, wantedWord(shown).replace(/^./, (c) => c.toUpperCase())), h('th', {scope: 'col'}, h('span', {class: 'unseen'}, 'Same')))),
      h('tbody', {}, names.map((name) => {
        const right = isWanted(name);
        const words = [...new Set(name.wanted.map(versionWords))];
        const sizeOnly = !right && words.includes(versionWords(name.found));
        const moved = right ? null : ownerOfContent(name, shown);
        return h('tr', {}, h('th', {scope: 'row'}, h('code', {}, name.path)),
            h('td', {'data-of': 'Found'}, h('span', {class: right ? null : 'differs'}, versionWords(name.found) + (sizeOnly ? ', other content' : '')),
                moved && h('small', {}, 'what ', h('code', {}, moved), ' may hold')),
            h('td', {'data-of': wantedWord(shown).replace(/^./, (c) => c.toUpperCase())}, words.join(', or ')),
            h('td', {class: 'is'}, h('span', {class: 'tag ' + (right ? 'good' : 'bad')}, icon(right ? 'good' : 'bad'), right ? 'as it may be' : 'differs')));
      }))));
}

// Lines of a unified difference: {sign, text, marks} where marks are the places
// that differ.
function hexLines(found, wanted, width) {
  const from = Math.min(found.hex !== undefined ? found.from : Infinity, wanted.hex !== undefined ? wanted.from : Infinity);
  const base = Number.isFinite(from) ? from : 0;
  const a = bytesOf(found.hex || '');
  const b = bytesOf(wanted.hex || '');
  const lines = [];
  // Rows that differ one after the other: what is wanted comes before what was
  // found.
  let plus = [];
  for (let at = 0; at < Math.max(a.length, b.length); at += width) {
    const rowA = a.slice(at, at + width);
    const rowB = b.slice(at, at + width);
    const line = (sign, bytes, row, other) => ({sign, offset: base + at, row, other, whole: bytes.slice(at - at % 16, at - at % 16 + 16)});
    if (rowA.length === rowB.length && rowA.every((byte, i) => byte === rowB[i])) {
      lines.push(...plus, line(' ', a, rowA, rowA));
      plus = [];
      continue;
    }
    if (rowB.length) lines.push(line('−', b, rowB, rowA));
    if (rowA.length) plus.push(line('+', a, rowA, rowB));
  }
  return [...lines, ...plus];
}

function hexLine(line, width) {
  const hex = [];
  let text = '';
  line.row.forEach((byte, i) => {
    const digits = byte.toString(16).padStart(2, '0');
    hex.push(line.sign !== ' ' && line.other.length && line.other[i] !== byte ? h('mark', {}, digits) : digits, i === 7 && width > 8 ? '  ' : ' ');
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
  });
  const missing = width - line.row.length;
  const op = opOfGranule(line.whole);
  return h('div', {class: {' ': 'same', '−': 'minus', '+': 'plus'}[line.sign]}, line.sign + ' ' + line.offset.toString(16).padStart(6, '0') + '  ', hex,
      '   '.repeat(missing) + (missing > width - 8 && width > 8 ? ' ' : '') + ' ' + text.padEnd(width), op && line.offset % 16 === 0 ? h('span', {class: 'soft'}, '  op ' + op) : null);
}

// The longest common lines, by a table; contents have at most 512 bytes.
function textLines(found, wanted) {
  const lines = (version) => new TextDecoder().decode(bytesOf(version.hex || '')).replace(/\n$/, '').split('\n');
  const a = found.hex ? lines(found) : [];
  const b = wanted.hex ? lines(wanted) : [];
  const best = Array.from({length: b.length + 1}, () => new Uint16Array(a.length + 1));
  for (let i = b.length - 1; i >= 0; --i) {
    for (let j = a.length - 1; j >= 0; --j) best[i][j] = b[i] === a[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  }
  const out = [];
  let i = 0;
  let j = 0;
  while (i < b.length || j < a.length) {
    if (i < b.length && j < a.length && b[i] === a[j]) { out.push({sign: ' ', text: b[i]}); ++i; ++j; }
    else if (i < b.length && (j === a.length || best[i + 1][j] >= best[i][j + 1])) out.push({sign: '−', text: b[i++]});
    else out.push({sign: '+', text: a[j++]});
  }
  return out;
}

function textLine(line) {
  return h('div', {class: {' ': 'same', '−': 'minus', '+': 'plus'}[line.sign]}, line.sign + ' ' + line.text);
}

// Leaves out the middle of long runs of lines of one sign.
function folded(lines, show) {
  const out = [];
  for (let i = 0; i < lines.length;) {
    let j = i;
    while (j < lines.length && lines[j].sign === lines[i].sign) ++j;
    const keep = lines[i].sign === ' ' ? 2 : 4;
    if (j - i <= keep * 2 + 1) for (let k = i; k < j; ++k) out.push(show(lines[k]));
    else {
      for (let k = i; k < i + keep; ++k) out.push(show(lines[k]));
      out.push(h('div', {class: 'cut'}, '  … ' + plural(j - i - keep * 2, 'line') + (lines[i].sign === ' ' ? ' the same' : ' more like this')));
      for (let k = j - keep; k < j; ++k) out.push(show(lines[k]));
    }
    i = j;
  }
  return out;
}

function isText(version) {
  const bytes = bytesOf(version.hex || '');
  return bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte !== 0x7f)) &&
      !new TextDecoder().decode(bytes).includes('\ufffd');
}

function contentDiff(name, shown) {
  const state = {version: 0, text: isText(name.found) && name.wanted.every(isText)};
  const pre = h('pre', {tabindex: 0, role: 'group', 'aria-label': 'Content of ' + name.path});
  const wanted = h('span', {class: 'choose', role: 'group', 'aria-label': 'Version to compare with'});
  const shapes = h('span', {class: 'choose', role: 'group', 'aria-label': 'Form'});
  const pressed = (text, on, action) => h('button', {class: 'small', type: 'button', 'aria-pressed': String(on), onclick: action}, text);
  const draw = () => {
    const other = name.wanted[state.version] || {is: 'missing'};
    const width = window.innerWidth < 640 ? 8 : 16;
    const lines = state.text ? folded(textLines(name.found, other), textLine)
                             : folded(hexLines(name.found, other, width), (line) => hexLine(line, width));
    pre.replaceChildren(...(lines.length ? lines : [h('div', {class: 'cut'}, 'Neither has any content here.')]));
    wanted.replaceChildren(...(name.wanted.length > 1 ? name.wanted.map((version, i) => pressed(versionLabel(version, i), i === state.version, () => { state.version = i; draw(); })) : []));
    shapes.replaceChildren(pressed('Text', state.text, () => { state.text = true; draw(); }), pressed('Bytes', !state.text, () => { state.text = false; draw(); }));
  };
  draw();
  return h('div', {class: 'diff'}, h('div', {class: 'bar'}, h('code', {}, name.path), h('span', {}, h('b', {}, '− '), wantedWord(shown)), h('span', {}, h('b', {}, '+ '), 'found'), wanted, shapes), pre);
}

// The part of a card; null if the report knows no names of this state.
function namesPart(shown) {
  if (!shown || !shown.names.length) return null;
  const most = 5;
  const wrong = shown.names.filter((name) => !isWanted(name));
  const right = shown.names.filter(isWanted);
  const first = shown.names.filter((name) => wrong.includes(name) || right.indexOf(name) < most);
  const rest = right.slice(most);
  return [namesTable(shown, first), shown.names.filter((name) => hasContent(name)).map((name) => contentDiff(name, shown)),
    rest.length > 0 && h('details', {}, h('summary', {}, count(rest.length) + ' more names, as they may be'), namesTable(shown, rest))];
}
