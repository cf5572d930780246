"""/articles: written, published, found; conflicts, pages and who may what."""

from httpx import AsyncClient

from helpdesk.kernel.database import rows
from tests.api.conftest import ClientOf
from tests.articles import an_article, indexed
from tests.cast import hire

NEW = {"tags": ["Refund"], "translations": {"en": {"title": "Send it back", "body_markdown": "Within **30 days**."}}}


async def test_articles_are_written_changed_published_found_and_deleted(api: AsyncClient, client_of: ClientOf) -> None:
    mani = await client_of(await hire("mani"))
    assert (await api.post("/articles", json=NEW | {"publish": True})).status_code == 403
    made = await api.post("/articles", json=NEW)
    assert made.status_code == 201 and made.json()["tags"] == ["refund"], made.text
    words = made.json()["translations"]["en"]
    assert words["body_html"] == "<p>Within <strong>30 days</strong>.</p>" and words["state"] == "draft"
    away = {"en": {"title": "x", "body_markdown": "![a](https://x.test/a.png)"}}
    refused = (await mani.post("/articles", json={"translations": away})).json()
    assert "https://x.test/a.png" in refused["fields"]["body_markdown"]
    both = {"en": {"title": "x", "body_html": "a", "body_markdown": "b"}}
    assert (await api.post("/articles", json={"translations": both})).status_code == 422
    path = f"/articles/{made.json()['id']}"
    changed = await api.patch(
        path, json={"translations": {"en": {"body_html": "<p>60</p>", "version": 1}, "fa": {"title": "بازگرداندن"}}}
    )
    assert list(changed.json()["translations"]) == ["en", "fa"] and changed.json()["translations"]["en"]["version"] == 2
    late = await mani.patch(path, json={"translations": {"en": {"body_html": "<p>90</p>", "version": 1}}})
    assert late.status_code == 409 and late.json()["fields"]["body_html"] == {
        "theirs": "<p>60</p>",
        "yours": "<p>90</p>",
    }
    stale = await api.patch(path, json={"tags": ["x"]}, headers={"if-match": '"7"'})
    assert stale.status_code == 409 and stale.json()["fields"]["tags"] == {"theirs": ["refund"], "yours": ["x"]}
    empty = await mani.post(f"{path}/publish", json={"language": "fa"})
    assert empty.status_code == 422
    published = await mani.post(f"{path}/publish", json={"language": "en", "version": 2})
    assert published.json()["translations"]["en"]["is_read"] is True
    assert published.headers["link"] == '</help/en/articles/send-it-back>; rel="alternate"; hreflang="en"'
    assert (await api.patch(path, json={"audience": "agents"})).status_code == 403, "it is being read"
    await indexed()
    found = (await api.get("/articles/search", params={"q": "send back"})).json()["items"]
    assert [(one["id"], one["title"], one["language"]) for one in found] == [(made.json()["id"], "Send it back", "en")]
    assert (await api.get("/suggestions", params={"text": "zebra"})).json()["items"] == []
    asked = {"subject": "Send an order back", "text": "How do I send my order back?", "language": "en"}
    suggested = await api.post("/suggestions", json=asked)
    assert (suggested.status_code, suggested.json()) == (200, (await api.get("/suggestions", params=asked)).json())
    [search] = await rows("SELECT place, words, found FROM kb_search")
    assert (search["place"], search["words"], search["found"]) == ("api", "send back", 1)
    assert (await mani.post(f"{path}/archive", json={"language": "en"})).json()["translations"]["en"][
        "state"
    ] == "archived"
    assert (await api.delete(path)).status_code == 403 and (await mani.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404


async def test_lists_go_on_by_link_and_show_drafts_to_who_writes(api: AsyncClient, client_of: ClientOf) -> None:
    for number in range(3):
        await an_article(f"Number {number}", is_published=number != 1)
    first = await api.get("/articles", params={"limit": 2, "q": "number"})
    link = first.headers["link"]
    assert link.startswith("</api/v1/articles?") and link.endswith('>; rel="next"')
    assert "limit=2" in link and "q=number" in link
    rest = await api.get(link[1:].partition(">")[0].removeprefix("/api/v1"))
    titles = [one["translations"]["en"]["title"] for one in (*first.json()["items"], *rest.json()["items"])]
    assert titles == ["Number 2", "Number 1", "Number 0"] and "link" not in rest.headers
    lia = await client_of(await hire("lia"))
    seen = (await lia.get("/articles")).json()["items"]
    assert [one["translations"]["en"]["title"] for one in seen] == ["Number 2", "Number 0"]
    assert (await lia.get("/articles/2")).status_code == 404 and (
        await lia.post("/articles", json=NEW)
    ).status_code == 403


async def test_categories_have_two_levels(api: AsyncClient, client_of: ClientOf) -> None:
    mani = await client_of(await hire("mani"))
    top = (await mani.post("/article-categories", json={"names": {"en": "Orders"}})).json()
    below = await mani.post("/article-categories", json={"names": {"en": "Refunds"}, "parent": top["id"]})
    deeper = await mani.post("/article-categories", json={"names": {"en": "No"}, "parent": below.json()["id"]})
    assert below.status_code == 201 and deeper.status_code == 422 and "parent" in deeper.json()["fields"]
    assert (await mani.delete(f"/article-categories/{top['id']}")).status_code == 422, "one stands below it"
    await an_article(category=below.json()["id"])
    assert (await api.get("/articles", params={"category": top["id"]})).json()["items"][0]["category"] == below.json()[
        "id"
    ]
    assert (await api.delete(f"/article-categories/{below.json()['id']}")).status_code == 403
    await mani.delete(f"/article-categories/{below.json()['id']}")
    assert (await api.get("/articles/1")).json()["category"] == top["id"], "it went up"
