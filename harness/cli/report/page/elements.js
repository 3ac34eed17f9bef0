// Elements of the page. Every text of the report becomes a text node, so that
// no name of a file and no message of a check is ever read as markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

// h('p', {class: 'soft'}, 'text', h('b', {}, 'more'))
function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// The same for drawings.
function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// The symbols that stand beside each colour.
const PATHS = {
  bad: 'M3 3l10 10M13 3L3 13',
  good: 'M2.5 8.5l3.8 3.8L13.5 4',
  maybe: 'M5 5.6C5 3.8 6.3 3 8 3s3 .9 3 2.6C11 8 8 7.8 8 10M8 12.8v.2',
  none: 'M4 8h8',
  unseen: 'M8 3.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6',
};

// A matrix has thousands of symbols; a copy is made in half the time.
const icons = new Map();
function icon(name) {
  if (!icons.has(name)) {
    icons.set(name, s('svg', {viewBox: '0 0 16 16', 'aria-hidden': 'true'}, s('path', {
      d: PATHS[name], fill: 'none', stroke: 'currentColor', 'stroke-width': 2.2, 'stroke-linecap': 'round', 'stroke-linejoin': 'round',
    })));
  }
  return icons.get(name).cloneNode(true);
}

const LOOK_OF_VERDICT = {ok: 'good', violation: 'bad', unknown: 'maybe'};
const WORD_OF_VERDICT = {ok: 'holds', violation: 'violation', unknown: 'unknown'};

function verdictTag(verdict) {
  const look = LOOK_OF_VERDICT[verdict] || 'maybe';
  return h('span', {class: 'tag ' + look}, icon(look), WORD_OF_VERDICT[verdict] || verdict);
}

// 12345 as 12,345, whatever the language of the reader's system.
function count(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function plural(number, one, many) {
  return count(number) + ' ' + (number === 1 ? one : many || one + 's');
}

function power(log2) {
  return h('span', {class: 'mono-number'}, '2', h('sup', {}, log2.toFixed(1)));
}

function say(text) {
  document.getElementById('said').textContent = text;
}

// Pages from a file may have no clipboard; then a selected text is copied.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h('textarea', {class: 'unseen'});
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

function copyButton(text, what) {
  const button = h('button', {class: 'small', type: 'button', 'aria-label': 'Copy ' + what}, 'Copy');
  button.addEventListener('click', async () => {
    const done = await copyText(text);
    button.textContent = done ? 'Copied' : 'Not copied';
    say(done ? 'Copied ' + what : 'This browser did not let the page copy');
    setTimeout(() => { button.textContent = 'Copy'; }, 1600);
    button.focus();
  });
  return button;
}

// The rows of a list of terms; rows without a value are left out.
function terms(className, rows) {
  return h('dl', {class: className}, rows.filter(([, value]) => value && value.length !== 0).map(
      ([name, value]) => [h('dt', {}, name), (Array.isArray(value) ? value : [value]).map((one) => h('dd', {}, one))]));
}

// Numbers as ranges: 3, 5 to 9.
function ranges(numbers) {
  const parts = [];
  for (let i = 0; i < numbers.length;) {
    let j = i;
    while (j + 1 < numbers.length && numbers[j + 1] === numbers[j] + 1) ++j;
    if (j - i < 2) for (; i <= j; ++i) parts.push(String(numbers[i]));
    else parts.push(numbers[i] + ' to ' + numbers[j]);
    i = j + 1;
  }
  return parts.length <= 12 ? parts.join(', ') : parts.slice(0, 11).join(', ') + ' and more';
}
