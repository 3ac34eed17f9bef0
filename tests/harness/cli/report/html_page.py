"""Opens HTML reports in a headless Chromium and uses them as a reader would.

html_page.py FINDINGS CLEAN LITMUS HOSTILE LONG

Each argument is a page that `powercut` wrote: several causes, none, a litmus
matrix, names and messages that are markup, and a long recording. Prints one
line for each thing that is wrong, and ends with status 1 if there is any.
"""

import pathlib
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

WIDE = 1280
PHONE = 360

wrong = []


def expect(holds, what):
    if not holds:
        wrong.append(what)


class Page:
    """One browser, in which pages are opened one after another."""

    def __init__(self, profile):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-component-update", "--disable-sync",
                     "--host-resolver-rules=MAP * ~NOTFOUND",
                     "--user-data-dir=" + profile):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.execute_cdp_cmd(
            "Browser.grantPermissions",
            {"permissions": ["clipboardReadWrite",
                             "clipboardSanitizedWrite"]})

    def open(self, file, width=WIDE, dark=False):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1,
             "mobile": False})
        scheme = "dark" if dark else "light"
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.file = file
        # A page that differs in its hash only is not loaded again.
        self.driver.get("about:blank")
        self.driver.get(pathlib.Path(file).resolve().as_uri())
        self.quiet()

    def quiet(self):
        for entry in self.driver.get_log("browser"):
            expect(False, f"{self.file}: console: {entry['message']}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def titles(self):
        return [one.text for one in self.all(".cause .title")]

    def open_all(self):
        """Opens every card, every list, and every recording."""
        self.run("""document.querySelectorAll('.cause [aria-expanded=false]')
                      .forEach((button) => button.click());
                    document.querySelectorAll('details')
                      .forEach((details) => { details.open = true; });""")
        self.settle()

    def settle(self):
        """Waits until what is drawn by observers and events is drawn."""
        self.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            requestAnimationFrame(() => requestAnimationFrame(
                () => setTimeout(done, 0)));""")

    def fits(self):
        """Nothing overflows sideways, and only regions scroll by themselves."""
        wide = self.run("return document.documentElement.scrollWidth")
        seen = self.run("return document.documentElement.clientWidth")
        expect(wide <= seen, f"{self.file}: {wide} px wide on {seen} px")
        loose = self.run("""
            const limit = document.documentElement.clientWidth + 1;
            return [...document.querySelectorAll('body *')].filter((e) => {
              if (e.closest('.scroll, pre, .replay code, svg, .unseen, .skip'))
                return false;
              const box = e.getBoundingClientRect();
              return box.width > 0 && box.right > limit;
            }).map((e) => e.tagName + '.' + e.className);""")
        expect(not loose, f"{self.file}: reach out of the page: {loose[:5]}")

    def named(self):
        """Every control says what it is."""
        mute = self.run("""
            return [...document.querySelectorAll('button, input, select, a, ' +
                    '[tabindex="0"]')].filter((e) => !(
                e.textContent.trim() || e.getAttribute('aria-label') ||
                e.closest('label'))).map((e) => e.outerHTML.slice(0, 80));""")
        expect(not mute, f"{self.file}: without a name: {mute[:3]}")


def contrast(page, selector):
    """The contrast of a text with what lies behind it."""
    return page.run("""
        const element = document.querySelector(arguments[0]);
        const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
        let behind = element;
        while (behind && (rgb(getComputedStyle(behind).backgroundColor)[3] ?? 1)
               === 0) behind = behind.parentElement;
        const light = (c) => [0, 1, 2].reduce((sum, i) => {
          const v = c[i] / 255;
          return sum + [0.2126, 0.7152, 0.0722][i] *
              (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        }, 0.05);
        const a = light(rgb(getComputedStyle(element).color));
        const b = light(rgb(getComputedStyle(behind).backgroundColor));
        return Math.max(a, b) / Math.min(a, b);""", selector)


def check_causes(page, file):
    page.open(file)
    titles = page.titles()
    expect(len(titles) > 2, f"{file}: the causes: {titles}")
    expect("does not hold" in page.one("h1").text, "the verdict is not told")
    # Searching.
    page.keys("/")
    focused = page.run("return document.activeElement.type")
    expect(focused == "search", "/ does not go to the search")
    page.keys("no such words")
    expect(page.titles() == [], "a search for nothing finds something")
    page.keys(Keys.ESCAPE)
    expect(page.titles() == titles, "Escape does not end the search")
    cause = page.all(".cause .facts code")[-1].text
    page.keys(cause)
    found = [one.text for one in page.all(".cause .facts code")]
    expect(found and all(cause in one for one in found),
           f"a search for {cause} finds {found}")
    told = page.one(".tools .shown").text
    expect(told.startswith(str(len(found)) + " of "), f"it says '{told}'")
    page.keys(Keys.ESCAPE)
    # Filtering by the kind of violation.
    kind = Select(page.all(".tools select")[0])
    chosen = kind.options[-1].text
    kind.select_by_index(len(kind.options) - 1)
    kinds = {one.text for one in page.all(".cause > h3 .tag")}
    expect(kinds == {chosen}, f"the filter {chosen} shows {kinds}")
    kind.select_by_index(0)
    # Sorting.
    order = Select(page.all(".tools select")[-1])
    order.select_by_visible_text("most states first")
    states = [int(one.text.split()[0].replace(",", "")) for one in
              page.all(".cause .facts > span:first-child")]
    expect(states == sorted(states, reverse=True) and len(set(states)) > 1,
           f"most states first: {states}")
    # The keyboard alone opens a card.
    page.run("document.activeElement.blur()")
    page.one("body").send_keys("j")
    page.keys("j")
    focused = page.run("return document.activeElement.closest('.cause').id")
    second = page.all(".cause")[1].get_attribute("id")
    expect(focused == second, f"j j goes to {focused}, not {second}")
    page.keys(Keys.ENTER)
    expect(page.one(f"#{second} .body").is_displayed(), "Enter opens no card")
    outline = page.run(
        "return getComputedStyle(document.activeElement).outlineStyle")
    expect(outline != "none", "the focus is not seen")
    # Copying.
    line = page.one(f"#{second} .replay code").text
    expect(line.startswith("powercut replay "), f"the replay line is {line}")
    page.one(f"#{second} .replay button").click()
    copied = page.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[0])")
    expect(copied == line, f"'{copied}' was copied, not '{line}'")
    # The timeline by keyboard.
    page.settle()
    draw = page.one(f"#{second} .draw")
    before = page.one(f"#{second} .time output").text
    draw.send_keys(Keys.ARROW_RIGHT)
    after = page.one(f"#{second} .time output").text
    expect(after.startswith("event ") and after != before,
           f"an arrow key tells '{after}'")
    expect(page.all(f"#{second} svg .crashline"), "no crash is drawn")
    expect(page.all(f"#{second} svg .op"), "no op is drawn")
    expect(page.all(f"#{second} svg .flushmark"), "no flush is drawn")
    expect(page.all(f"#{second} .map .cells svg"), "no block is drawn")
    page.named()
    page.quiet()
    check_schemes(page, file)
    # A link to a cause opens it.
    page.driver.get("about:blank")
    page.driver.get(pathlib.Path(file).resolve().as_uri() + "#" + second)
    expect(page.one(f"#{second} .body").is_displayed(), "a link opens no card")
    # Paper shows all cards.
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    expect(not page.all(".cause .body[hidden]"), "paper hides causes")


def check_schemes(page, file):
    """Both schemes can be read, and the dark one is dark."""
    for dark in (False, True):
        page.open(file, dark=dark)
        page.open_all()
        back = page.run("return getComputedStyle(document.body)"
                        ".backgroundColor.match(/[0-9]+/g)"
                        ".map(Number).reduce((a, b) => a + b)")
        expect((back < 200) == dark, f"dark {dark}: the background is {back}")
        for selector in ("h1", ".lead", ".figures dt", ".tag", ".rows dt",
                         ".gap dt", ".facts", ".replay code", ".legend span",
                         "summary"):
            ratio = contrast(page, selector)
            expect(ratio >= 4.5, f"dark {dark}: {selector} has {ratio:.1f}:1")


def check_phone(page, file):
    page.open(file, width=PHONE)
    page.open_all()
    page.fits()
    page.quiet()


def check_litmus(page, file):
    page.open(file)
    rows = len(page.all(".matrix tbody th"))
    cells = page.all(".matrix td > button")
    expect(rows > 1 and len(cells) >= rows, f"{rows} rows, {len(cells)} cells")
    for cell in cells[:5]:
        expect(": " in cell.get_attribute("aria-label"), "a cell says nothing")
        expect(cell.find_elements(By.TAG_NAME, "svg"), "a cell has no symbol")
    cells[0].click()
    expect("allow" in page.one(".matrix td.wide").text, "no conditions shown")
    page.keys(Keys.ARROW_DOWN)
    focused = page.run("return document.activeElement.ariaLabel")
    expect(focused != cells[0].get_attribute("aria-label"), "no way down")
    page.one("input[type=search]").send_keys("no such test")
    expect(not page.all(".matrix tbody th"), "a search for nothing finds rows")
    page.named()
    page.quiet()


def check_hostile(page, file):
    """Names and messages stay texts."""
    page.open(file)
    page.open_all()
    expect(page.run("return window.pwned") is None, "a name ran as a script")
    expect(not page.all("main img, main b.evil, main script"),
           "a text became an element")
    expect("<img" in page.one("main").text, "the name is not shown")
    page.quiet()


def check_long(page, file):
    page.open(file)
    page.open_all()
    expect(page.one(".time canvas").is_displayed(), "no strip of all events")
    drawn = len(page.all(".time svg.lanes *"))
    expect(0 < drawn < 5000, f"{drawn} elements are drawn")
    draw = page.one(".time .draw")
    draw.send_keys(Keys.END)
    told = page.one(".time output").text
    expect(told.startswith("event"), f"End tells '{told}'")
    page.quiet()


def no_network(page):
    """All that was loaded are the pages themselves."""
    for entry in page.driver.get_log("performance"):
        if '"Network.requestWillBeSent"' not in entry["message"]:
            continue
        expect('"url":"http' not in entry["message"].replace('": "', '":"'),
               "something was loaded: " + entry["message"][:300])


def main(findings, clean, litmus, hostile, long):
    with tempfile.TemporaryDirectory() as profile:
        page = Page(profile)
        try:
            check_causes(page, findings)
            page.open(clean)
            expect("It holds" in page.one("h1").text, "the clean run")
            expect(page.all(".time svg.lanes"), "no recording is drawn")
            check_litmus(page, litmus)
            check_hostile(page, hostile)
            check_long(page, long)
            for file in (findings, clean, litmus, hostile, long):
                check_phone(page, file)
            no_network(page)
        finally:
            page.driver.quit()
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
