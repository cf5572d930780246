"""Mail servers that want a password, spoken to as the real ones are."""

import asyncio
import base64
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from helpdesk.channels.email.sending import close_connections

USER, PASSWORD, TOKEN = "support@helpdesk.test", "corr€ct horse", "ya29.token"


class Outgoing:
    """An SMTP server's side: what it takes, who signed in, what it answers at MAIL."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.sign_ins: list[str] = []
        self.password = PASSWORD
        self.at_mail = self.at_recipient = "250 ok"

    async def handle_MAIL(self, server, session, envelope, address: str, options) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.at_mail

    async def handle_RCPT(self, server, session, envelope, address: str, options) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        self.mails.append(envelope.original_content)
        self.recipients.append(envelope.rcpt_tos)
        return "250 taken"

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        said = base64.b64decode(args[1]).decode()
        self.sign_ins.append("xoauth2")
        is_right = said == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01"
        return AuthResult(success=is_right, handled=is_right)

    def let_in(self, _server: Any, _session: Any, _envelope: Any, mechanism: str, said: LoginPassword) -> AuthResult:
        self.sign_ins.append(mechanism.lower())
        is_right = (said.login.decode(), said.password.decode()) == (USER, self.password)
        return AuthResult(success=is_right, handled=is_right)


@asynccontextmanager
async def outgoing_server(
    tls: str = "none", context: ssl.SSLContext | None = None, *, wants_password: bool = True
) -> AsyncIterator[Outgoing]:  # fmt: skip
    handler = Outgoing()

    def session() -> SMTP:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # a password without TLS is what some want
            return SMTP(
                handler, authenticator=handler.let_in, auth_required=wants_password, auth_require_tls=False,
                tls_context=context if tls == "starttls" else None, require_starttls=tls == "starttls",
            )  # fmt: skip

    implicit = context if tls == "implicit" else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=implicit)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        await close_connections()
        server.close()
