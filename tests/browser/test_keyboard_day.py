"""A day without a mouse: tickets are answered by keys alone while a colleague is at the same ones and the network drops.

In English and in Persian at once. In the end every answer is there once: in the database, and in the customers' mailboxes.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import CDPSession, Page, Route, expect

from tests.browser.product import Product
from tests.browser.test_live import OFF, live
from tests.browser.visits import Visits

ROWS = "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"
PERSIAN_ROWS = "ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو./"
PERSIAN = {
    key: letter
    for keys, letters in zip(ROWS, PERSIAN_ROWS, strict=True)
    for key, letter in zip(keys, letters, strict=True)
}
"""What the keys write with the Persian layout of ISIRI 9147."""
SIGNS = {"Slash": "/", "Period": ".", "BracketLeft": "[", "BracketRight": "]"}
MODIFIERS = {"Control": 2, "Shift": 8}


class Hands:
    """On a keyboard, with the layout of the language."""

    def __init__(self, page: Page, session: CDPSession, *, is_persian: bool) -> None:
        self.page, self.is_persian = page, is_persian
        self._session = session

    async def press(self, *strokes: str) -> None:
        """Each by its physical key, such as `KeyJ` or `Control+Enter`."""
        for stroke in strokes:
            *held, code = stroke.split("+")
            letter = PERSIAN.get(SIGNS.get(code, code.removeprefix("Key").lower()))
            if not self.is_persian or letter is None:
                await self.page.keyboard.press(stroke)
                continue
            key = {
                "key": "؟" if stroke == "Shift+Slash" else letter,
                "code": code,
                "modifiers": sum(MODIFIERS[one] for one in held),
            }
            await self._session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
            await self._session.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})

    async def type(self, text: str) -> None:
        await self.page.keyboard.type(text)


def address_at(me: str, place: int) -> str:
    """The customer whose ticket stands there in the list; the one that is merged is of the same as the one after it."""
    is_merged = STEPS[place] is merged_meanwhile
    return f"{me}-{place + is_merged}@day.test"


class Day:
    """One agent's: who is there, the tickets in the order of the list, and what was written to whom."""

    def __init__(self, product: Product, hands: Hands, colleague: Page, me: str, other: str) -> None:
        self.product, self.hands, self.page, self.colleague = product, hands, hands.page, colleague
        self.me, self.other = product.people[me], product.people[other]
        self.numbers: list[int] = []
        self.answers: dict[int, list[str]] = {}
        self.notes: dict[int, list[str]] = {}

    def words(self, english: str, persian: str) -> str:
        return persian if self.hands.is_persian else english

    def customer(self, number: int) -> str:
        return address_at(self.me.email.partition("@")[0], self.numbers.index(number))

    async def write(self, number: int, words: str = "", *, send: str = "Control+Enter") -> None:
        """Answer with `r`; the answer is on the page when this returns."""
        text = self.words(f"Answer to {number}{words}", f"پاسخ به {number}{words}")
        await self.hands.press("KeyR")
        await self.typed(text)
        await self.hands.press(send)
        await self.arrived(number, text)

    async def typed(self, text: str) -> None:
        await expect(self.page.locator("#composer :focus")).to_have_count(1)
        await self.hands.type(text)

    async def arrived(self, number: int, text: str) -> None:
        await expect(self.page.locator("#items .message.agent", has_text=text)).to_have_count(1)
        await expect(self.page.locator("#conversation")).to_be_focused()
        self.answers.setdefault(number, []).append(text)

    async def is_at(self, number: int) -> None:
        await expect(self.page.locator("#conversation")).to_have_attribute("data-number", str(number))

    async def as_colleague(self, method: str, path: str, body: dict[str, Any]) -> None:
        headers = {"authorization": f"Bearer {self.other.token}"}
        async with httpx.AsyncClient(base_url=f"{self.product.url}/api/v1", headers=headers) as client:
            answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text


async def plain(day: Day, number: int) -> None:
    await day.write(number)


async def solved(day: Day, number: int) -> None:
    await day.write(number, send="Control+Shift+Enter")
    await expect(day.page.locator("select[name=status]")).to_have_value("solved")


async def taken(day: Day, number: int) -> None:
    await day.hands.press("KeyI")
    await expect(day.page.locator("select[name=assignee]")).to_have_value(str(day.me.id))
    await day.write(number)


async def noted(day: Day, number: int) -> None:
    text = day.words(f"Note on {number}", f"یادداشت {number}")
    await day.hands.press("KeyN")
    await day.typed(text)
    await day.hands.press("Control+Enter")
    await expect(day.page.locator("#items .message.note", has_text=text)).to_have_count(1)
    await expect(day.page.locator("#conversation")).to_be_focused()
    day.notes[number] = [text]
    await day.write(number)


async def made_urgent(day: Day, number: int) -> None:
    await _choose(day, "KeyP", day.words("urg", "فور"))
    await expect(day.page.locator("select[name=priority]")).to_have_value("urgent")
    await day.write(number)


async def left_waiting(day: Day, number: int) -> None:
    await day.write(number)
    await expect(day.page.locator("select[name=status]")).to_have_value("open")
    await _choose(day, "KeyS", day.words("wait", "انتظار"))
    await expect(day.page.locator("select[name=status]")).to_have_value("pending")


async def given_to_the_colleague(day: Day, number: int) -> None:
    await _choose(day, "KeyA", day.other.name.split()[0])
    await expect(day.page.locator("select[name=assignee]")).to_have_value(str(day.other.id))
    await day.write(number)


async def tagged(day: Day, number: int) -> None:
    await day.hands.press("KeyL")
    await expect(day.page.locator(".tags-editor input:focus")).to_have_count(1)
    await day.hands.type(day.words("vat", "مالیات"))
    await day.hands.press("Enter", "Enter")
    await expect(day.page.locator("#conversation [data-does=tags]")).to_contain_text(day.words("vat", "مالیات"))
    await day.write(number)


async def put_off(day: Day, number: int) -> None:
    await day.write(number)
    await day.hands.press("KeyH", "KeyH")
    await expect(day.page.locator("#snooze-menu > .chip.warn")).to_be_visible()


async def taken_back(day: Day, number: int) -> None:
    """`z` brings the text back; what leaves is what is sent in the end."""
    await day.write(number)
    wrong = day.answers.pop(number)[0]
    await day.hands.press("KeyZ")
    await expect(day.page.locator("#items .message.agent")).to_have_count(0)
    await day.typed(day.words(", corrected", "، درست‌شده"))
    await day.hands.press("Control+Enter")
    await day.arrived(number, wrong + day.words(", corrected", "، درست‌شده"))


async def while_a_colleague_writes(day: Day, number: int) -> None:
    await day.colleague.goto(f"{day.product.url}/console/tickets/{number}")
    await day.colleague.keyboard.press("KeyR")
    await expect(day.colleague.locator("#composer :focus")).to_have_count(1)
    await day.colleague.keyboard.type("me, too")
    await expect(day.page.locator("#writing-bar")).to_contain_text(day.other.name)
    await day.write(number)


async def while_the_customer_writes(day: Day, number: int) -> None:
    await _newer(day, number, day.product.says(number, day.words("One more thing", "یک چیز دیگر")))


async def while_the_colleague_adds_a_note(day: Day, number: int) -> None:
    said = {"audience": "internal", "body_text": day.words("I know them", "می‌شناسمش")}
    day.notes[number] = [said["body_text"]]
    await _newer(day, number, day.as_colleague("POST", f"/tickets/{number}/messages", said))


async def _newer(day: Day, number: int, somebody_writes: Awaitable[None]) -> None:
    """What came while one wrote is shown first; Enter on the button sends all the same."""
    text = day.words(f"Answer to {number}", f"پاسخ به {number}")
    await day.hands.press("KeyR")
    await day.typed(text)
    await somebody_writes
    await day.hands.press("Control+Enter")
    await expect(day.page.locator("#composer .newer")).to_be_focused()
    await day.hands.press("Tab")
    await expect(day.page.locator("#composer [data-anyway]")).to_be_focused()
    await day.hands.press("Enter")
    await day.arrived(number, text)


async def while_the_colleague_changes_the_same(day: Day, number: int) -> None:
    """Who comes second sees both values and keeps theirs."""
    stale = f"**/console/tickets/{number}/header"
    await day.page.route(stale, lambda route: route.abort())
    await day.as_colleague("PATCH", f"/tickets/{number}", {"priority": "low"})
    await _choose(day, "KeyP", day.words("high", "بالا"))
    await expect(day.page.locator("#banner.conflict button:focus")).to_have_count(1)
    await day.page.unroute(stale)
    await day.hands.press("Enter")
    await expect(day.page.locator("select[name=priority]")).to_have_value("high")
    await expect(day.page.locator("#banner.conflict")).to_have_count(0)
    await day.write(number)


async def merged_meanwhile(day: Day, number: int) -> None:
    """What was begun on the one that goes stands on the other."""
    survivor = day.numbers[day.numbers.index(number) + 1]
    text = day.words(f"Answer to {number}", f"پاسخ به {number}")
    await day.hands.press("KeyR")
    await day.typed(text)
    await expect(day.page.locator("#composer .saved")).not_to_be_empty()
    await day.as_colleague("POST", f"/tickets/{number}/merge", {"into": survivor})
    await day.hands.press("Escape")
    await _open(day, survivor, by_palette=False)
    await day.hands.press("KeyR")
    await day.typed(day.words(", and more", "، و بیشتر"))
    await day.hands.press("Control+Enter")
    await day.arrived(survivor, text + day.words(", and more", "، و بیشتر"))


async def while_the_network_is_gone(day: Day, number: int) -> None:
    text = day.words(f"Answer to {number}", f"پاسخ به {number}")
    await day.hands.press("KeyR")
    await day.typed(text)
    await day.page.context.set_offline(True)
    await _fails(day)
    await expect(day.page.locator(".toast.bad")).to_contain_text(day.words("Nothing was changed", "چیزی تغییر نکرد"))
    await day.page.context.set_offline(False)
    await live(day.page)
    await day.hands.press("Control+Enter")
    await day.arrived(number, text)


async def when_the_answer_is_lost(day: Day, number: int) -> None:
    """It was sent, but the page does not know: the second try sends nothing new."""
    text = day.words(f"Answer to {number}", f"پاسخ به {number}")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await day.page.route("**/replies", lose, times=1)
    await day.hands.press("KeyR")
    await day.typed(text)
    await _fails(day)
    await day.hands.press("Control+Enter")
    await day.arrived(number, text)
    await expect(day.page.locator("#composer [name=text]")).to_have_value("")


async def _fails(day: Day) -> None:
    """Sent, without an answer."""
    async with day.page.expect_event("requestfailed", lambda request: request.url.endswith("/replies")):
        await day.hands.press("Control+Enter")
    await expect(day.page.locator("#composer[data-sending]")).to_have_count(0)


async def asked_outside(day: Day, number: int) -> None:
    """And then answered, too; the supplier's mail is none of the customer's."""
    await day.hands.press("KeyF")
    await expect(day.page.locator("#composer input:focus")).to_have_count(1)
    await day.hands.type("supplier@outside.test")
    await day.hands.press("Enter", "Escape", "KeyF")
    text = day.words("Do you have it?", "موجود است؟")
    await day.typed(text)
    await day.hands.press("Control+Enter")
    await expect(day.page.locator("#items .message", has_text=text)).to_have_count(1)
    await expect(day.page.locator("#conversation")).to_be_focused()
    day.notes[number] = [text]
    await day.write(number)


async def _open(day: Day, number: int, *, by_palette: bool) -> None:
    """The next of the list, or the one whose number is typed."""
    if by_palette:
        await day.hands.press("Control+KeyK")
        await day.hands.type(f"#{number}")
        await day.hands.press("Enter")
    else:
        await day.hands.press("KeyJ")
    await day.is_at(number)
    await expect(day.page.locator("#conversation")).to_be_focused()


async def _take_the_last_three_together(day: Day) -> None:
    await day.hands.press("Escape", "KeyX", "Shift+ArrowUp", "Shift+ArrowUp")
    await expect(day.page.locator("#tickets input[name=ticket]:checked")).to_have_count(3)
    await day.hands.press("KeyI")
    for number in day.numbers[-3:]:
        await expect(day.page.locator(f"#row-{number} .assignee")).to_have_attribute("title", day.me.name)


async def _choose(day: Day, key: str, words: str) -> None:
    await day.hands.press(key)
    await day.hands.type(words)
    await day.hands.press("Enter")
    await expect(day.page.locator("#palette")).to_be_hidden()


STEPS: list[Callable[[Day, int], Awaitable[None]]] = [
    plain, solved, taken, noted, made_urgent, left_waiting, given_to_the_colleague, tagged, put_off, taken_back, asked_outside,
    while_a_colleague_writes, while_the_customer_writes, while_the_colleague_adds_a_note, while_the_colleague_changes_the_same,
    merged_meanwhile, plain, while_the_network_is_gone, when_the_answer_is_lost, plain, plain,
]  # fmt: skip
"""For each ticket of the list; the one after that which is merged is what it is merged into."""


async def a_day(visits: Visits, product: Product, *, me: str, other: str) -> Day:
    page, colleague = await visits.visit(as_=me), await visits.visit(as_=other)
    session = await page.context.new_cdp_session(page)
    day = Day(product, Hands(page, session, is_persian=me == "shirin"), colleague, me, other)
    members = [day.me.id, day.other.id]
    team = (await product.call("POST", "/teams", {"name": f"Day of {me}", "members": members}))["id"]
    for place in reversed(range(len(STEPS))):
        who = (address_at(me, place), f"Customer {place}")
        day.numbers.insert(0, await product.ticket(f"Question {place}", who=who, team=team))
    await page.goto(f"{product.url}/console?view=team:{team}")
    await live(page)
    await day.hands.press("KeyJ", "Enter")
    await day.is_at(day.numbers[0])
    for place, (number, step) in enumerate(zip(day.numbers, STEPS, strict=True)):
        if place and STEPS[place - 1] is not merged_meanwhile:
            await _open(day, number, by_palette=place % 5 == 0)
        await step(day, number)
    await _take_the_last_three_together(day)
    return day


@pytest.mark.long
async def test_twenty_tickets_are_answered_by_keys_alone_and_each_answer_leaves_once(
    visits: Visits, product: Product
) -> None:
    visits.expect("409", OFF, "ERR_FAILED", "ERR_NETWORK_CHANGED", "htmx:(afterRequest|sendError)")
    days = await asyncio.gather(
        a_day(visits, product, me="ben", other="cleo"), a_day(visits, product, me="shirin", other="parvin")
    )
    for day in days:
        for number in day.answers:
            said = [one for one in await product.messages(number) if one["author"]["kind"] == "agent"]
            kept = {
                kind: [one["body_text"] for one in said if one["audience"] == kind] for kind in ("public", "internal")
            }
            assert kept == {"public": day.answers[number], "internal": day.notes.get(number, [])}, number
    answers = Counter(
        (day.customer(number), text) for day in days for number, said in day.answers.items() for text in said
    )
    assert [len(day.answers) for day in days] == [20, 20]
    assert set(answers.values()) == {1}

    async def mails() -> Counter[tuple[str, str]]:
        found = [(to, one.text().strip().splitlines()[0]) for one in product.outside.arrived for to in one.recipients]
        return Counter((to, text) for to, text in found if to.endswith("@day.test"))

    assert await product.until(mails, lambda found: len(found) >= len(answers)) == answers
    numbers = [number for day in days for number in day.numbers]
    [deliveries] = await product.rows(
        """SELECT count(*) AS all FROM hd_delivery d JOIN hd_message m ON m.id = d.message_id JOIN hd_ticket t ON t.id = m.ticket
        WHERE t.number = ANY($1) AND d.state <> 'cancelled'""",
        numbers,
    )
    assert deliveries["all"] == len(answers) + len(days), "the answers, and what was asked outside"
