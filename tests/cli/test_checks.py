"""What `helpdesk doctor` says of the servers that mailboxes have for themselves."""

from pathlib import Path

import pytest

from helpdesk.channels.mail_accounts import Server, save_account
from helpdesk.channels.tables import Direction
from helpdesk.cli import checks
from helpdesk.cli.checks import mailbox_servers
from helpdesk.kernel.settings import read_settings
from helpdesk.kernel.time import now
from tests.cast import hire
from tests.mail_servers import PASSWORD, USER, outgoing_server


async def test_the_doctor_tries_the_servers_of_mailboxes(database: None) -> None:
    assert (await mailbox_servers()).text == "no mailbox has one of its own"
    alma = await hire("alma")
    async with outgoing_server() as server:
        own = Server(host="127.0.0.1", port=server.port, tls="none", username=USER, password=PASSWORD)
        await save_account(1, Direction.OUT, own, by=alma, at=now())
        found = await mailbox_servers()
        assert found.level == "warn" and "unencrypted" in found.text
        server.password = "another"
        found = await mailbox_servers()
    assert found.level == "FAIL" and "support@helpdesk.test: 127.0.0.1 refused the sign-in" in found.text
    assert PASSWORD not in found.text


async def test_the_doctor_knows_the_sink_of_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = read_settings({"HELPDESK_DATA_DIR": str(tmp_path), "HELPDESK_SECRET_KEY": "x" * 32}, tmp_path / "none.toml")
    monkeypatch.setattr(checks, "settings", lambda: ours)
    assert "replies stay queued" in (await checks.outgoing_mail()).text
    (tmp_path / "sink").mkdir()
    found = await checks.outgoing_mail()
    assert found.level == "warn" and "--demo" in found.text
