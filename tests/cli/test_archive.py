"""`helpdesk backup` and `restore`: everything comes back, or nothing is changed."""

from pathlib import Path

import asyncpg
import pytest

from helpdesk.kernel import blobs
from helpdesk.kernel.database import rows
from helpdesk.tickets.tables import Attachment, Ticket
from tests.cast import hire
from tests.cli.running import helpdesk
from tests.make import a_ticket

pytestmark = pytest.mark.usefixtures("database")
PICTURE = b"a picture" * 1000


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    """A backup of a desk with one agent, one ticket and one attachment."""
    await hire("ben")
    await a_ticket("Druckerproblem چاپگر")
    await Attachment(name="a.png", content_type="image/png", size=len(PICTURE), blob=await blobs.keep(PICTURE)).save()
    await rows("UPDATE hd_event SET commit_order = 9000000000000000000")
    done = helpdesk("backup", tmp_path / "desk.tar")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return tmp_path / "desk.tar"


async def test_everything_comes_back_in_an_empty_installation(archive: Path, new_database: str, tmp_path: Path) -> None:
    elsewhere = {"HELPDESK_DATABASE_URL": new_database, "HELPDESK_DATA_DIR": str(tmp_path / "elsewhere")}
    done = helpdesk("restore", archive, environment=elsewhere)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    connection = await asyncpg.connect(new_database)
    [ticket] = await connection.fetch("SELECT subject, number FROM hd_ticket")
    assert ticket["subject"] == "Druckerproblem چاپگر"
    assert await connection.fetchval("SELECT count(*) FROM hd_agent") == 1
    assert await connection.fetchval("SELECT nextval('hd_ticket_number')") == ticket["number"] + 1
    assert (
        await connection.fetchval(
            "SELECT count(*) FROM hd_event WHERE commit_order > pg_current_xact_id()::text::bigint"
        )
        == 0
    )
    await connection.close()
    name = (await Attachment.objects().first() or Attachment()).blob
    assert (tmp_path / "elsewhere" / "blobs" / name[:2] / name).read_bytes() == PICTURE
    again = helpdesk("restore", archive, environment=elsewhere)
    assert (again.returncode, again.stdout) == (1, "checking\n")
    assert "not empty" in again.stderr


async def test_a_backup_that_fails_leaves_the_older_one(archive: Path, new_database: str) -> None:
    older = archive.read_bytes()
    failed = helpdesk("backup", archive, environment={"HELPDESK_DATABASE_URL": new_database})
    assert failed.returncode == 1
    assert archive.read_bytes() == older
    assert [path.name for path in archive.parent.iterdir()] == ["desk.tar"]
    assert archive.stat().st_mode & 0o077 == 0, "it holds every secret"


@pytest.mark.parametrize("damage", ["cut", "changed", "nonsense", "empty"])
async def test_a_damaged_backup_changes_nothing(archive: Path, new_database: str, damage: str) -> None:
    whole = archive.read_bytes()
    at = whole.index(PICTURE) + 100
    archive.write_bytes(
        {"cut": whole[:at], "changed": whole[:at] + b"!" + whole[at + 1 :], "nonsense": b"x" * 5000, "empty": b""}[
            damage
        ]
    )
    done = helpdesk("restore", archive, environment={"HELPDESK_DATABASE_URL": new_database})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    connection = await asyncpg.connect(new_database)
    assert await connection.fetchval("SELECT to_regclass('hd_ticket')") is None
    await connection.close()


async def test_a_desk_at_work_is_not_restored_over(archive: Path) -> None:
    done = helpdesk("restore", archive)
    assert done.returncode == 1
    assert "at work" in done.stderr
    assert await Ticket.count() == 1


async def test_a_migrated_but_empty_installation_can_be_restored_into(archive: Path, new_database: str) -> None:
    environment = {"HELPDESK_DATABASE_URL": new_database}
    assert helpdesk("migrate", environment=environment).returncode == 0
    done = helpdesk("restore", archive, environment=environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


async def test_the_kept_secret_key_goes_with_the_backup(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    first, second = (
        {"HELPDESK_DATA_DIR": str(tmp_path / name), "HELPDESK_DATABASE_URL": "", "HELPDESK_REDIS_URL": ""} for name in ("a", "b")
    )  # fmt: skip
    no_key = {"HELPDESK_SECRET_KEY": ""}
    for command, environment in (
        ("migrate", first),
        (f"backup {tmp_path}/desk.tar", first),
        (f"restore {tmp_path}/desk.tar", second),
    ):
        done = helpdesk(*command.split(), environment=environment | no_key)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "a" / "secret-key").read_text() == (tmp_path / "b" / "secret-key").read_text()
