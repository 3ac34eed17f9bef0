// Puts the page together, and hears the keys that work everywhere.

function checkPage(json) {
  const causes = causesOf(json);
  const worlds = worldsOf(json);
  const list = causes.length ? causeList(causes) : null;
  const openCause = (id) => {
    const card = list && list.cards.find(({sights}) => sights.some((sight) => sight.id === id));
    if (!card) return;
    card.show(card.sights.find((sight) => sight.id === id));
    card.open = true;
    if (!card.element.isConnected) return;
    card.element.scrollIntoView();
    card.button.focus();
  };
  const main = [notes(json), worlds.map((group) => worldsTable(group, openCause)),
    list && list.element, unshownPart(json),
    json.workloads.length > 1 && json.workloads.length > worlds.reduce((sum, group) => sum + group.length, 0) && workloadsTable(json), recordingsPart(json)];
  // Few causes are read from the top.
  if (list && causes.length <= 5) list.cards[0].open = true;
  return {head: headOf(json, causes), main, search: list && causes.length > 1 ? list.search : null, cards: list ? list.cards : [], openCause};
}

function start() {
  const page = report.tests ? litmusPage(report) : checkPage(report);
  const put = (id, content) => document.getElementById(id).append(...[content].flat(Infinity).filter(Boolean));
  put('head', page.head);
  put('main', page.main);
  put('foot', [page.search && h('span', {}, h('kbd', {}, '/'), ' search'), page.cards && page.cards.length > 1 && h('span', {}, h('kbd', {}, 'j'), ' ', h('kbd', {}, 'k'), ' next and previous cause'),
    h('span', {}, 'Made by powercut. All data is in this file.')]);
  const here = () => page.openCause && page.openCause(location.hash.slice(1));
  here();
  window.addEventListener('hashchange', here);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches('input, select, textarea');
    if (typing) return;
    if (event.key === '/' && page.search) {
      event.preventDefault();
      page.search.focus();
    }
    const step = {j: 1, k: -1}[event.key];
    if (!step || !page.cards || !page.cards.length) return;
    const buttons = [...document.querySelectorAll('.cause > h3 > button')];
    const at = buttons.indexOf(document.activeElement.closest('.cause')?.querySelector('h3 > button'));
    const next = buttons[at < 0 ? (step > 0 ? 0 : buttons.length - 1) : at + step];
    if (next) next.focus();
  });
  // Paper shows what a reader could open.
  window.addEventListener('beforeprint', () => {
    for (const card of (page.cards || []).slice(0, 40)) if (card.element.isConnected) card.open = true;
  });
}

start();
