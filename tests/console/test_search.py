"""The search of the list: results as rows of a view of their own, marked, and told what was not understood."""

import re
from collections.abc import Callable
from urllib.parse import quote

from tests.cast import EVE, hire
from tests.console.browsing import Browser
from tests.make import a_ticket


async def test_results_stand_in_the_list_and_are_marked(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    ticket = await a_ticket("Invoices & more", text="Where is <b>my</b> invoice?")
    await a_ticket("Other", text="nothing", who=EVE)
    shown = await page.get("/console/search", params={"q": "invoice"})

    assert shown.status_code == 200
    assert re.findall(r'id="row-(\d+)"', shown.text) == [str(ticket.number)]
    assert "<mark>Invoices</mark> &amp; more" in shown.text
    assert "Where is &lt;b&gt;my&lt;/b&gt; <mark>invoice</mark>?" in shown.text
    assert f"/console/tickets/{ticket.number}?view={quote('search:invoice', safe='')}#item-m" in shown.text
    assert 'value="invoice"' in shown.text


async def test_a_ticket_opened_from_a_search_keeps_it_beside(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    ticket, other = await a_ticket(text="invoice"), await a_ticket(text="other")
    shown = await page.get(f"/console/tickets/{ticket.number}", params={"view": "search:invoice"})

    assert shown.status_code == 200
    assert re.findall(r'id="row-(\d+)"', shown.text) == [str(ticket.number)]
    assert (
        await page.get(f"/console/tickets/{ticket.number}/row", params={"view": "search:invoice"}, htmx=True)
    ).status_code == 200
    assert (
        await page.get(f"/console/tickets/{other.number}/row", params={"view": "search:invoice"}, htmx=True)
    ).status_code == 204


async def test_more_results_follow(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    numbers = [(await a_ticket(text="invoice")).number for _ in range(33)][::-1]
    first = await page.get("/console/search", params={"q": "invoice"})
    [more] = re.findall(r'hx-get="(/console/tickets/rows[^"]+)"', first.text)
    second = await page.get(more.replace("&amp;", "&"), htmx=True)

    found = re.findall(r'id="row-(\d+)"', first.text) + re.findall(r'id="row-(\d+)"', second.text)
    assert found == [str(number) for number in numbers]


async def test_while_one_types_the_results_come_alone(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    ticket = await a_ticket(text="invoice")
    shown = await page.get("/console/search", params={"q": "inv colour:red"}, htmx=True)

    assert "<html" not in shown.text
    assert f'id="row-{ticket.number}"' not in shown.text, "the operator ends the word"
    assert "There is no operator" in shown.text
    assert f'id="row-{ticket.number}"' in (await page.get("/console/search", params={"q": "inv"}, htmx=True)).text


async def test_what_is_not_understood_is_told_beside_the_box(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    ticket = await a_ticket(text="invoice")
    shown = await page.get("/console/search", params={"q": "status:lost invoice "})

    assert "knows no “lost”" in shown.text and "pending" in shown.text
    assert f'id="row-{ticket.number}"' in shown.text


async def test_a_number_with_its_sign_leads_to_the_ticket(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    ticket = await a_ticket()

    for typed in (f"#{ticket.number}", "#۱۰۰۱"):
        answer = await page.get("/console/search", params={"q": typed})
        assert (answer.status_code, answer.headers["location"]) == (302, f"/console/tickets/{ticket.number}")
    assert "Nothing found" in (await page.get("/console/search", params={"q": "#77"})).text


async def test_an_empty_search_teaches_the_operators(browser: Callable[[], Browser]) -> None:
    page = await browser().sign_in(await hire("ben"))
    shown = await page.get("/console/search")

    assert "Search all tickets" in shown.text and 'data-insert="status:"' in shown.text
    assert (await page.get("/console/search", params={"q": "x\x00" * 400})).status_code == 200
