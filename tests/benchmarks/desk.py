"""A running product to measure: its servers, its processes, and many tickets in its database."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import asyncpg

PASSWORD = "correct horse battery"


class Desk:
    """URLs, ports and processes of one product under measurement."""

    def __init__(self, home: Path, database_url: str, redis_url: str) -> None:
        self.home, self.database_url = home, database_url
        self.port, self.smtp_port = free_port(), free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")} | {
            "HELPDESK_DATA_DIR": str(home), "HELPDESK_DATABASE_URL": database_url, "HELPDESK_REDIS_URL": redis_url,
            "HELPDESK_PORT": str(self.port), "HELPDESK_SMTP_PORT": str(self.smtp_port), "HELPDESK_MAIL_DOMAIN": "bench.test",
            "HELPDESK_SECRET_KEY": "only-for-benchmarks", "HELPDESK_LOG_LEVEL": "error",
        }  # fmt: skip
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *command: str, stdin: bytes = b"") -> str:
        """A command of the product, to its end; its standard output."""
        done = subprocess.run(
            [sys.executable, "-m", "helpdesk", *command],
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout.decode().strip()

    def start(self, name: str, *, called: str = "", altered: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """A process of the product, `altered` as in `tests.chaos.without`."""
        command = ["tests.chaos.without", ",".join(altered)] if altered else ["helpdesk"]
        process = subprocess.Popen([sys.executable, "-m", *command, name], env=self.environment)
        self.processes[called or name] = process
        return process

    def stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.terminate()
        process.wait(20)

    def wait_ready(self, *, seconds: float = 30) -> None:
        """Until the processes that were started listen."""
        ports = {"web": self.port, "mail-server": self.smtp_port}
        waiting = [port for name, port in ports.items() if name in self.processes]
        deadline = time.monotonic() + seconds
        while waiting and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", waiting[0]), 1):
                waiting.pop(0)
                continue
            time.sleep(0.1)
        if waiting:
            raise TimeoutError(f"nothing listens on port {waiting[0]}")


@contextmanager
def a_desk(*, durable: bool = True) -> Iterator[Desk]:
    """A fresh installation with its own PostgreSQL and Valkey, as safe as in use unless nothing is measured; its processes are stopped at the end."""
    from helpdesk.embedded.running import running

    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-bench-")))
        home.chmod(0o755)
        desk = Desk(home, *stack.enter_context(running(home / "servers", durable=durable)))
        desk.run("migrate")
        try:
            yield desk
        finally:
            for name in list(desk.processes):
                desk.stop(name)


async def fill(desk: Desk, *, up_to: int) -> None:
    """Tickets with two messages each, by SQL: as many as to make `up_to` in all, spread over 300 customers and three months."""
    connection = await asyncpg.connect(desk.database_url)
    have = await connection.fetchval("SELECT count(*) FROM hd_ticket")
    if not have:
        await connection.execute(
            "INSERT INTO hd_customer (name, sort_key, notes, created_at) SELECT 'Customer ' || n, 'customer ' || n, '', now() FROM generate_series(1, 300) n"
        )
        await connection.execute(
            "INSERT INTO hd_identity (customer, kind, value, created_at) SELECT id, 'email', 'c' || id || '@customer.test', now() FROM hd_customer"
        )
    await connection.execute(
        """
        WITH made AS (
            INSERT INTO hd_ticket (number, version, subject, status, priority, channel, customer, tags, language, created_at, updated_at,
                is_automatic, last_message_at, preview, assignee)
            SELECT nextval('hd_ticket_number'), 1, 'Order ' || n || ' arrived damaged, what now?',
                (ARRAY['new','open','open','pending','solved','closed','closed','closed'])[1 + n % 8], (ARRAY['low','normal','high','urgent'])[1 + n % 4],
                1, 1 + n % 300, ARRAY['delivery'], 'en', now() - n * interval '1 minute', now() - n * interval '1 minute', false,
                now() - n * interval '1 minute', 'The box was open when it came.', CASE WHEN n % 3 = 0 THEN 1 END
            FROM generate_series($1::int, $2::int) n RETURNING id, customer, created_at)
        INSERT INTO hd_message (ticket, audience, author_kind, customer, body_text, quoted_text, sanitiser_version, language, created_at, is_unverified)
        SELECT id, 'public', 'customer', customer, 'The box was open when it came, and two of the six glasses are broken. Part ' || part, '', 0, 'en',
            created_at + part * interval '1 second', false FROM made, generate_series(1, 2) part
        """,
        have + 1, up_to,
    )  # fmt: skip
    await connection.execute(
        """INSERT INTO hd_event (ticket, kind, actor_kind, at, version, changes, followed_at)
        SELECT id, 'opened', 'customer', created_at, 1, '{}', now() FROM hd_ticket t WHERE NOT EXISTS (SELECT FROM hd_event e WHERE e.ticket = t.id)"""
    )
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
