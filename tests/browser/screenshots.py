"""Pictures of every page with the demo's data: `python -m tests.browser.screenshots [--out DIR] [--only WORD]`.

Each page in English and Persian, light and dark, wide and narrow: `ticket.fa.dark.390.png`.
"""

import argparse
import asyncio
import itertools
from pathlib import Path
from typing import Any, Literal

import asyncpg
from playwright.async_api import Browser, BrowserContext, Page

from tests.benchmarks.desk import Desk, a_desk
from tests.browser.chromium import chromium

READERS = {"en": "hannah@parsianfoods.example", "fa": "sara@parsianfoods.example"}
THEMES: list[Literal["light", "dark"]] = ["light", "dark"]
SIZES = {1440: 900, 390: 844}
SIGNED_OUT = {"form": "/forms/contact", "sign-in": "/console/sign-in", "new-password": "/console/new-password"}
PAGES = {
    "inbox": "/console?view=open", "ticket": "/console/tickets/{ticket}?view=open", "html": "/console/tickets/{html}?view=open",
    "note": "/console/tickets/{note}?view=open", "failed": "/console/tickets/{failed}?view=open",
    "new-ticket": "/console/tickets/new", "customers": "/console/customers", "customer": "/console/customers/{customer}", "new-customer": "/console/customers/new",
    "merge-customers": "/console/customers/{customer}/merge?other={other}", "erase-customer": "/console/customers/{customer}/erasure",
    "organisations": "/console/organisations", "organisation": "/console/organisations/1", "organisation-form": "/console/organisations/1/change",
    "settings": "/console/settings", "guide": "/console/settings/guide", "tags": "/console/settings/tags", "synonyms": "/console/settings/synonyms", "tag": "/console/settings/tags/change?tag={tag}", "notices": "/console/notices",
    "account": "/console/account", "security": "/console/security", "provider": "/console/security/provider", "audit": "/console/audit",
    "preferences": "/console/preferences", "notice-preferences": "/console/preferences/notices", "tokens": "/console/tokens", "agents": "/console/agents",
    "new-agent": "/console/agents/new", "agent": "/console/agents/{agent}", "teams": "/console/teams",
    "team": "/console/teams/1", "channels": "/console/channels", "channel": "/console/channels/1?receiving=google&sending=other",
    "new-channel": "/console/channels/new",
    "texts": "/console/channels/1/texts", "text": "/console/channels/1/texts/acknowledgement/fa",
    "web-forms": "/console/settings/forms", "web-form": "/console/settings/forms/1",
    "mail-log": "/console/mail-log", "mail-source": "/console/mail-log/1/source", "senders": "/console/senders", "filters": "/console/filters",
    "new-filter": "/console/filters/new", "keeping": "/console/keeping", "suppressions": "/console/suppressions", "sink": "/console/sink", "queues": "/console/queues",
    "missing": "/console/tickets/999999", "search": "/console/search?q={word} status:lost",
    "search-empty": "/console/search",
}  # fmt: skip

WORTH = {
    "html": "m.body_html IS NOT NULL",
    "note": "m.audience = 'internal' AND m.author_kind = 'agent'",
    "failed": "EXISTS (SELECT FROM hd_delivery d WHERE d.message_id = m.id AND d.state = 'failed')",
}
"""Messages whose tickets are pictured."""


async def take(out: Path, only: str) -> None:
    from helpdesk.demo.texts import people

    with a_desk() as desk:
        desk.run("demo")
        desk.start("web")
        await asyncio.to_thread(desk.wait_ready, seconds=60)
        async with chromium() as browser:
            for language in READERS:
                found = await _settle(desk, language)
                names = {name: path.format_map(found) for name, path in PAGES.items() if only in name}
                for theme, width in itertools.product(THEMES, SIZES):
                    context = await _context(browser, language, theme, width)
                    page = await context.new_page()
                    doors = {name: path for name, path in SIGNED_OUT.items() if only in name}
                    await _picture_all(page, desk.url, doors, out, f"{language}.{theme}.{width}")
                    await _sign_in(page, desk.url, READERS[language], people().password)
                    await _picture_all(page, desk.url, names, out, f"{language}.{theme}.{width}")
                    await context.close()


async def _context(browser: Browser, language: str, theme: Literal["light", "dark"], width: int) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": width, "height": SIZES[width]}, locale=language, color_scheme=theme, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    return context


async def _sign_in(page: Page, url: str, email: str, password: str) -> None:
    await page.goto(f"{url}/console/sign-in")
    await page.fill("#email", email)
    await page.fill("#password", password)
    await page.click(".door-card button.primary")
    await page.wait_for_url("**/console")


async def _picture_all(page: Page, url: str, pages: dict[str, str], out: Path, suffix: str) -> None:
    for name, path in pages.items():
        await page.goto(url + path)
        await page.wait_for_timeout(250)  # frames find their height
        await page.screenshot(path=out / f"{name}.{suffix}.png")
        print(out / f"{name}.{suffix}.png")


async def _settle(desk: Desk, language: str) -> dict[str, Any]:
    """The reader sees every page in the theme of the picture; ids of what is worth a picture, in the reader's language."""
    connection = await asyncpg.connect(desk.database_url)
    try:
        reader = await connection.fetchval(
            "UPDATE hd_agent SET role = 'admin', theme = 'system', language = $1 WHERE email = $2 RETURNING id",
            language, READERS[language],
        )  # fmt: skip
        of = "FROM hd_ticket t JOIN hd_message m ON m.ticket = t.id WHERE t.language = $1"
        return {
            "agent": reader,
            "word": {"en": "order", "fa": "سفارش"}[language],
            "ticket": await connection.fetchval(
                f"SELECT t.number {of} AND t.status = 'open' GROUP BY t.id ORDER BY count(*) DESC, t.id DESC LIMIT 1", language
            ),
            "customer": await connection.fetchval(f"SELECT t.customer {of} GROUP BY 1 ORDER BY count(*) DESC LIMIT 1", language),
            "other": await connection.fetchval(f"SELECT t.customer {of} GROUP BY 1 ORDER BY count(*), 1 LIMIT 1", language),
            "tag": await connection.fetchval(f"SELECT unnest(t.tags) {of} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1", language),
            **{name: await _one_that(connection, condition) for name, condition in WORTH.items()},
        }  # fmt: skip
    finally:
        await connection.close()


async def _one_that(connection: asyncpg.Connection, condition: str) -> int:
    sql = f"SELECT t.number FROM hd_ticket t JOIN hd_message m ON m.ticket = t.id WHERE {condition} ORDER BY m.id DESC LIMIT 1"
    return await connection.fetchval(sql) or 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="pages whose names contain this")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(asked.out, asked.only))


if __name__ == "__main__":
    main()
