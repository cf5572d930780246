"""Words that mean the same: who changes them, what will not do, and what a search finds from then on."""

from collections.abc import Callable

import pytest

from helpdesk.articles.finding import search_articles
from helpdesk.kernel.database import rows
from knowledge_base.common_synonyms import common_sets
from knowledge_base.synonyms import line_of
from tests.articles import an_article, indexed
from tests.cast import hire
from tests.console.browsing import Browser

NewBrowser = Callable[[], Browser]
PAGE = "/console/settings/synonyms"
COMMON = [line_of(words) for words in common_sets("en")]


async def found(words: str, language: str = "en") -> list[str]:
    return [one.title for one in (await search_articles(words, asked_by=None, language=language)).items]


async def test_a_group_holds_from_the_next_search_on_and_those_that_come_along_can_be_left_out(
    browser: NewBrowser,
) -> None:
    await an_article("Delete an account", "For good.")
    await an_article("بازگرداندن کالا", "تا سی روز.", language="fa")
    await indexed()
    page = await browser().sign_in(await hire("mani"))
    assert "delete, remove, erase" in (await page.get(f"{PAGE}?language=en")).text
    assert await found("vaporise") == [] and await found("erase account") == ["Delete an account"]
    typed = {"groups": "vaporise ,  delete, delete\r\n\r\n", "used": COMMON, "version": "0"}
    tried = (await page.post(f"{PAGE}/en", typed | {"try": "1", "words": "vaporise"})).text
    assert "a search finds 1 article:" in tried and "Delete" in tried and await found("vaporise") == [], "only tried"
    assert (await page.post(f"{PAGE}/en", typed)).headers["location"] == f"{PAGE}?language=en&said=saved"
    assert await found("vaporise") == ["Delete an account"]
    late = await page.post(f"{PAGE}/en", typed | {"groups": "annul, delete"})
    assert late.status_code == 422 and "Somebody else changed" in late.text and "annul, delete" in late.text
    without = [line for line in COMMON if "delete" not in line]
    await page.post(f"{PAGE}/en", {"groups": "", "used": without, "version": "1"})
    shown = (await page.get(f"{PAGE}?language=en")).text
    assert f"{len(COMMON) - len(without)} not in use" in shown
    assert await found("vaporise") == [] and await found("erase") == []
    await page.post(f"{PAGE}/fa", {"groups": "پس دادن، بازگرداندن", "version": "0"})
    assert await found("پس دادن", "fa") == ["بازگرداندن کالا"]
    [first, *_rest] = await rows("SELECT changes FROM hd_audit WHERE kind = 'synonyms_changed' ORDER BY id")
    assert "vaporise, delete" in first["changes"]


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("a bill, invoice\ninvoice", "Line 2: A group has two words or more"),
        ("the, invoice", "“the” says nothing to the search"),
        ("invoice, one two three four five", "“one two three four five” is too long"),
        (",".join(f"w{number}" for number in range(21)), "20 words at most"),
    ],
)
async def test_what_is_no_group_is_said_at_its_line_and_kept_as_typed(
    browser: NewBrowser, groups: str, told: str
) -> None:
    page = await browser().sign_in(await hire("mani"))
    answer = await page.post(f"{PAGE}/en", {"groups": groups, "version": "0"})
    assert answer.status_code == 422 and told in answer.text and groups.splitlines()[0] in answer.text
    assert await rows("SELECT FROM kb_synonyms") == []


async def test_who_only_answers_changes_no_words(browser: NewBrowser) -> None:
    page = await browser().sign_in(await hire("ben"))
    assert (await page.get(PAGE)).status_code == (await page.post(f"{PAGE}/en", {"groups": ""})).status_code == 403
