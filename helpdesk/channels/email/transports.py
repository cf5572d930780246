"""The server that mails of a channel leave by: its own, else that of HELPDESK_SMTP_URL (rulings 21)."""

from typing import cast

from helpdesk.channels.email.oauth import access_token
from helpdesk.channels.email.sending import Transport, read_url
from helpdesk.channels.mail_accounts import Tls
from helpdesk.channels.tables import MailAccount
from helpdesk.kernel.errors import ConfigurationError
from helpdesk.kernel.sealing import open_sealed
from helpdesk.kernel.settings import settings

NO_SERVER = "No outgoing mail server is configured: set HELPDESK_SMTP_URL."


def default_transport() -> Transport | None:
    """The server of HELPDESK_SMTP_URL, None when it is not set; raises ConfigurationError when it is malformed."""
    if not settings().smtp_url:
        return None
    try:
        return read_url(settings().smtp_url or "")
    except ValueError as error:
        raise ConfigurationError(f"HELPDESK_SMTP_URL: {error}") from error


async def transport_of(account: MailAccount, *, token: str | None = None) -> Transport:
    """The account's server with its secrets opened, and an access token, renewed when it is time, unless there is one.

    Raises HelpdeskError when no secret can be had.
    """
    if account.oauth_grant and token is None:
        token = await access_token(account.oauth_grant)
    return Transport(
        account.host, account.port, cast("Tls", account.tls), account.username or None,
        open_sealed(account.password) or None, token or None,
    )  # fmt: skip
