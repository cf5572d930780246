"""Articles are handed over to be published, sent back with a word, and looked at again when their day comes; what is typed
while somebody else puts them away stays."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from helpdesk.articles.reminding import TOPIC, remind_of_reviews
from helpdesk.kernel.database import rows
from helpdesk.people.agents import change_preferences
from helpdesk.tickets.notice_choices import choose_ways
from helpdesk.tickets.notice_kinds import NOWHERE
from helpdesk.tickets.quiet_hours import Quiet, choose_quiet_hours
from knowledge_base import articles, publishing
from knowledge_base.articles import Common
from tests.articles import an_article
from tests.cast import again, hire
from tests.console.browsing import Browser
from tests.console.test_knowledge import EDITOR, HOME, at_work, begin, save
from tests.noticed import a_device, mails

NewBrowser = Callable[[], Browser]
EARLY, NOON = datetime(2027, 3, 19, 21, 0, tzinfo=UTC), datetime(2027, 3, 20, 12, 0, tzinfo=UTC)


async def test_who_asks_leaves_a_word_and_who_publishes_sends_it_back_with_another(browser: NewBrowser) -> None:
    ben, _ = await at_work(browser, "ben")
    mani, _ = await at_work(browser, "mani")
    await begin(ben)
    long = await save(ben, does="review", remark="x" * 1001)
    assert long.status_code == 422 and "x" * 1001 in long.text
    await save(ben, does="review", remark="Prices are those of May.")
    editor = (await mani.get(EDITOR)).text
    assert "Prices are those of May." in editor and "Ben Weber, who asks for publication" in editor
    assert "1 article waits to be looked at" in (await mani.get(HOME)).text
    await mani.post(f"{EDITOR}/state", {"to": "draft", "remark": "Take those of June."})
    sent_back = (await ben.get(EDITOR)).text
    assert "Take those of June." in sent_back and "Mani Rostami, who sent it back" in sent_back
    assert "sent back" in (await ben.get(HOME)).text
    await save(ben, "June.", does="review")
    assert "Take those of June." not in (await mani.get(EDITOR)).text


async def test_what_was_typed_is_shown_again_when_the_article_is_put_away_or_deleted_meanwhile(
    browser: NewBrowser,
) -> None:
    ben, _ = await at_work(browser, "ben")
    mani, _ = await at_work(browser, "mani")
    await begin(ben)
    await save(ben, "Words.", does="review")
    stale = await save(mani, "Words.", does="publish", article_version="7")
    assert stale.status_code == 422 and "Somebody has changed meanwhile who may read it" in stale.text
    await save(mani, "Words.", does="publish", article_version="1")
    assert "who publishes articles changes where it stands" in (await ben.get(EDITOR)).text
    day = {"article_version": "1", "review_on": "2027-03-20"}
    assert (await ben.post(f"{EDITOR}/settings", day)).status_code == 303
    assert (await articles.find_article(1)).review_on == date(2027, 3, 20)
    await mani.post(f"{EDITOR}/state", {"to": "archived"})
    late = await save(ben, "Typed for an *hour*.")
    assert late.status_code == 403 and "in the archive. Bring it back" in late.text
    assert "Typed for an *hour*." in late.text and "data-unsaved" in late.text
    await mani.post(f"{EDITOR}/deletion", {})
    gone = await save(ben, "Typed for an *hour*.", version="2")
    assert gone.status_code == 404 and "Somebody has deleted this article meanwhile" in gone.text
    assert "Typed for an *hour*." in gone.text
    typed = {"title": "How do I pay?", "language": "en", "category": "", "audience": "public"}
    begun = await ben.post(f"{HOME}/new", typed | {"markdown": "Typed for an *hour*."})
    assert "Typed for an <em>hour</em>." in (await ben.get(begun.headers["location"])).text.replace("&lt;", "<").replace("&gt;", ">")  # fmt: skip
    assert (await ben.post(f"{HOME}/articles/2/tlh/beginning", {"title": "x"})).status_code == 404


async def test_the_article_s_people_are_told_once_when_its_day_has_begun_where_they_are(database: None) -> None:
    mani, ben, cleo, alma = await hire("mani"), await hire("ben"), await hire("cleo"), await hire("alma")
    await change_preferences(
        mani.id or 0, name=mani.name, language="fa", time_zone="Asia/Tehran", theme="system", signature=""
    )
    mani = await again(mani)
    await a_device(mani)
    for title in ("Pay", "Send back"):
        article = await an_article(title, is_published=False, review_on=date(2027, 3, 20))
        await publishing.publish(article, "en", by=mani.id, at=EARLY)
    await rows(
        "UPDATE kb_translation SET changed_by = CASE WHEN article = 1 THEN {}::int ELSE {}::int END", ben.id, cleo.id
    )
    await choose_quiet_hours(Quiet(begins=12 * 60, ends=13 * 60, days=frozenset(range(7))), by=ben, at=EARLY)
    await choose_ways({TOPIC: NOWHERE}, by=cleo)
    for _again in range(2):
        await remind_of_reviews(at=EARLY)
    [told] = await mails()
    assert told[:2] == (mani.email, "۲ مقاله باید دوباره بررسی شود") and "articles/1/en" in told[2]
    [pushed] = await rows("SELECT title, body, url FROM hd_push")
    assert pushed["body"] == "Pay\nSend back" and pushed["url"] == "/console/knowledge?due=1"
    await remind_of_reviews(at=NOON)
    assert len(await mails()) == 1, "Ben is left in peace, Cleo wants to hear nothing"
    await remind_of_reviews(at=NOON.replace(hour=14))
    assert [one[:2] for one in await mails()][1:] == [(ben.email, "1 article is to be looked at again")]
    await articles.change_article(1, Common(review_on=date(2027, 3, 21)), version=None, at=NOON)
    await rows("UPDATE kb_translation SET published_by = {}, changed_by = NULL", alma.id)
    await remind_of_reviews(at=NOON.replace(day=21))
    assert sorted(one[0] for one in (await mails())[2:]) == [alma.email]
