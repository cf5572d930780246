"""What is known of large mail providers: their servers, and what their customers must publish."""

from typing import Literal

import msgspec

from helpdesk.channels.mail_accounts import Tls


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """`spf` is what a domain's SPF record includes, `selectors` are the usual names of its DKIM keys."""

    key: Literal["google", "microsoft"]
    name: str
    domains: tuple[str, ...]
    imap: tuple[str, int, Tls]
    smtp: tuple[str, int, Tls]
    spf: str
    selectors: tuple[str, ...]


PROVIDERS = {
    one.key: one
    for one in (
        Provider(
            key="google", name="Gmail", domains=("gmail.com", "googlemail.com", "google.com"),
            imap=("imap.gmail.com", 993, "implicit"), smtp=("smtp.gmail.com", 465, "implicit"),
            spf="_spf.google.com", selectors=("google",),
        ),
        Provider(
            key="microsoft", name="Microsoft 365", domains=("office365.com", "outlook.com"),
            imap=("outlook.office365.com", 993, "implicit"), smtp=("smtp.office365.com", 587, "starttls"),
            spf="spf.protection.outlook.com", selectors=("selector1", "selector2"),
        ),
    )
}  # fmt: skip


def provider_of(host: str) -> Provider | None:
    """Whose server it is; None for all others."""
    return next(
        (one for one in PROVIDERS.values() if any(f".{host}".endswith(f".{domain}") for domain in one.domains)), None
    )
