"""`helpdesk migrate`: once, whole, from any number of nodes."""

import subprocess
from contextlib import suppress

import asyncpg

from helpdesk.migrating import known
from tests.cli.running import helpdesk, start


async def test_nodes_that_start_at_once_take_turns(new_database: str) -> None:
    environment = {"HELPDESK_DATABASE_URL": new_database}
    nodes = [start("migrate", environment=environment) for _ in range(3)]
    assert [node.wait(60) for node in nodes] == [0, 0, 0]
    connection = await asyncpg.connect(new_database)
    applied = await connection.fetch("SELECT name FROM migration ORDER BY id")
    assert [row["name"] for row in applied] == [step.id for step in known()]
    assert await connection.fetchval("SELECT count(*) FROM hd_channel") == 1
    await connection.close()


async def test_each_step_is_told_once(new_database: str) -> None:
    environment = {"HELPDESK_DATABASE_URL": new_database}
    said = helpdesk("migrate", environment=environment).stdout.splitlines()
    assert said == [f"applied {step.title}" for step in known()]
    again = helpdesk("migrate", environment=environment)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


async def test_a_node_killed_anywhere_leaves_nothing_half_done(new_database: str) -> None:
    """Killed ever later, until it gets through; the next one always goes on from there."""
    environment = {"HELPDESK_DATABASE_URL": new_database}
    for tenths in (4, 8, 12):
        node = start("migrate", environment=environment)
        with suppress(subprocess.TimeoutExpired):
            assert node.wait(tenths / 10) == 0
            break
        node.kill()
        node.wait()
    assert helpdesk("migrate", environment=environment).returncode == 0


async def test_a_database_newer_than_the_code_is_left_alone(new_database: str) -> None:
    environment = {"HELPDESK_DATABASE_URL": new_database}
    assert helpdesk("migrate", environment=environment).returncode == 0
    connection = await asyncpg.connect(new_database)
    await connection.execute("INSERT INTO migration (name, app_name, ran_on) VALUES ('2999-01-01', 'helpdesk', now())")
    await connection.close()
    for command in ("migrate", "backup /tmp/never-written.tar"):
        done = helpdesk(*command.split(), environment=environment)
        assert done.returncode == 1
        assert "newer" in done.stderr


def test_a_command_says_what_to_do_about_a_database_without_tables(new_database: str) -> None:
    said = helpdesk("mail", "log", environment={"HELPDESK_DATABASE_URL": new_database}).stderr
    assert "HELPDESK_DATA_DIR" in said and "helpdesk migrate" in said and "relation" not in said
