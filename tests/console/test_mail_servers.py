"""A mailbox's page: its servers, their test, and no secret on it."""

import pytest

from helpdesk.channels.email.checking import running
from helpdesk.channels.email.checking.findings import Finding, warning
from helpdesk.channels.mail_accounts import account_of, note_outcome
from helpdesk.channels.tables import Direction
from helpdesk.deliveries.tables import Delivery
from helpdesk.kernel.database import rows
from helpdesk.kernel.sealing import open_sealed
from tests.cast import hire
from tests.console.test_settings import Browsers
from tests.mail_servers import USER, outgoing_server

SENDING = {
    "sending_host": "mail.example.com", "sending_port": "۴۶۵", "sending_tls": "implicit", "sending_username": USER,
    "sending_password": "hunter2 hunter2",
}  # fmt: skip
RECEIVING = {
    "receiving_host": "imap.example.com", "receiving_port": "993", "receiving_tls": "implicit", "receiving_username": USER,
    "receiving_password": "hunter2 hunter2", "receiving_folder": "INBOX", "receiving_afterwards": "seen", "receiving_move_to": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    async def records(domain: str, **_options: object) -> list[Finding]:
        return [warning("dns.spf", f"{domain} has no SPF record", "Publish one.")]

    monkeypatch.setattr(running, "check_records", records)


async def test_servers_are_set_and_taken_away_and_their_passwords_never_shown(browser: Browsers) -> None:
    alma = await browser().sign_in(await hire("alma"))
    for way, typed in (("sending", SENDING), ("receiving", RECEIVING)):
        answer = await alma.post(f"/console/channels/1/servers/{way}", typed)
        assert answer.status_code == 303, answer.text
    account = await account_of(1, Direction.OUT)
    assert account is not None and (account.port, open_sealed(account.password)) == (465, "hunter2 hunter2")
    page = await alma.get("/console/channels/1")
    assert "imap.example.com" in page.text and "mail.example.com" in page.text and "One is kept" in page.text
    assert "hunter2" not in page.text and account.password not in page.text
    assert "mail.example.com" in (await alma.get("/console/channels")).text
    for way in ("sending", "receiving"):
        assert (await alma.post(f"/console/channels/1/servers/{way}/removal")).status_code == 303
    assert "mail.example.com" not in (await alma.get("/console/channels/1")).text
    assert (await alma.post("/console/channels/1/servers/other", SENDING)).status_code == 404
    assert (await alma.post("/console/channels/9/servers/sending", SENDING)).status_code == 404


async def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays_but_for_the_password(
    browser: Browsers,
) -> None:
    alma = await browser().sign_in(await hire("alma"))
    answer = await alma.post("/console/channels/1/servers/sending", SENDING | {"sending_host": "mail example"})
    assert answer.status_code == 422
    assert 'id="sending_host-error"' in answer.text and "mail example" in answer.text
    assert "hunter2" not in answer.text
    answer = await alma.post("/console/channels/1/servers/receiving", RECEIVING | {"receiving_afterwards": "burn"})
    assert answer.status_code == 422 and 'id="receiving_afterwards-error"' in answer.text
    assert await account_of(1, Direction.OUT) is None


@pytest.mark.parametrize(
    ("provider", "host"), [("google", "smtp.gmail.com"), ("microsoft", "smtp.office365.com"), ("other", 'value="587"')]
)
async def test_a_provider_fills_the_form(browser: Browsers, provider: str, host: str) -> None:
    alma = await browser().sign_in(await hire("alma"))
    page = await alma.get(f"/console/channels/1?sending={provider}")
    assert host in page.text and 'name="sending_host"' in page.text and 'name="receiving_host"' not in page.text


async def test_a_server_that_does_not_work_is_shown_where_one_looks(browser: Browsers) -> None:
    alma = await browser().sign_in(await hire("alma"))
    await alma.post("/console/channels/1/servers/sending", SENDING)
    account = await account_of(1, Direction.OUT)
    assert account is not None
    await note_outcome(account.id, "535 wrong <b>password</b>")
    for path in ("/console/channels/1", "/console/queues"):
        assert "535 wrong &lt;b&gt;password" in (await alma.get(path)).text, path
    assert "Does not work" in (await alma.get("/console/channels")).text
    await rows("UPDATE hd_channel SET deactivated_at = now()")
    assert "535 wrong" not in (await alma.get("/console/queues")).text


async def test_the_test_tells_findings_on_a_page_and_in_a_part_of_it(browser: Browsers) -> None:
    alma = await browser().sign_in(await hire("alma"))
    async with outgoing_server() as server:
        typed = SENDING | {"sending_host": "127.0.0.1", "sending_port": str(server.port), "sending_tls": "none"}
        await alma.post("/console/channels/1/servers/sending", typed)
        page = await alma.post("/console/channels/1/test")
        assert "<html" in page.text
        part = await alma.post("/console/channels/1/test", htmx=True)
    assert "<html" not in part.text
    for answer in (page, part):
        assert "refused the sign-in" in answer.text and "has no SPF record" in answer.text
        assert 'hx-get="/console/channels/1/plus"' in answer.text, "it is asked again while the probe is under way"
        assert "hunter2" not in answer.text
    assert await Delivery.count() == 1
    assert 'hx-trigger="every 3s"' in (await alma.get("/console/channels/1/plus", htmx=True)).text
    await rows("UPDATE hd_channel SET plus_proven_at = now()")
    proven = await alma.get("/console/channels/1/plus", htmx=True)
    assert "proven" in proven.text and "hx-trigger" not in proven.text
    assert 'hx-get="/console/channels/1/plus"' not in (await alma.get("/console/channels/1")).text


async def test_only_who_manages_channels_may_look_or_change(browser: Browsers) -> None:
    mani = await browser().sign_in(await hire("mani"))
    for path in ("/console/channels/1", "/console/channels/1/plus"):
        assert (await mani.get(path)).status_code == 403
    for path in ("servers/sending", "servers/sending/removal", "test"):
        assert (await mani.post(f"/console/channels/1/{path}", SENDING)).status_code == 403
    assert await account_of(1, Direction.OUT) is None
    assert await Delivery.count() == 0
