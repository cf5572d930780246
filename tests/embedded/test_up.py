import asyncio
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from helpdesk.embedded.probes import greets
from tests.embedded.processes import Driver, descendants, eventually, is_alive, kill, line_of


@pytest.fixture
def environment(place: Path) -> dict[str, str]:
    return {"HELPDESK_DATA_DIR": str(place / "data"), "HELPDESK_PORT": free_port(), "HELPDESK_SMTP_PORT": free_port()}


def free_port() -> str:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return str(trial.getsockname()[1])


def lines_until_ready(process: "subprocess.Popen[str]") -> list[str]:
    lines: list[str] = []
    while line := line_of(process):
        lines.append(line.rstrip("\n"))
        if line.startswith("Helpdesk is ready"):
            return lines
    raise AssertionError(process.communicate()[1])


def child(place: Path, command: str) -> int:
    """Its process. Who has no port to answer on may write its file after the line that says "ready"."""
    file = place / "data" / f"{command}.pid"
    eventually(file.exists)
    return int(file.read_text())


def ran(place: Path, count: int) -> list[str]:
    """The commands that ran, as soon as there are so many."""
    eventually(lambda: len((place / "data/ran").read_text().split()) >= count)
    return (place / "data/ran").read_text().split()


def server(place: Path) -> int:
    """The postmaster's process; 0 while another one takes its place."""
    with suppress(FileNotFoundError, ValueError):
        return int((place / "data/servers/postgres/postmaster.pid").read_text().split("\n")[0])
    return 0


def rows(place: Path) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(host=str(place / "data/servers/run"), user="helpdesk", database="helpdesk")
        try:
            return await connection.fetchval("select count(*) from mail")
        finally:
            await connection.close()

    return asyncio.run(count())


def test_up_migrates_first_and_is_ready_last_and_stops_in_time_leaving_nothing(
    any_driver: Driver, place: Path, environment: dict[str, str]
):
    process = any_driver.start("up", "--demo", **environment)

    assert lines_until_ready(process) == [
        "alma@example.com / demo",
        "http://localhost/first-admin/secret",
        f"Helpdesk is ready: http://localhost:{environment['HELPDESK_PORT']}",
    ]
    commands = ran(place, 8)
    assert commands[:2] == ["mail-sink", "migrate"]
    assert sorted(commands[2:]) == ["demo", "first-admin-link", "mail-server", "scheduler", "web", "worker"]
    assert commands.index("web") < commands.index("demo") < commands.index("first-admin-link")
    below = descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not [pid for pid in below if is_alive(pid)]


def test_the_demo_without_a_mail_server_sends_to_a_sink_on_one_port(
    driver: Driver, place: Path, environment: dict[str, str]
):
    process = driver.start("up", "--demo", **environment)
    lines_until_ready(process)
    sink, worker = child(place, "mail-sink"), child(place, "worker")
    url = (place / "data/worker.smtp-url").read_text()
    assert url.startswith("smtp://127.0.0.1:")

    kill(sink)
    kill(worker)
    eventually(lambda: child(place, "mail-sink") != sink and child(place, "worker") != worker)
    assert (place / "data/worker.smtp-url").read_text() == url
    eventually(lambda: greets("127.0.0.1", int(url.rpartition(":")[2])))


@pytest.mark.parametrize(("options", "smtp_url"), [([], ""), (["--demo"], "smtp://mail.example:25")])
def test_no_sink_outside_the_demo_nor_beside_a_mail_server(
    driver: Driver, place: Path, environment: dict[str, str], options: list[str], smtp_url: str
):
    given = {"HELPDESK_SMTP_URL": smtp_url} if smtp_url else {}
    process = driver.start("up", *options, **environment | given)
    lines_until_ready(process)

    assert child(place, "worker")
    assert "mail-sink" not in (place / "data/ran").read_text().split()
    assert (place / "data/worker.smtp-url").read_text() == smtp_url


def test_a_killed_up_leaves_no_child_and_starts_again_with_its_rows(
    any_driver: Driver, place: Path, environment: dict[str, str]
):
    first = any_driver.start("up", **environment)
    lines_until_ready(first)
    below = descendants(first.pid)
    assert len(below) > 8

    first.kill()
    eventually(lambda: not [pid for pid in below if is_alive(pid)], 5)

    second = any_driver.start("up", **environment)
    lines_until_ready(second)
    assert rows(place) == 2


def test_a_kill_of_everything_at_once_loses_no_committed_row(driver: Driver, place: Path, environment: dict[str, str]):
    first = driver.start("up", **environment)
    lines_until_ready(first)
    for pid in [first.pid, *descendants(first.pid)]:
        kill(pid)

    second = driver.start("up", **environment)
    lines_until_ready(second)
    assert rows(place) == 2


def test_each_child_that_is_killed_is_started_again(driver: Driver, place: Path, environment: dict[str, str]):
    process = driver.start("up", **environment)
    lines_until_ready(process)
    commands = ("web", "worker", "scheduler", "mail-server")
    killed = {command: child(place, command) for command in commands}
    for pid in killed.values():
        kill(pid)
    eventually(lambda: all(child(place, command) != killed[command] for command in commands))
    assert all(is_alive(child(place, command)) for command in commands)
    before = server(place)
    kill(before)
    eventually(lambda: server(place) not in (0, before) and can_connect(place))

    assert rows(place) == 1
    process.terminate()
    log = process.communicate(timeout=20)[1]
    assert log.count("child died") >= 5


def can_connect(place: Path) -> bool:
    try:
        return rows(place) > 0
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return False


def test_a_second_up_on_the_same_data_directory_is_refused_in_one_line(
    driver: Driver, place: Path, environment: dict[str, str]
):
    first = driver.start("up", **environment)
    lines_until_ready(first)
    started = time.monotonic()

    second = driver.start("up", **environment)
    out, error = second.communicate(timeout=20)

    assert time.monotonic() - started < 5
    assert second.returncode == 1
    assert out == ""
    assert error == f"the data directory {place}/data is already in use by process {first.pid} (helpdesk up)\n"


@pytest.mark.parametrize("variable", ["HELPDESK_PORT", "HELPDESK_SMTP_PORT"])
def test_a_port_in_use_is_told_before_anything_is_started(
    driver: Driver, place: Path, environment: dict[str, str], variable: str
):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = driver.start("up", **environment | {variable: str(port)})
        out, error = process.communicate(timeout=20)

    assert process.returncode == 1
    assert out == ""
    option = variable.removeprefix("HELPDESK_").replace("_", "-").lower()
    assert error == f"cannot listen on 127.0.0.1, port {port} (--{option}): Address already in use\n"
    assert not (place / "data/servers/postgres").exists()


def test_a_failed_migration_stops_everything(driver: Driver, place: Path, environment: dict[str, str]):
    process = driver.start("up", **environment, FAIL="migrate")
    out, error = process.communicate(timeout=30)

    assert process.returncode == 1
    assert out == ""
    assert "there is no way from here to there" in error
    assert error.rstrip().endswith("`helpdesk migrate` failed (exit status 1)")
    assert not (place / "data/servers/postgres/postmaster.pid").exists()


def test_a_stop_while_starting_is_a_clean_stop(any_driver: Driver, place: Path, environment: dict[str, str]):
    process = any_driver.start("up", **environment)
    eventually(lambda: (place / "data/servers/postgres/postmaster.pid").exists())
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)

    assert process.wait(20) == 0
    assert not [pid for pid in below if is_alive(pid)]
    assert not (place / "data/servers/postgres/postmaster.pid").exists()
    assert os.path.exists(place / "data/servers/lock")
