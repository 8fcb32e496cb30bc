"""The dashboard in a real browser: it needs nothing but itself, is right, and what people typed stays text."""

import csv
import io
import os
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mycrm_cli.cli.dashboard import BY, PARTS
from mycrm_cli.output.dashboard import charts
from mycrm_cli.query.reports import answer
from tests.mail.server import Box, server
from tests.program import Program

NOW = {"MYCRM_NOW": "2026-11-23T10:00:00Z"}
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</svg></title><script>alert(2)</script>",
    "'\"><a href='javascript:alert(3)'>x</a>",
    "{{ 7 * 7 }} [bold] &lt;b&gt;",
    "a\u202eb\u2066c\u200fd",
    "W" * 200,
)
RATIO = """([path, over]) => {
    const light = c => { const f = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                         return .2126 * f[0] + .7152 * f[1] + .0722 * f[2] };
    const node = document.querySelector(path), read = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const style = getComputedStyle(node), ink = node.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(read(ink)), light(read(getComputedStyle(document.querySelector(over)).backgroundColor))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) }"""
TEXTS = {
    "h1": "body", ".about": "body", "nav a": "body", ".figures dt": ".part", ".figures dd": ".part", "h2.seen": ".part",
    "figcaption": ".part", ".chart .label": ".part", ".chart .value": ".part", "summary": ".part", "td": ".part",
    "th": ".part", "footer p": "body", ".legend": ".part",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "install chromium: .ci/browser"
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.getuid() == 0 else [])
        yield opened
        opened.close()


def sold(crm: Program) -> None:
    """Make a story: deals in two currencies, won and lost, calls, tasks and scores, by people with hostile names."""
    crm("rate", "add", "EUR", "1.2", "--date", "2026-01-01", env=NOW)
    crm("pipeline", "add", HOSTILE[1][:60], "--stages", "First:10,Second:50,Won:won,Lost:lost", env=NOW)
    crm("user", "add", "bo@acme.com", "--role", "sales_rep", "--first-name", HOSTILE[0], "--last-name", "Li", env=NOW)
    crm("user", "add", "ro@acme.com", "--role", "readonly", "--first-name", "Ro", "--last-name", "Ad", env=NOW)
    for place, name in enumerate(HOSTILE):
        owner = ("--owner", "bo@acme.com") if place % 2 else ()
        currency = ("--currency", "EUR") if place % 3 == 0 else ()
        value = str(1000 * (place + 1) + 0.5)
        crm("deal", "add", name, "--value", value, *currency, *owner, "--close", "2026-12-10", env=NOW)
    crm("deal", "win", "D-1", env=NOW)
    crm("deal", "win", "D-2", env=NOW)
    crm("deal", "lose", "D-3", "--reason", HOSTILE[0], env=NOW)
    crm("target", "set", "bo@acme.com", "2026-11", "5000", env=NOW)
    crm("contact", "add", "Jan Miller", env=NOW)
    crm("log", "call", "C-1", HOSTILE[0], "--at", "2026-11-20 15:10", env=NOW)
    crm("task", "add", HOSTILE[2], "--due", "2026-11-24", env=NOW)
    crm("lead", "add", HOSTILE[2], "--email", "lead@other.com", env=NOW)


def numbers(page: Page, name: str) -> list[list[str]]:
    """Return the numbers in the table of a report, as they stand there for machines."""
    read = "rows => rows.map(row => [...row.querySelectorAll('data')].map(cell => cell.value))"
    found: list[list[str]] = page.eval_on_selector_all(f"#{name} tbody tr", read)
    return found


def plain(text: str) -> str:
    """Return a number as people read it without its dress."""
    return re.sub(r"[,%]", "", text)


def opened(browser: Browser, path: Path, trouble: list[str], **more: Any) -> Page:
    """Open the page; whatever it says to the console, asks for or pops up is trouble."""
    page = browser.new_page(**more)
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("request", lambda request: None if request.url == path.as_uri() else trouble.append(request.url))
    page.goto(path.as_uri())
    return page


def test_the_page_in_a_browser(crm: Program, browser: Browser) -> None:
    sold(crm)
    path = crm.home / "out.html"
    crm("report", "dashboard", "--html", str(path), env=NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    trouble: list[str] = []
    page = opened(browser, path, trouble, viewport={"width": 1200, "height": 900}, color_scheme="light")
    every_number_is_that_of_its_report(crm, page)
    nothing_typed_is_more_than_text(page)
    everybody_can_use_it(page)
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.evaluate("document.querySelector('.part h2').classList.add('seen')")
        for text, over in TEXTS.items():
            assert page.evaluate(RATIO, [text, over]) >= 4.5, (scheme, text)
    assert colours[0] != colours[1]
    page.emulate_media(media="print")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")
    for what in (".chart", "table", ".figures dd", "h2", "footer"):
        assert all(page.eval_on_selector_all(what, "nodes => nodes.map(node => node.checkVisibility())")), what
    assert page.locator("#pipeline tbody tr").first.bounding_box() is not None
    phone = opened(browser, path, trouble, viewport={"width": 375, "height": 700}, color_scheme="dark")
    phone.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    assert {box["x"] for each in phone.locator(".part").all() if (box := each.bounding_box())} == {12}
    assert not trouble
    phone.close()
    page.close()


def every_number_is_that_of_its_report(crm: Program, page: Page) -> None:
    """Compare each table with what the report says in CSV, and the figures with the tables."""
    for name in PARTS:
        period = () if name in ("pipeline", "forecast") else ("--period", "quarter")
        by = ("--by", BY[name]) if name in BY else ()
        text = crm("report", name, *period, *by, "-o", "csv", env=NOW).stdout
        rows = list(csv.reader(io.StringIO(text)))[1:]
        right = page.eval_on_selector_all(f"#{name} thead th", "all => all.map(each => each.className == 'n')")
        assert rows and numbers(page, name) == [
            [cell for cell, is_number in zip(row, right, strict=True) if is_number] for row in rows
        ], name
    shown = page.eval_on_selector_all("td data", "all => all.map(each => [each.value, each.textContent])")
    for value, text in shown:
        share = text.endswith("%") and not value.endswith("%")
        assert float(plain(text) or 0) == pytest.approx(float(plain(value) or 0) * (100 if share else 1), abs=0.06)
    figures = dict(page.eval_on_selector_all(".figures dl > div", "all => all.map(each => [each.children[0]"
                                             ".textContent, each.querySelector('data').value])"))  # fmt: skip
    pipeline = crm.json("report", "pipeline", env=NOW)
    assert float(figures["Open pipeline, USD"]) == sum(float(row["value"]) for row in pipeline) > 0
    assert figures["Won, USD"] == f"{1000.5 * 1.2 + 2000.5:.2f}"
    assert (figures["Win rate"], figures["Tasks due this week"]) == ("0.6667", "1")


def nothing_typed_is_more_than_text(page: Page) -> None:
    """Look for elements and attributes that came out of names."""
    tags = "html head meta link title style body a header h1 p span nav ul li main section h2 dl div dt dd data figure"
    tags += " figcaption svg desc text rect circle line path details summary table caption thead tbody tfoot tr th td footer"
    assert set(page.eval_on_selector_all("*", "all => all.map(each => each.localName)")) <= set(tags.split())
    names = set(page.eval_on_selector_all("*", "all => all.flatMap(each => each.getAttributeNames())"))
    assert not [name for name in names if name.startswith("on")] and "src" not in names
    links = page.eval_on_selector_all("[href]", "all => all.map(each => each.getAttribute('href'))")
    assert all(re.fullmatch(r"#[a-z]+|data:,", link) for link in links)
    assert f"{HOSTILE[0]} Li" in page.locator("#leaderboard td").all_text_contents()
    whole = page.content()
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00-\x08]", whole)
    assert "http" not in re.sub('http-equiv|"http://www.w3.org/2000/svg"', "", whole)


def everybody_can_use_it(page: Page) -> None:
    """Go through the page with the keyboard, and as a screen reader hears it."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    reached = []
    for _ in range(40):
        if len(reached) == len(PARTS):
            break
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") == "summary":
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            page.keyboard.press("Enter")
            reached.append(page.evaluate("document.activeElement.closest('section').id"))
    assert reached == list(PARTS)
    heard = page.locator("body").aria_snapshot()
    charts = page.locator("svg[role=img]").count()
    assert charts >= len(PARTS) and len(re.findall(r"- '?img \"..+", heard)) == charts
    assert all(f"- {role}" in heard for role in ("banner", "main", "contentinfo", "navigation", "table"))
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(each => each.localName)")
    assert levels == ["h1"] + ["h2"] * (len(PARTS) + 1)
    assert page.locator("html").get_attribute("lang") == "en"
    ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
    assert len(ids) == len(set(ids))


def test_pictures_of_anything() -> None:
    """Names of any length and kind, nothing at all, very much, and below nothing: sound XML, with nothing from names."""
    name = "<script>\x00\x1b\u202e&\ud800]]>" * 1000
    bars = [answer.Bar(name, (answer.Part(name, -5), answer.Part(name, Decimal("1e18"), answer.BAD)), name, 7)] * 60
    cells = [[0] * 24, list(range(24))]
    pictures = [
        *(answer.Bars(name, each) for each in ([], bars, [answer.Bar("", (), "")])),
        *(answer.Funnel(name, each) for each in ([], [answer.Step(name, 3, name), answer.Step("none", 0, "0")])),
        *(answer.Heat(name, [name] * len(each), [name] * 24, each) for each in ([], cells)),
        *(answer.Series(name, [name] * many, [many - 3] * many, name) for many in (0, 1, 12, 400)),
    ]
    for place, picture in enumerate(pictures):
        text = charts.svg(f"p{place}", picture)
        tags = {node.tag for node in ET.fromstring(text).iter()}
        assert tags <= set("svg title desc rect circle path line text".split()) and len(text) < 200_000
        assert not re.search("[\x00-\x08\x1b\u202e\ud800]|NaN|inf", text)


def test_other_ways_to_have_it(crm: Program) -> None:
    """Without anything to show, to a pipe, in a terminal, of others, and wrong."""
    empty = crm("report", "dashboard", "--html", "-").stdout
    assert empty.count('class="empty"') >= 3 and "<svg" not in empty.split("</header>")[0]
    assert set(crm.json("report", "dashboard")) == set(PARTS)
    sold(crm)
    told = crm.json("report", "dashboard", env=NOW)
    assert told["pipeline"] == crm.json("report", "pipeline", env=NOW)
    assert "pipeline\t1\tstage\tQualification" in crm("report", "dashboard", env=NOW).stdout
    assert "Qualification" in crm("report", "dashboard", "-o", "table", env=NOW).stdout
    mine = crm("report", "dashboard", "--owner", "bo@acme.com", "--as-of", "2026-11-22", "--html", "-", env=NOW).stdout
    assert "as of 2026-11-22" in mine and "owner bo@acme.com" in mine
    crm("report", "dashboard", "--to", "me", env=NOW, exit=2)
    crm("report", "dashboard", "-o", "ids", env=NOW, exit=2)
    crm("report", "dashboard", "--period", "soon", env=NOW, exit=2)
    crm("report", "dashboard", "--html", str(crm.home), env=NOW, exit=2)


def test_by_mail(crm: Program) -> None:
    """Once a day to each, only to users who work here; what surely did not go out is sent again."""
    crm("user", "add", "bo@acme.com", "--role", "sales_rep", "--first-name", "Bo", "--last-name", "Li", env=NOW)
    crm("user", "add", "gone@acme.com", "--role", "sales_rep", "--first-name", "Go", "--last-name", "Ne", env=NOW)
    crm("user", "disable", "gone@acme.com", "--yes", env=NOW, exit=None)
    send = ("report", "dashboard", "--send")
    crm(*send, env=NOW, exit=78)
    with server() as (box, port):
        smtp = ("--smtp", f"smtp://127.0.0.1:{port}", "--smtp-security", "none", "--smtp-from", "crm@acme.com")
        crm("profile", "edit", "work", *smtp)
        to = ("--to", "bo@acme.com", "--to", "me")
        for _ in range(2):
            crm(*send, *to, env=NOW)
        crm(*send, env=NOW)
        assert sorted(each.to[0] for each in box.taken) == ["ana@acme.com", "bo@acme.com"]
        crm(*send, "--to", "gone@acme.com", env=NOW, exit=3)
        crm(*send, "--to", "someone@else.com", env=NOW, exit=3)
        crm(*send, "--period", "month", env=NOW)
        box.answers.append("451 later")
        crm(*send, env={"MYCRM_NOW": "2026-11-24T10:00:00Z"}, exit=7)
        for _ in range(2):
            crm(*send, env={"MYCRM_NOW": "2026-11-24T11:00:00Z"})
        assert len(box.taken) == 4
    letter(box)


def letter(box: Box) -> None:
    """Read what came."""
    message = message_from_bytes(box.taken[0].content, policy=policy.default)
    body = message.get_body(("plain",))
    [page] = message.iter_attachments()  # type: ignore[attr-defined]
    assert body and "Open pipeline:" in body.get_content() and "Acme" in message["Subject"]
    assert (page.get_content_type(), page.get_filename()) == ("text/html", "dashboard.html")
    assert page.get_content().startswith("<!doctype html>")
