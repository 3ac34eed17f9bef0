// The map of the blocks that the crash could have left at several versions, and
// why what is lost was not safe.

const FATE_WORD = {kept: 'kept', lost: 'lost', torn: 'torn'};

function blockMark(fate) {
  const svg = s('svg', {viewBox: '0 0 18 18', 'aria-hidden': 'true'});
  if (fate === 'kept') svg.append(s('rect', {class: 'kept', x: 1, y: 1, width: 16, height: 16, rx: 2}));
  else {
    svg.append(s('rect', {class: 'lost', x: 1.75, y: 1.75, width: 14.5, height: 14.5, rx: 2}));
    if (fate === 'torn') svg.append(s('path', {class: 'kept', d: 'M2.5 15.5V2.5L15.5 15.5z'}));
    else svg.append(s('path', {class: 'lostx', d: 'M5.5 5.5l7 7M12.5 5.5l-7 7'}));
  }
  return svg;
}

function blocksOf(shown, sectorsOfBlock) {
  const torn = new Map(shown.torn.map((one) => [one.block, one]));
  return shown.blocks.sector.map((sector, i) => {
    const block = {
      sector, newest: shown.blocks.newest[i], holds: shown.blocks.holds[i], owner: shown.owners[shown.blocks.owner[i] - 1],
      torn: torn.get(i), last: sector + sectorsOfBlock - 1,
    };
    block.fate = block.torn ? 'torn' : block.holds === block.newest ? 'kept' : 'lost';
    return block;
  });
}

// The owner without its bytes: `/f` of `/f bytes 0 to 4095`.
function fileOf(owner) {
  return owner.replace(/ bytes \d+ to \d+/g, '');
}

function holdsWords(event) {
  return event ? 'event ' + event : 'the disk before the recording';
}

function blockWords(block) {
  const place = block.sector === block.last ? 'sector ' + block.sector : 'sectors ' + block.sector + ' to ' + block.last;
  let text = place + (block.owner ? ', ' + block.owner : '') + ': ' + FATE_WORD[block.fate] + '; holds ' + holdsWords(block.holds);
  if (block.torn) text += ', but in ' + plural(block.torn.count, 'sector') + ' ' + holdsWords(block.torn.under);
  if (block.fate === 'lost') text += ', newest was event ' + block.newest;
  return text;
}

// Blocks of one owner: the file where it is known, else the op that wrote last.
function groupBlocks(blocks, recording) {
  const groups = new Map();
  for (const block of blocks) {
    const op = recording && !recording.grouped ? recording.opAt(block.newest) : null;
    const name = block.owner ? fileOf(block.owner) : op ? opWords(op) : 'written by no op';
    if (!groups.has(name)) groups.set(name, {name, byFile: Boolean(block.owner), blocks: []});
    groups.get(name).blocks.push(block);
  }
  return shortened([...groups.values()]);
}

// What lost something comes first. Of many groups that were kept whole, the last
// ones become one.
function shortened(groups) {
  const most = 5;
  const lost = groups.filter((group) => group.blocks.some((block) => block.fate !== 'kept'));
  const kept = groups.filter((group) => !lost.includes(group));
  if (kept.length <= most + 1) return [...lost, ...kept];
  const rest = kept.slice(most);
  return [...lost, ...kept.slice(0, most), {name: count(rest.length) + ' more, kept whole', byFile: true, blocks: rest.flatMap((group) => group.blocks)}];
}

function sectorsText(blocks) {
  const runs = [];
  for (const {sector, last} of blocks) {
    const run = runs[runs.length - 1];
    if (run && run[1] + 1 === sector) run[1] = last;
    else runs.push([sector, last]);
  }
  const text = runs.slice(0, 6).map(([a, b]) => (a === b ? a : a + ' to ' + b)).join(', ');
  return (runs.length === 1 && runs[0][0] === runs[0][1] ? 'sector ' : 'sectors ') + text + (runs.length > 6 ? ' and more' : '');
}

function blockMap({workload, violation}) {
  const shown = violation.shown;
  if (!shown || !shown.blocks.sector.length) {
    return h('p', {class: 'soft'}, 'No block was open: everything that was issued before the crash is on the disk.');
  }
  const recording = workload.timeline ? recordingOf(workload) : null;
  const sectorBytes = workload.timeline ? workload.timeline.sector_bytes : 512;
  const blocks = blocksOf(shown, Math.max(1, workload.space.atomic / sectorBytes));
  const fates = ['lost', 'torn', 'kept'].map((fate) => [fate, blocks.filter((block) => block.fate === fate).length]);
  const summary = plural(shown.open_blocks, 'open block') + ': ' + fates.filter(([, n]) => n).map(([fate, n]) => count(n) + ' ' + fate).join(', ');
  const groups = groupBlocks(blocks, recording).map((group) => h('div', {class: 'group'},
      h('p', {}, group.byFile ? group.name : h('code', {}, group.name), h('small', {}, sectorsText(group.blocks))),
      h('div', {class: 'cells', role: 'img', 'aria-label': group.name + ': ' + fateCounts(group.blocks)}, group.blocks.map((block) => {
        const mark = blockMark(block.fate);
        mark.append(s('title', {}, blockWords(block)));
        return mark;
      }))));
  const left = shown.open_blocks - blocks.length;
  return h('div', {class: 'map'}, h('div', {class: 'groups'}, groups),
      h('div', {class: 'legend'}, fates.filter(([, n]) => n).map(([fate, n]) => h('span', {}, blockMark(fate), count(n) + ' ' + fate)),
          h('span', {}, 'a block is ' + count(workload.space.atomic) + ' bytes'), left > 0 && h('span', {}, plural(left, 'more open block') + ' not shown')),
      lossTable(shown, blocks, recording),
      h('details', {}, h('summary', {}, 'Blocks as a list: ' + summary), h('ul', {class: 'ids'}, blocks.map((block) => h('li', {}, blockWords(block))))));
}

function fateCounts(blocks) {
  return ['lost', 'torn', 'kept'].map((fate) => [fate, blocks.filter((block) => block.fate === fate).length]).filter(([, n]) => n)
      .map(([fate, n]) => n + ' ' + fate).join(', ');
}

// Whose the lost blocks are that these events wrote last: files where they are
// known, else ops.
function ownersOfLoss(loss, blocks, recording) {
  const lost = blocks.filter((block) => block.owner && block.fate !== 'kept' && loss.events.includes(block.newest));
  const files = [...new Set(lost.map((block) => block.owner))];
  if (files.length) return [files.slice(0, 3).join(', '), files.length > 3 && ' and ' + count(files.length - 3) + ' more'];
  const ops = recording && !recording.grouped ? [...new Set(loss.events.map((event) => recording.opAt(event)))].filter(Boolean) : [];
  if (!ops.length) return h('span', {class: 'soft'}, 'not known');
  return [h('code', {}, opWords(ops[0])), ops.length > 1 && ' and ' + count(ops.length - 1) + ' more'];
}

function lossTable(shown, blocks, recording) {
  if (!shown.losses.length) return null;
  return h('div', {class: 'scroll'}, h('table', {class: 'losses'},
      h('thead', {}, h('tr', {}, ['What was lost', 'Of', 'Why no flush kept it'].map((text) => h('th', {scope: 'col'}, text)))),
      h('tbody', {}, shown.losses.map((loss) => h('tr', {},
          h('td', {}, plural(loss.sectors, 'sector') + ' of event' + (loss.events.length > 1 ? 's ' : ' ') + ranges(loss.events)),
          h('td', {}, ownersOfLoss(loss, blocks, recording)), h('td', {}, loss.why))))));
}
