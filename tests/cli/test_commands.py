"""The command line: what it prints, and with which exit status it ends."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpdesk.cli import cli
from helpdesk.intake.tables import RawMessage
from helpdesk.kernel.time import now
from helpdesk.people.signing_in import sign_in, whose_token
from helpdesk.people.tables import Agent
from tests.cast import hire
from tests.cli.running import helpdesk

pytestmark = pytest.mark.usefixtures("database")
MAIL = b"From: dora@example.com\nTo: Support <support@helpdesk.test>\nSubject: Help\n\nIt burns.\n"


def test_help_names_every_command_quickly() -> None:
    helpdesk("--help")  # compiled by now
    began = time.monotonic()
    said = helpdesk("--help").stdout
    assert time.monotonic() - began < 2
    for command in (
        "up",
        "web",
        "worker",
        "scheduler",
        "mail-server",
        "migrate",
        "doctor",
        "demo",
        "backup",
        "restore",
    ):
        assert command in said


@pytest.mark.parametrize(
    "command",
    ["up", "web", "worker", "scheduler", "mail-server", "migrate", "doctor", "demo", "first-admin-link", "agent create",
     "token create", "mail receive", "mail log", "mail run-again", "backup", "restore", "export"],
)  # fmt: skip
def test_every_command_has_help(command: str) -> None:
    done = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.output


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["nonsense"], {}, "nonsense"),
        (["up", "--port", "x"], {}, "--port"),
        (["worker"], {"HELPDESK_REDIS_URL": ""}, "HELPDESK_REDIS_URL"),
        (["migrate"], {"HELPDESK_LOG_LEVEL": "loud"}, "HELPDESK_LOG_LEVEL"),
        (["migrate"], {"HELPDESK_DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/b"}, "database"),
        (["scheduler"], {"HELPDESK_DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/b"}, "database"),
        (["worker"], {"HELPDESK_DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/b"}, "database"),
        (["mail", "log", "--since", "tomorrow-ish"], {}, "--since"),
        (["token", "create", "--agent", "nobody@helpdesk.test"], {}, "nobody@helpdesk.test"),
        (["restore", "/nonexistent"], {}, "/nonexistent"),
    ],
)
def test_what_goes_wrong_is_one_line(arguments: list[str], environment: dict[str, str], named: str) -> None:
    done = helpdesk(*arguments, environment={"HELPDESK_LOG_LEVEL": "error", **environment})
    assert done.returncode != 0
    [line] = [line for line in done.stderr.splitlines() if "[critical" not in line]
    assert named in line
    assert "secret" not in done.stderr


async def test_a_mail_on_stdin_is_stored_before_its_id_is_printed() -> None:
    done = helpdesk("mail", "receive", stdin=b"Return-Path: <dora@example.com>\n" + MAIL)
    assert (done.returncode, done.stderr) == (0, "")
    [raw] = await RawMessage.objects()
    assert done.stdout == f"{raw.id}\n"
    assert (raw.content, raw.envelope_from, raw.envelope_to) == (
        b"Return-Path: <dora@example.com>\n" + MAIL, "dora@example.com", ["support@helpdesk.test"]
    )  # fmt: skip


@pytest.mark.parametrize(("noted", "sender"), [(b"", "dora@example.com"), (b"Return-Path: <>\n", "")])
async def test_without_a_return_path_a_mail_on_stdin_is_from_its_author(noted: bytes, sender: str) -> None:
    assert helpdesk("mail", "receive", stdin=noted + b"From: Dora <dora@example.com>\n\nx").returncode == 0
    [raw] = await RawMessage.objects()
    assert raw.envelope_from == sender


async def test_mail_for_nobody_in_particular_goes_to_the_first_mailbox() -> None:
    assert helpdesk("mail", "receive", stdin=b"Subject: x\n\nx").returncode == 0
    [raw] = await RawMessage.objects()
    assert raw.envelope_to == ["support@helpdesk.test"]


@pytest.mark.parametrize(
    ("stdin", "options", "environment", "status"),
    [
        (b"", [], {}, 65),
        (b"just some text\n", [], {}, 65),
        (b"\x7fELF\x00\x00", [], {}, 65),
        (b"A: b\n\n" + b"x" * (25 * 1024 * 1024), [], {}, 65),
        (MAIL, ["--to", "nobody@helpdesk.test"], {}, 67),
        (MAIL, [], {"HELPDESK_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, 75),
        (b"From someone Sat Nov 21 10:00:00 2026\n" + MAIL, ["--to", "support+x@helpdesk.test"], {}, 0),
        (MAIL, [], {"HELPDESK_REDIS_URL": "redis://127.0.0.1:1/0"}, 0),
    ],
)
async def test_mail_servers_understand_the_exit_status(
    stdin: bytes, options: list[str], environment: dict[str, str], status: int
) -> None:
    done = helpdesk("mail", "receive", *options, stdin=stdin, environment=environment)
    assert done.returncode == status, done.stderr
    assert await RawMessage.count() == (status == 0)
    assert bool(done.stderr) == (status != 0)


async def test_the_log_tells_the_fate_of_every_mail() -> None:
    ids = [int(helpdesk("mail", "receive", stdin=MAIL + str(n).encode()).stdout) for n in range(2)]
    await RawMessage.update({RawMessage.fate: "duplicate", RawMessage.reason: "of \x1b[31m1"}).where(
        RawMessage.id == ids[1]
    )
    said = helpdesk("mail", "log", "--since", "1h").stdout.splitlines()
    assert [line.split()[0] for line in said] == [str(id_) for id_ in ids]
    assert "\x1b" not in said[1]
    [line] = helpdesk("mail", "log", "--fate", "duplicate", "--json").stdout.splitlines()
    assert json.loads(line)["id"] == ids[1]
    assert helpdesk("mail", "log", "--since", "2999-01-01").stdout == ""


async def test_the_log_of_a_mailbox_that_is_not_there_is_an_error_and_no_empty_list() -> None:
    refused = helpdesk("mail", "log", "--mailbox", "sales@elsewhere.test")
    assert refused.returncode != 0 and "there is no mailbox sales@elsewhere.test" in refused.stderr
    assert helpdesk("mail", "log", "--mailbox", "Support@helpdesk.test").returncode == 0


async def test_a_quarantined_mail_is_run_again() -> None:
    id_ = int(helpdesk("mail", "receive", stdin=MAIL).stdout)
    refused = helpdesk("mail", "run-again", str(id_))
    assert (refused.returncode != 0, "not in quarantine" in refused.stderr) == (True, True)
    await RawMessage.update(
        {RawMessage.fate: "quarantined", RawMessage.deaths: 2, RawMessage.taken_in_at: now()}
    ).where(RawMessage.id == id_)
    assert helpdesk("mail", "run-again", str(id_)).stdout == f"{id_}\n"
    [raw] = await RawMessage.objects()
    assert (raw.fate, raw.deaths, raw.taken_in_at) == ("received", 0, None)


async def test_an_agent_is_made_with_a_password_and_can_sign_in() -> None:
    options = ["--email", "Alma@helpdesk.test", "--name", "Alma", "--role", "admin", "--password-stdin"]
    done = helpdesk("agent", "create", *options, stdin=b"correct horse battery\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (await sign_in("alma@helpdesk.test", "correct horse battery", address="-", user_agent="", at=now())).session
    assert helpdesk("agent", "create", *options, stdin=b"correct horse battery\n").returncode == 1, (
        "there is one already"
    )


async def test_an_agent_without_a_password_gets_a_link() -> None:
    done = helpdesk("agent", "create", "--email", "ben@helpdesk.test", "--name", "Ben", "--role", "agent")
    assert done.stdout.startswith("http://")
    assert await Agent.exists().where(Agent.email == "ben@helpdesk.test", Agent.password_hash.is_null())


async def test_a_password_that_will_not_do_makes_no_agent() -> None:
    options = ["--email", "ben@helpdesk.test", "--name", "Ben", "--role", "agent", "--password-stdin"]
    assert helpdesk("agent", "create", *options, stdin=b"short\n").returncode == 1
    assert helpdesk("agent", "create", *options, stdin=b"").returncode == 1
    assert not await Agent.exists()


async def test_a_token_is_printed_alone_and_works() -> None:
    ben = await hire("ben")
    done = helpdesk("token", "create", "--agent", ben.email, "--name", "shop")
    who = await whose_token(done.stdout.strip(), at=now())
    assert who is not None
    assert who.id == ben.id


async def test_the_first_admin_link_is_given_only_while_there_is_no_agent() -> None:
    assert helpdesk("first-admin-link").stdout.startswith("http://")
    await hire("ben")
    done = helpdesk("first-admin-link")
    assert (done.returncode, done.stdout) == (0, "")


async def test_the_doctor_finds_what_must_be_done() -> None:
    done = helpdesk("doctor", environment={"HELPDESK_SMTP_URL": "smtp://127.0.0.1:1"})
    found = {line[6:22].strip(): line for line in done.stdout.splitlines()}
    assert done.returncode == 1
    assert found["outgoing mail"].startswith("FAIL")
    assert "HELPDESK_SMTP_URL" in found["outgoing mail"]
    assert found["database"].startswith("FAIL"), "the database of the tests is not durable"
    assert found["migrations"].startswith("ok")
    assert found["secret key"].startswith("warn")


async def test_the_doctor_survives_a_database_that_is_away() -> None:
    done = helpdesk("doctor", environment={"HELPDESK_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert any(line.startswith("ok    Redis") for line in done.stdout.splitlines())


async def test_a_command_starts_the_private_servers_when_none_run(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private = {"HELPDESK_DATA_DIR": str(tmp_path / "desk"), "HELPDESK_DATABASE_URL": "", "HELPDESK_REDIS_URL": ""}
    assert helpdesk("migrate", environment=private).returncode == 0
    assert helpdesk("mail", "receive", stdin=MAIL, environment=private).stdout == "1\n"
    assert len(helpdesk("mail", "log", environment=private).stdout.splitlines()) == 1
