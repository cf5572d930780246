"""The product between the servers: `helpdesk up`, its mailboxes, and what it knows."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from helpdesk.kernel.sealing import seal
from tests.chaos.desk import Desk
from tests.oauth_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.real_mail.servers import PASSWORD, Servers

WITHIN = 60.0  # seconds


class Product(Desk):
    def __init__(self, home: Path, servers: Servers, authority: Path, provider: Provider) -> None:
        smtp_url = f"smtp://desk%40helpdesk.test:{PASSWORD}@127.0.0.1:{servers.ports.submission}?starttls=1"
        super().__init__(home, smtp_url=smtp_url)
        self.servers = servers
        self._environment |= {
            "HELPDESK_LMTP_SOCKET": str(servers.lmtp_socket), "SSL_CERT_FILE": str(authority),
            "HELPDESK_OUTBOUND_HOSTS": f"127.0.0.1:{provider.port}",
        }  # fmt: skip

    async def add_mailbox(self, address: str) -> int:
        found = await self.query("SELECT id FROM hd_channel WHERE address = $1", address)
        if not found:
            found = await self.query(
                "INSERT INTO hd_channel (kind, name, address, language) VALUES ('email', $1, $1, 'en') RETURNING id",
                address,
            )
        return found[0]["id"]

    async def fetch_mailbox(
        self, address: str, *, wants_earlier: bool = False, provider: Provider | None = None
    ) -> int:
        """Fetch the mailbox by IMAP and send its replies by submission from now on; returns the channel's id.

        With a provider, the sign-in is by tokens, of which the first is to be had for the refresh token.
        """
        channel = await self.add_mailbox(address)
        grant = await self._grant(provider) if provider else None
        for direction, port, tls in (
            ("in", self.servers.ports.imap, "implicit"),
            ("out", self.servers.ports.submission, "starttls"),
        ):
            [account] = await self.query(
                """INSERT INTO hd_mail_account (channel, direction, host, port, tls, username, password, oauth_grant)
                VALUES ($1, $2, '127.0.0.1', $3, $4, $5, $6, $7) RETURNING id""",
                channel, direction, port, tls, address, "" if grant else seal(PASSWORD), grant,
            )  # fmt: skip
            if direction == "in":
                await self.query(
                    "INSERT INTO hd_mail_folder (account, name, wants_earlier) VALUES ($1, 'INBOX', $2) RETURNING id",
                    account["id"], wants_earlier,
                )  # fmt: skip
        return channel

    async def _grant(self, provider: Provider) -> int:
        provider.refresh_token = "the-first"
        [grant] = await self.query(
            """INSERT INTO hd_oauth_grant (provider, authorize_url, token_url, scope, client_id, client_secret, refresh_token, granted_at)
            VALUES ('custom', $1, $2, 'mail', $3, $4, $5, now()) RETURNING id""",
            provider.authorize_url, provider.token_url, CLIENT_ID, seal(CLIENT_SECRET), seal(provider.refresh_token),
        )  # fmt: skip
        return grant["id"]

    def said(self) -> str:
        """The logs of all its processes."""
        return Path(self._log.name).read_text()

    async def folder(self, channel: int) -> dict[str, Any]:
        [row] = await self.query(
            "SELECT f.* FROM hd_mail_folder f JOIN hd_mail_account a ON a.id = f.account WHERE a.channel = $1", channel
        )
        return dict(row)

    async def count(self, sql: str, *values: Any) -> int:
        return (await self.query(f"SELECT count(*) AS n FROM {sql}", *values))[0]["n"]

    async def listening(self, channel: int) -> None:
        async def listens() -> bool:
            folder = await self.folder(channel)
            return folder["doing"] == "listening" and folder["holder"] != ""

        await until("the server tells of new mail", listens)

    async def message_of(self, message_id: str, *, within: float = WITHIN) -> dict[str, Any]:
        """The mail's row once it was taken in."""
        found: list[Any] = []

        async def is_taken_in() -> bool:
            found[:] = await self.query(
                "SELECT id, ticket, message, fate, source FROM hd_raw_message WHERE mail_id = $1 AND taken_in_at IS NOT NULL",
                message_id.strip("<>"),
            )  # fmt: skip
            return bool(found)

        await until(f"{message_id} is taken in", is_taken_in, within=within)
        return dict(found[0])

    async def reply(self, number: int, text: str) -> None:
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {self.token}"}, timeout=20) as client:
            answer = await client.post(
                f"{self.url}/api/v1/tickets/{number}/messages", json={"audience": "public", "body_text": text}
            )
        assert answer.status_code == 201, answer.text

    def kill(self, child: str) -> int:
        pid = self.children[child]
        os.kill(pid, signal.SIGKILL)
        return pid

    def memory(self, child: str) -> float:
        """Megabytes that the process holds."""
        status = Path(f"/proc/{self.children[child]}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def until(what: str, holds: Callable[[], Awaitable[bool]], *, within: float = WITHIN) -> float:
    """Seconds until it holds; raises TimeoutError with its words."""
    began = time.monotonic()
    while not await holds():
        if time.monotonic() - began > within:
            raise TimeoutError(f"not within {within:.0f} s: {what}")
        await asyncio.sleep(0.05)
    return time.monotonic() - began
