"""Pages in the language of their reader."""

from collections.abc import Callable

from helpdesk.people.tables import Agent
from tests.cast import hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]


async def test_a_path_that_nobody_serves_is_told_in_the_language_of_the_browser(browser: Browsers) -> None:
    visitor = browser().client
    persian = await visitor.get("/nothing", headers={"accept-language": "fa-IR,fa;q=0.9,en;q=0.5"})
    assert persian.status_code == 404
    assert 'dir="rtl"' in persian.text and "چیزی اینجا نیست" in persian.text and "۴۰۴" in persian.text
    english = await visitor.get("/nothing", headers={"accept-language": "en"})
    assert "There is nothing here." in english.text


async def test_scripts_are_given_the_words_for_short_times(browser: Browsers) -> None:
    ben = await hire("ben")
    await Agent.update({Agent.language: "fa"}).where(Agent.id == ben.id)
    page = await (await browser().sign_in(ben)).get("/console")
    assert 'data-text-minute="{n} د"' in page.text and 'data-text-hour="{n} ساعت"' in page.text
