"""Lists of requests: by words, page after page, at the same cost however long."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.tickets.replying import Draft, note
from tests.cast import hire
from tests.make import a_ticket
from tests.portal.conversing import answer_from_us
from tests.portal.guests import Guest


async def test_lists_search_by_words_and_turn_pages(guest: Callable[[], Guest]) -> None:
    for number in range(45):
        await a_ticket(
            f"Plate {number:02}",
            text={7: "۱۲ بشقاب كم است", 8: "Straße Αθήνας"}.get(number, "Twelve plates"),
            at=now() - timedelta(minutes=number),
        )
    dora = guest()
    await dora.sign_in()
    seen: list[str] = []
    path = "/requests"
    for _page in range(3):
        page = (await dora.page(path)).text
        seen += re.findall(r"Plate \d\d", page)
        more = re.search(r'href="(/requests[^"]*cursor=[^"]+)"', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert seen == [f"Plate {number:02}" for number in range(45)] and not path
    for words, wanted in (
        ("12 کم", ["Plate 07"]),
        ("STRASSE ΑΘΉΝΑΣ", ["Plate 08"]),
        ("plate 09", ["Plate 09"]),
        ("100%", []),
    ):
        page = (await dora.page(f"/requests?q={words.replace('%', '%25')}")).text
        assert re.findall(r"Plate \d\d", page.replace(f'value="{words}"', "")) == wanted, words
    assert (await dora.get("/requests?cursor=nonsense")).status_code == 422


async def test_among_very_many_requests_words_are_found_by_the_index(
    guest: Callable[[], Guest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.tickets.requests.NEWEST", 3)
    ben, last = await hire("ben"), 0
    for number in range(8):
        ticket = await a_ticket(f"Plate {number}", text="A cracked plate", at=now() - timedelta(minutes=number))
        last = ticket.number
        if number == 7:
            await answer_from_us(ticket, "Glued together.", by=ben)
            await note(ticket, Draft(body_text="A nuisance."), by=ben, at=now())
            await rows("UPDATE hd_ticket SET last_message_at = now() - interval '1 hour' WHERE id = {}", ticket.id)
    dora = guest()
    await dora.sign_in()
    for words, wanted in {
        "crack plate": range(8), "glue": [7], "nuisance": [], f"%23{last}": [7], "lue": [], "acked": range(4), "%25": [],
    }.items():  # fmt: skip
        page = (await dora.page(f"/requests?q={words}")).text
        assert re.findall(r"Plate (\d)<", page) == [str(number) for number in wanted], words


async def test_a_list_costs_the_same_however_long(
    guest: Callable[[], Guest], queries_at_most: Callable[[int], Any]
) -> None:
    await a_ticket()
    dora = guest()
    await dora.sign_in()
    await dora.page("/requests")
    with queries_at_most(4):
        await dora.page("/requests")
    for number in range(15):
        await a_ticket(f"More {number}")
    with queries_at_most(4):
        await dora.page("/requests")
