"""What `helpdesk doctor` says of the servers that mailboxes have for themselves."""

from helpdesk.channels.mail_accounts import Server, save_account
from helpdesk.channels.tables import Direction
from helpdesk.cli.checks import mailbox_servers
from tests.cast import hire
from tests.mail_servers import PASSWORD, USER, outgoing_server


async def test_the_doctor_tries_the_servers_of_mailboxes(database: None) -> None:
    assert (await mailbox_servers()).text == "no mailbox has one of its own"
    alma = await hire("alma")
    async with outgoing_server() as server:
        own = Server(host="127.0.0.1", port=server.port, tls="none", username=USER, password=PASSWORD)
        await save_account(1, Direction.OUT, own, by=alma)
        found = await mailbox_servers()
        assert found.level == "warn" and "unencrypted" in found.text
        server.password = "another"
        found = await mailbox_servers()
    assert found.level == "FAIL" and "support@helpdesk.test: 127.0.0.1 refused the sign-in" in found.text
    assert PASSWORD not in found.text
