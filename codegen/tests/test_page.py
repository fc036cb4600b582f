"""The page in a real browser: a configuration is checked there as `topcp validate` does, and nothing else happens."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from topcp_config import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement

pytestmark = pytest.mark.needs("chromium", "chromedriver")

TALK = Path(__file__).parents[2] / "client" / "examples" / "talk" / "reco.yaml"
MISTAKEN = """\
CommonServices: {}
Electrons:
  - containerName: AnaElectrons
    crackVetoo: True
Jets:
  - containerName: AnaJets
    jetCollection: AntiKt4EMPFlowJets
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1100,1250"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: webdriver.Chrome, url: str) -> Iterator[Page]:
    browser.get(url)
    yield Page(browser)
    # Whatever the policy stops, and every error of the script, is in this log.
    assert browser.get_log("browser") == []


class Page:
    """The page as its user sees it."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser

    def __getitem__(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    def paste(self, text: str) -> None:
        """Put text into the field, as pasting does; Chromium has no clipboard here."""
        self["text"].click()
        self.browser.execute_cdp_cmd("Input.insertText", {"text": text})

    def verdict(self) -> str:
        """The verdict, when there is one."""
        found = WebDriverWait(self.browser, 60).until(lambda _: self["verdict"].text.removeprefix("checking…"))
        assert isinstance(found, str)
        return found

    def all(self, selector: str) -> list[str]:
        return [
            found.get_attribute("textContent") or "" for found in self.browser.find_elements(By.CSS_SELECTOR, selector)
        ]


def test_a_mistake_is_shown_at_its_line_with_what_to_write(page: Page) -> None:
    page.paste(f"# release: 25.2.15\n{MISTAKEN}")
    assert page.verdict() == "invalid for release 25.2.15; 1 error"
    (problem,) = page.browser.find_elements(By.CSS_SELECTOR, "#problems li")
    assert "Electrons has no option crackVetoo in 25.2.15" in problem.text
    assert "Did you mean crackVeto?" in problem.text
    assert "    crackVetoo: True\n    ^" in (
        problem.find_element(By.TAG_NAME, "pre").get_attribute("textContent") or ""
    )
    assert page.all("#lines .error") == ["5"]
    _screenshot(page.browser)


def test_the_place_of_a_problem_leads_there(page: Page) -> None:
    page.paste(MISTAKEN)
    page.verdict()
    page.browser.find_element(By.CSS_SELECTOR, "#problems button").click()
    page.browser.switch_to.active_element.send_keys(Keys.DELETE * len("crackVetoo"), "crackVeto")
    WebDriverWait(page.browser, 60).until(lambda _: page["verdict"].text.startswith("valid"))


def test_a_good_configuration_shows_the_branches_that_it_writes(page: Page) -> None:
    page.paste(TALK.read_text())
    assert page.verdict().startswith("valid for release 25.2.15")
    assert "jet_pt_%SYS%" in page.all("#writes td")
    assert page.all("#writes summary")[0].startswith("tree reco: ")


def test_another_release_has_another_verdict(page: Page) -> None:
    page.paste(TALK.read_text())
    page.verdict()
    Select(page["release"]).select_by_visible_text("24.2.37")
    WebDriverWait(page.browser, 60).until(lambda _: page["verdict"].text.startswith("invalid for release 24.2.37"))
    offered = page.all("#release option")
    assert offered[1:] == list(reversed(RELEASES))


def test_a_file_is_dropped_on_the_field(page: Page) -> None:
    """As a drag from the desktop does; the events are the browser's own, the file is given to it by name."""
    page["file"].send_keys(str(TALK))
    assert page.verdict().startswith("valid")
    page.browser.execute_script("""
        const data = new DataTransfer();
        data.items.add(new File(["Elektrons: []\\n"], "reco.yaml"));
        document.getElementById("editor").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
    """)
    WebDriverWait(page.browser, 60).until(lambda _: page["verdict"].text.startswith("invalid"))
    assert page["text"].get_attribute("value") == "Elektrons: []\n"


def test_a_long_text_scrolls_in_its_field_and_the_numbers_of_its_lines_with_it(page: Page) -> None:
    height = page["editor"].size["height"]
    page.paste("# a line\n" * 500 + "Elektrons: []\n")
    page.verdict()
    assert page["editor"].size["height"] == height
    page.browser.find_element(By.CSS_SELECTOR, "#problems button").click()
    scrolled = "return ['text', 'lines'].map((part) => document.getElementById(part).scrollTop)"
    WebDriverWait(page.browser, 60).until(lambda _: len(set(page.browser.execute_script(scrolled))) == 1)
    assert page.browser.execute_script(scrolled)[0] > height


def test_on_a_narrow_screen_nothing_is_beside_it(page: Page) -> None:
    size = page.browser.get_window_size()
    page.browser.set_window_size(500, 900)
    try:
        page.paste(TALK.read_text())
        page.verdict()
        widths = page.browser.execute_script(
            "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
        )
    finally:
        page.browser.set_window_size(size["width"], size["height"])
    assert widths[0] <= widths[1]


def test_what_looks_like_markup_is_shown_as_it_is(page: Page) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    page.paste(f'"{hostile}": {{}}\n')
    page.verdict()
    assert hostile in page["problems"].text
    assert not page.browser.find_elements(By.CSS_SELECTOR, "#problems img")


def test_the_keyboard_is_enough(page: Page) -> None:
    page["text"].send_keys("Elektrons: []", Keys.CONTROL + Keys.ENTER)
    assert page.verdict().startswith("invalid")
    page["text"].send_keys(Keys.TAB)
    focused = page.browser.switch_to.active_element
    assert focused.text == "line 1"
    focused.send_keys(Keys.ENTER)
    assert page.browser.switch_to.active_element.get_attribute("id") == "text"


def _screenshot(browser: webdriver.Chrome) -> None:
    """The picture of docs/images is made here."""
    if target := os.environ.get("TOPCP_SCREENSHOT"):
        browser.save_screenshot(target)
