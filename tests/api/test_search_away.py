"""Whatever happens to the index of articles: the search says so, tickets go on, and the index heals by itself."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from httpx import AsyncClient

from helpdesk.articles import indexing
from helpdesk.cli.checks import index_of_articles
from helpdesk.health import readiness
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.metrics import metrics
from knowledge_base.changes import KEPT, forget_old, newest
from tests.articles import an_article, indexed
from tests.cli.running import REPOSITORY

# Stands where only the new table of contents is missing, with the lock in its hand.
IN_A_COMMIT = """
import asyncio, time
from helpdesk.articles.indexing import keep_up
from helpdesk.kernel.database import connected
from knowledge_base.index_storage import Storage

def stand(*_names, **_options):
    print("in a commit", flush=True)
    time.sleep(600)

async def main():
    async with connected(2):
        await keep_up()

Storage.rename_file = stand
asyncio.run(main())
"""
ROOM = 2_000  # bytes of a file


@pytest.fixture
def no_room() -> Iterator[None]:
    """Files of this process end there, as a full disk's do."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def found(api: AsyncClient, words: str) -> list[str] | str:
    """Titles, or what is said instead; the page and the API are of one mind."""
    page = (await api.get("http://helpdesk.test/help/en/search", params={"q": words})).text
    answer = await api.get("/articles/search", params={"q": words})
    if answer.status_code == 503:
        assert "not available just now" in page and answer.headers["retry-after"]
        return answer.json()["title"]
    titles = [one["title"] for one in answer.json()["items"]]
    assert all(title in page for title in titles) and "not available just now" not in page
    return titles


async def tickets_go_on(api: AsyncClient) -> bool:
    asked = {"subject": "Where is it?", "body_text": "My parcel.", "customer": {"email": "dora@customer.test"}}
    return (await api.post("/tickets", json=asked)).status_code == 201


async def test_a_writer_that_is_killed_in_a_commit_costs_nothing(api: AsyncClient) -> None:
    await an_article("Alpacas")
    await indexed()
    await an_article("Buffaloes")
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_COMMIT], stdout=subprocess.PIPE, cwd=REPOSITORY, env=os.environ
    ) as writer:
        assert writer.stdout and writer.stdout.readline() == b"in a commit\n"
        await indexing.keep_up()
        assert await found(api, "buffaloes") == [] and await found(api, "alpacas") == ["Alpacas"]
        writer.kill()
    assert await tickets_go_on(api)
    assert await found(api, "alpacas") == ["Alpacas"]
    await indexing.keep_up()
    assert await found(api, "buffaloes") == ["Buffaloes"]


async def test_without_its_folder_the_search_says_so_and_it_is_made_anew(api: AsyncClient) -> None:
    await an_article("Alpacas")
    await indexed()
    shutil.rmtree(indexing.folder())
    assert "not available" in await found(api, "alpacas") and await tickets_go_on(api)
    assert (await readiness()).warnings == ["the index of articles is not up to date: missing"]
    assert 'helpdesk_ready{part="index"} 0.0' in (await metrics()).decode()
    assert (await index_of_articles()).level == "warn"
    await indexing.keep_up()
    assert await found(api, "alpacas") == ["Alpacas"] and (await readiness()).warnings == []
    assert f"helpdesk_index_position {float((await newest()).number)}" in (await metrics()).decode()
    assert (await index_of_articles()).text == f"change {(await newest()).number}, nothing waits"


@pytest.mark.parametrize("is_there", [True, False])
async def test_without_room_there_the_search_has_what_it_had(api: AsyncClient, no_room: None, is_there: bool) -> None:
    indexing.forget()
    await an_article("Alpacas")
    if is_there:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await indexing.keep_up()
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
    await an_article("Buffaloes", "They are large. " * 300)
    await indexing.keep_up()
    if is_there:
        assert (await found(api, "alpacas"), await found(api, "buffaloes")) == (["Alpacas"], [])
    else:
        assert "not available" in await found(api, "alpacas")
    assert await tickets_go_on(api)
    standing = await indexing.standing()
    assert standing.waiting == (1 if is_there else 2) and standing.trouble
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await indexing.keep_up()
    assert await found(api, "buffaloes") == ["Buffaloes"]
    standing = await indexing.standing()
    assert (standing.trouble, standing.waiting, standing.lag) == ("", 0, 0.0)


async def test_a_process_of_its_own_builds_the_index_of_a_large_desk(
    api: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_article("Alpacas")
    indexing.forget()
    monkeypatch.setattr(indexing, "FEW", 0)
    await indexing.keep_up(anew=indexing.build_apart)
    assert await found(api, "alpacas") == ["Alpacas"]


async def test_changes_that_were_read_go_and_an_index_that_missed_them_is_built_anew(api: AsyncClient) -> None:
    await an_article("Alpacas")
    await indexed()
    await an_article("Buffaloes")
    await an_article("Camels")
    await forget_old(at=now() + 2 * KEPT)
    assert await rows("SELECT count(*) AS count FROM kb_change") == [{"count": 1}]
    await indexing.keep_up()
    assert await found(api, "buffaloes") == ["Buffaloes"]
