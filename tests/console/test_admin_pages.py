"""The settings' home, the first steps, tags, and the health of processes and queues."""

import re
from collections.abc import Callable
from datetime import timedelta

import msgspec

from helpdesk.actors import broker
from helpdesk.articles import indexing
from helpdesk.console.settings_home import SECTIONS
from helpdesk.kernel import redis
from helpdesk.kernel.database import rows
from helpdesk.kernel.heartbeats import KEY, Process
from helpdesk.kernel.time import now
from helpdesk.people.permissions import ALLOWED
from helpdesk.people.tables import Role
from helpdesk.tickets import retagging
from helpdesk.tickets.editing import tag
from helpdesk.tickets.tables import Ticket
from knowledge_base.index import building_of
from knowledge_base.index_storage import locked, make_empty
from tests.articles import an_article
from tests.cast import hire
from tests.console.browsing import Browser
from tests.make import a_ticket

NewBrowser = Callable[[], Browser]


async def at_work(browser: NewBrowser, name: str = "alma") -> Browser:
    return await browser().sign_in(await hire(name))


async def test_every_page_of_the_menu_is_explained_at_home_and_opens(browser: NewBrowser) -> None:
    page = await at_work(browser)
    home = (await page.get("/console/settings")).text
    menu = home.partition('id="views"')[2].partition("</nav>")[0]
    linked = set(re.findall(r'href="(/console/[^"]+)"', menu)) - {"/console/settings", "/console/sink"}
    known = {one.path for _title, entries in SECTIONS for one in entries}
    assert known - {"/console/settings/guide"} == linked
    for path in sorted(known):
        assert (await page.get(path)).status_code == 200, path
    assert {one.verb for _title, entries in SECTIONS for one in entries} <= ALLOWED[Role.ADMIN]


async def test_settings_are_found_in_both_languages(browser: NewBrowser) -> None:
    page = await at_work(browser)
    for q, path in (("imap", "/console/channels"), ("برچسب", "/console/settings/tags"), ("اسپم", "/console/keeping")):
        found = (await page.get("/console/settings", params={"q": q}, htmx=True)).text
        assert f'href="{path}"' in found and "<html" not in found, q
    assert "No such setting" in (await page.get("/console/settings", params={"q": "zzz"}, htmx=True)).text
    light = await at_work(browser, "lia")
    assert "/console/queues" not in (await light.get("/console/settings")).text


async def test_the_first_steps_notice_what_is_done(browser: NewBrowser) -> None:
    page = await at_work(browser)
    assert "1 of 6" in (await page.get("/console/settings/guide")).text
    await hire("ben")
    ticket = await a_ticket()
    await rows("UPDATE hd_message SET mail_id = 'x@y' WHERE ticket = {}", ticket.id)
    await rows("UPDATE hd_channel SET address = 'help@shop.test'")
    shown = (await page.get("/console/settings/guide")).text
    assert "3 of 6" in shown and "help@shop.test" in shown and f"/console/tickets/{ticket.number}" in shown
    assert "3 of 6" in (await page.get("/console/settings")).text
    closed = await page.post("/console/settings/guide", {"closed": "1"})
    assert closed.headers["location"] == "/console/settings"
    assert "3 of 6" not in (await page.get("/console/settings")).text
    assert "in the settings again" in (await page.get("/console/settings/guide")).text
    assert (await (await at_work(browser, "mani")).get("/console/settings/guide")).status_code == 403


async def test_a_tag_is_renamed_merged_and_deleted_with_a_line_in_each_history(browser: NewBrowser) -> None:
    page = await at_work(browser, "mani")
    ben = await hire("ben")
    one, other = await a_ticket(), await a_ticket()
    await tag(one, ["vat", "late"], by=ben, at=now())
    await tag(other, ["tax"], by=ben, at=now())
    assert "vat" in (await page.get("/console/settings/tags")).text
    assert "late" not in (await page.get("/console/settings/tags", params={"q": "va"}, htmx=True)).text
    assert "On 1 ticket." in (await page.get("/console/settings/tags/change?tag=vat")).text
    renamed = await page.post("/console/settings/tags/change", {"tag": "vat", "becomes": "Tax"})
    assert renamed.status_code == 303
    assert [row["tags"] for row in await rows("SELECT tags FROM hd_ticket ORDER BY id")] == [["late", "tax"], ["tax"]]
    [event] = await rows("SELECT changes, version FROM hd_event WHERE ticket = {} ORDER BY id DESC LIMIT 1", one.id)
    fresh = await Ticket.objects().get(Ticket.id == one.id)
    assert fresh and event["version"] == fresh.version
    assert msgspec.json.decode(event["changes"]) == {"tags": [["late", "vat"], ["late", "tax"]]}
    assert (await page.post("/console/settings/tags/deletion", {"tag": "tax"})).status_code == 303
    assert [row["tags"] for row in await rows("SELECT tags FROM hd_ticket ORDER BY id")] == [["late"], []]
    for wrong in ("", "a, b", "late"):
        refused = await page.post("/console/settings/tags/change", {"tag": "late", "becomes": wrong})
        assert refused.status_code == 422, wrong
    agent = await browser().sign_in(ben)
    assert (await agent.get("/console/settings/tags")).status_code == 403
    assert (await agent.post("/console/settings/tags/deletion", {"tag": "late"})).status_code == 403


async def test_many_tickets_are_retagged_by_a_worker_which_may_die(browser: NewBrowser, monkeypatch) -> None:
    page = await at_work(browser, "mani")
    ben = await hire("ben")
    for _ in range(5):
        await tag(await a_ticket(), ["vat"], by=ben, at=now())
    monkeypatch.setattr(retagging, "AT_ONCE", 3)
    monkeypatch.setattr(retagging, "BATCH", 2)
    await page.post("/console/settings/tags/change", {"tag": "vat", "becomes": "tax"})
    assert await retagging.count_of("vat") == 5 and broker.client.llen("dramatiq:events") > 0
    [change] = await rows("SELECT id FROM hd_tag_change")
    assert await retagging._batch(change["id"]), "and then it dies"
    shown = (await page.get("/console/settings/tags/progress", htmx=True)).text
    assert "2 of 5 tickets" in shown and "every 2s" in shown
    await retagging.work_off(change["id"])
    await retagging.work_off(change["id"])
    assert (await retagging.count_of("vat"), await retagging.count_of("tax")) == (0, 5)
    done = (await page.get("/console/settings/tags/progress", htmx=True)).text
    assert "every 2s" not in done
    assert len(await rows("SELECT FROM hd_event WHERE kind = 'tagged' AND changes->'tags'->0 ? 'vat'")) == 5


async def test_a_process_that_is_missing_is_told_with_what_to_do(browser: NewBrowser) -> None:
    page = await at_work(browser)
    at = now()
    heard = {"web": at, "worker": at - timedelta(minutes=5), "scheduler": at}
    for pid, (kind, heard_at) in enumerate(heard.items()):
        one = Process(
            kind=kind, host="node1", pid=pid, version="0.1.0", started_at=at - timedelta(hours=1), heard_at=heard_at
        )
        redis.client().hset(KEY, one.name, msgspec.json.encode(one))
    shown = (await page.get("/console/queues")).text
    assert "A process is missing" in shown and "It was killed" in shown and "Start it: helpdesk mail-server" in shown
    redis.client().delete(KEY)


async def test_the_page_of_queues_tells_how_far_the_index_of_articles_is(browser: NewBrowser) -> None:
    page = await at_work(browser)
    await an_article()
    indexing.forget()
    assert "Cannot be searched" in (await page.get("/console/queues")).text
    building = building_of(indexing.folder())
    with locked(building):
        make_empty(building)
        (building / "progress").write_text('{"done": 400, "total": 5000}')
        shown = (await page.get("/console/queues")).text
        assert "Being built: 400 of 5,000 articles" in shown and "is being built: 400 of 5000" in shown
    await indexing.keep_up()
    assert "Cannot be searched" not in (await page.get("/console/queues")).text
