"""The part of a mailbox's page that tells how it is fetched."""

from collections.abc import Callable
from datetime import timedelta

from helpdesk.channels.tables import MailAccount
from helpdesk.kernel.database import rows
from helpdesk.kernel.time import now
from helpdesk.people.tables import Session
from tests.cast import hire
from tests.console.browsing import Browser

Browsers = Callable[[], Browser]
PAGE = "/console/channels/1/fetching"


async def fetched(**columns: object) -> None:
    account = MailAccount(
        channel=1, direction="in", host="mail.test", port=993, username="support@helpdesk.test", password="x"
    )
    await account.save()
    names = ", ".join(columns)
    values = ", ".join("{}" for _ in columns)
    await rows(
        f"""INSERT INTO hd_mail_folder (account, name, holder, held_until, {names})
        VALUES ({{}}, 'INBOX', 'us', now() + interval '1 minute', {values})""",
        account.id, *columns.values(),
    )  # fmt: skip


async def test_progress_is_shown_and_asked_for_again(browser: Browsers) -> None:
    await fetched(doing="fetching", found=5000, done=1850, begins_after=10)
    visitor = await browser().sign_in(await hire("alma"))
    page = await visitor.get(PAGE, htmx=True)
    assert 'max="5000" value="1850"' in page.text
    assert "1,850 of 5,000 mails" in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert 'id="fetching"' in (await visitor.get("/console/channels/1")).text


async def test_a_page_that_watches_by_itself_keeps_no_session_alive(browser: Browsers) -> None:
    await fetched(doing="listening")
    visitor = await browser().sign_in(await hire("alma"))
    long_ago = now() - timedelta(hours=7)
    await Session.update({Session.seen_at: long_ago}, force=True)
    for path in (PAGE, PAGE + "/", "/console/channels/1/plus"):
        assert (await visitor.get(path, htmx=True)).status_code == 200
    assert await Session.count().where(Session.seen_at == long_ago) == 1
    await visitor.get("/console/channels/1")
    assert await Session.count().where(Session.seen_at == long_ago) == 0


async def test_an_admin_has_it_fetched_now_and_what_was_before_too(browser: Browsers) -> None:
    await fetched(doing="listening", begins_after=10)
    visitor = await browser().sign_in(await hire("alma"))
    assert "Fetch the mail from before" in (await visitor.get(PAGE, htmx=True)).text
    assert (await visitor.post(f"{PAGE}/now")).status_code == 303
    assert (await visitor.post(f"{PAGE}/earlier")).status_code == 303
    [folder] = await rows("SELECT asked_at IS NOT NULL AS asked, wants_earlier FROM hd_mail_folder")
    assert folder == {"asked": True, "wants_earlier": True}
    assert "Fetch the mail from before" not in (await visitor.get(PAGE, htmx=True)).text


async def test_a_gap_is_shown_until_somebody_knows(browser: Browsers) -> None:
    await fetched(doing="listening", gap=2)
    await rows("UPDATE hd_mail_folder SET gap_at = now()")
    visitor = await browser().sign_in(await hire("alma"))
    assert "2 mails had been missed" in (await visitor.get(PAGE, htmx=True)).text
    await visitor.post(f"{PAGE}/gap")
    assert "had been missed" not in (await visitor.get(PAGE, htmx=True)).text


async def test_a_mailbox_that_is_not_fetched_has_nothing_to_show(browser: Browsers) -> None:
    visitor = await browser().sign_in(await hire("alma"))
    assert (await visitor.get(PAGE, htmx=True)).text.strip() == ""
    assert (await visitor.post(f"{PAGE}/now")).status_code == 404


async def test_it_is_for_who_manages_mailboxes(browser: Browsers) -> None:
    await fetched(doing="listening")
    visitor = await browser().sign_in(await hire("ben"))
    assert (await visitor.get(PAGE, htmx=True)).status_code == 403
    assert (await visitor.post(f"{PAGE}/now")).status_code == 403
