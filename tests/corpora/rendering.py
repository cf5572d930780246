"""Shows hostile HTML in the message frame of a running console, in Chromium: `python -m tests.corpora.rendering [--data DIR] [--short]`.

Every case stands in a conversation as a customer's message. Ends with 1 when a dialog opens, anything else is asked for than the frames
and files of the conversation, a frame leaves its message, or the page around the mails changes.
"""

import asyncio
import gzip
import json
import sys
from pathlib import Path

from helpdesk.channels.email.sanitising import SANITISER_VERSION, sanitise
from helpdesk.channels.email.style_sheets import inlined
from tests.browser.chromium import chromium
from tests.browser.hostile import MAY_BE_ASKED, OUTSIDE_OF_MAILS, asked_inside, frames_that_stick_out
from tests.browser.product import Product, a_product
from tests.browser.visits import Visits
from tests.corpora.reporting import Table, run

A_PAGE = 50
"""Messages that the conversation shows at once."""
SHORT = 150
"""Cases of the short form: all that are particular to mail, and the first of the others."""


def compare(data: Path, *, is_short: bool) -> bool:
    return asyncio.run(_compare(data / "sanitiser", is_short=is_short))


async def _compare(folder: Path, *, is_short: bool) -> bool:
    cases = _cases(folder)[: SHORT if is_short else None]
    table = Table(is_short=is_short)
    done: list[tuple[str, list[str], list[str]]] = []
    async with chromium() as browser, a_product() as product:
        for start in range(0, len(cases), A_PAGE):
            some = cases[start : start + A_PAGE]
            number = await _ticket_of(product, some)
            visits = Visits(browser, product)
            done.append((f"{some[0][0]} … {some[-1][0]}", await _what_happened(visits, number, frames=len(some)), []))
            await visits.close()
            print(f"\r{start + len(some)} of {len(cases)} shown", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    table.agreement(f"pages of {A_PAGE} mails where nothing happens", 1.0, done)
    return table.show()


def _cases(folder: Path) -> list[tuple[str, str]]:
    """Pairs of a name and HTML as a mail brings it."""
    of_mail = json.loads((folder / "mail_html.json").read_text(encoding="utf-8"))["cases"]
    attacks = [json.loads(line) for line in gzip.decompress((folder / "attacks.jsonl.gz").read_bytes()).splitlines()]
    return [(case["id"], case["html"]) for case in [*of_mail, *attacks]]


async def _ticket_of(product: Product, cases: list[tuple[str, str]]) -> int:
    """A ticket with a message for each case, cleaned as intake cleans it."""
    number = await product.ticket(f"From {cases[0][0]} on")
    await product.rows("DELETE FROM hd_message WHERE ticket = (SELECT id FROM hd_ticket WHERE number = $1)", number)
    cleaned = [sanitise(f"<p><b>Case</b></p>{inlined(html)}").html for _name, html in cases]
    await product.rows(
        """INSERT INTO hd_message (ticket, audience, author_kind, customer, body_text, body_html, quoted_text, sanitiser_version, language,
            created_at, is_unverified)
        SELECT t.id, 'public', 'customer', t.customer, '', html, '', $3, 'en', now() + place * interval '1 ms', false
        FROM hd_ticket t, unnest($2::text[]) WITH ORDINALITY AS given (html, place) WHERE t.number = $1""",
        number, cleaned, SANITISER_VERSION,
    )  # fmt: skip
    return number


async def _what_happened(visits: Visits, number: int, *, frames: int) -> list[str]:
    page = await visits.visit(f"/console/tickets/{number}?view=open", as_="ben")
    shown = page.locator("iframe.mail-frame")
    happened = [] if await shown.count() == frames else [f"{await shown.count()} frames instead of {frames}"]
    await page.wait_for_load_state("networkidle")
    visits.requests.clear()
    before = await page.evaluate(OUTSIDE_OF_MAILS)
    for frame in await shown.all():
        await frame.scroll_into_view_if_needed()
    await page.keyboard.press("Tab")
    await page.wait_for_timeout(500)
    if await page.evaluate(OUTSIDE_OF_MAILS) != before:
        happened.append("the page around the mails changed")
    if sticking_out := await frames_that_stick_out(page):
        happened.append(f"{sticking_out} frames leave their message")
    inside = asked_inside(page, visits.requests)
    return [*happened, *(url for url in inside if not MAY_BE_ASKED.search(url)), *visits.unexpected()]


if __name__ == "__main__":
    sys.exit(run(compare))
