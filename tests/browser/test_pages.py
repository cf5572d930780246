"""Every page of the console, in English and in Persian, by day and in the dark: for those who listen, those who see little, and in small."""

import re
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page, ViewportSize

from tests.browser.pages import MISSING, SIGNED_OUT, a_full_ticket, every_page
from tests.browser.product import Product
from tests.browser.visits import DESKTOP, Visits

WHO = {"en": "alma", "fa": "parvin", "dark": "alma"}
GRAVE = {"serious", "critical"}
WHOLE = {"resultTypes": ["violations"], "preload": False, "iframes": False}
"""Mails in frames are their senders' work."""
RUN = """(options) => {
    const light = axe._audit.rules.filter((rule) => ["minor", "moderate"].includes(rule.impact));
    const rules = Object.fromEntries(light.map((rule) => [rule.id, { enabled: false }]));
    return axe.run({ ...options, rules }).then(({ violations }) => violations);
}"""
"""What is never grave is not looked for."""
CONTRAST = WHOLE | {"runOnly": ["color-contrast"]}
TEXTS = """() => {
    const users = "[dir=auto], [dir=ltr], bdi, .avatar, .tag, [aria-hidden=true], script, style, noscript, select[name=time_zone], select[name=zone], textarea[name=markdown]";
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(users)) texts.push(walker.currentNode.data.trim());
    const told = /^(aria-label|title|placeholder|alt|data-text-.*)$/;
    for (const part of document.body.querySelectorAll("*"))
        for (const {name, value} of part.attributes) if (told.test(name) && !part.closest("h1[dir=auto], bdi")) texts.push(value);
    return [document.title, ...texts.filter(Boolean)];
}"""
"""What the page says in its own words: user text, addresses and numbers are marked by direction."""
OWN_NAMES = re.compile(
    r"Helpdesk|Support|Redis|\(worker\)|API|English|#|\{\{?[\w.]+\}?\}|Ctrl(?:\+\w+)+|vat|\S+@\S+|https?://\S+|UTC|\.[a-z]{2,4}\b"
    r"|Six plates|Thrown away|Unreachable|Gone Customer|Dora Dogan|(\*\.)?example\.(?:com|org)|Asia/Tehran|https"
    r"|Google|Gmail|Microsoft 365|OAuth|OpenID Connect|Microsoft Entra|Keycloak|IMAP|SMTP|LMTP|STARTTLS|TLS|DNS|Message-ID|HELPDESK_\w+"
    r"|Markdown|ZIP|QR|Aegis|Authenticator|1Password|CSV|SLA|OLA|PNG|JPEG|WebP|Chrome|Linux"
    r"|\((Scope|Client ID|Client secret|Issuer)\)"
)
"""Names of things and what a provider's page calls them, which are the same in every language."""
APART = re.compile(r"[\u2066\u2068][^\u2069]*\u2069")
GIVEN = """SELECT name FROM hd_team UNION SELECT name FROM hd_agent UNION SELECT name FROM hd_channel
UNION SELECT name FROM sla_calendar UNION SELECT name FROM sla_policy UNION SELECT name FROM hd_mail_filter UNION SELECT name FROM hd_organisation UNION SELECT name FROM hd_customer WHERE name <> ''"""
"""Names that people gave stand in lists to choose from, as they are."""
STILL = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
    document.adoptedStyleSheets = [sheet];
}"""
"""Colours do not fade into each other while they are judged."""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
PHONE: ViewportSize = {"width": 390, "height": 844}


class Walk(msgspec.Struct):
    """What was found on the pages of one language: lines that name the page."""

    pages: list[str] = []
    violations: list[str] = []
    too_wide: list[str] = []
    foreign: list[str] = []
    directions: set[str] = set()
    troubles: list[str] = []


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def full_ticket(product: Product) -> int:
    return await a_full_ticket(product)


@pytest.fixture(scope="package")
def walks() -> dict[str, Walk]:
    """One of each language, whatever the order of the tests."""
    return {}


@pytest_asyncio.fixture(
    loop_scope="session", params=["fa", *(pytest.param(one, marks=pytest.mark.long) for one in ("en", "dark"))]
)
async def walk(
    request: pytest.FixtureRequest, browser: Browser, product: Product, full_ticket: int, walks: dict[str, Walk]
) -> Walk:
    language = request.param
    if language not in walks:
        walks[language] = await _walk(browser, product, full_ticket, language)
    return walks[language]


async def _walk(browser: Browser, product: Product, full_ticket: int, language: str) -> Walk:
    """Look at each page once and note everything; `dark` is English in the dark, of which the colours alone are new."""
    found = Walk(pages=[*SIGNED_OUT, *await every_page(product, full_ticket, as_=WHO[language])])
    visits = Visits(browser, product)
    visits.expect(f"404.*{MISSING}")
    scheme: Any = "dark" if language == "dark" else "light"
    outside = await visits.visit(
        locale="fa" if language == "fa" else "en", reduced_motion="reduce", color_scheme=scheme
    )
    inside = await visits.visit(as_=WHO[language], reduced_motion="reduce", color_scheme=scheme)
    given = re.compile("|".join(re.escape(row["name"]) for row in await product.rows(GIVEN)))
    for path in found.pages:
        page = outside if path in SIGNED_OUT else inside
        await page.goto(product.url + path)
        found.directions.add(await page.evaluate("document.dir + ' ' + document.documentElement.lang"))
        if language == "fa":
            found.foreign += [
                f"{path}: {text}" for text in await page.evaluate(TEXTS) if _is_foreign(given.sub("", text))
            ]
        found.violations += await judge(page, path, CONTRAST if language == "dark" else WHOLE)
        await page.set_viewport_size(PHONE)
        if await page.evaluate(TOO_WIDE):
            found.too_wide.append(path)
        await page.set_viewport_size(DESKTOP)
    found.troubles = visits.unexpected()
    await visits.close()
    return found


async def judge(page: Page, path: str, options: dict[str, Any] = WHOLE) -> list[str]:
    await page.evaluate(STILL)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    violations = await page.evaluate(RUN, options)
    return [
        f"{path}: {one['id']} ({one['impact']}) at {node['target']}: {node['failureSummary']}"
        for one in violations if one["impact"] in GRAVE
        for node in one["nodes"]
    ]  # fmt: skip


def _is_foreign(text: str) -> bool:
    """Whether a Persian page says it in English, or with digits that are not Persian; what is set apart by direction is quoted."""
    return bool(re.search(r"[A-Za-z]{2,}|[0-9]", OWN_NAMES.sub("", APART.sub("", text))))


def nothing(found: list[str]) -> None:
    """Fail with all that was found, a line each."""
    if found:
        pytest.fail("\n".join(sorted(set(found))), pytrace=False)


def test_pages_speak_their_language(walk: Walk) -> None:
    assert len(walk.pages) > 20
    assert len(walk.directions) == 1
    assert walk.directions <= {"ltr en", "rtl fa"}
    nothing(walk.foreign)


def test_nothing_serious_keeps_anybody_out(walk: Walk) -> None:
    nothing(walk.violations)


def test_pages_fit_on_a_phone(walk: Walk) -> None:
    nothing(walk.too_wide)


def test_pages_do_nothing_that_they_may_not(walk: Walk) -> None:
    nothing(walk.troubles)
