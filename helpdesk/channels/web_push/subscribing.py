"""Which browsers of an agent are told of news while no page is open."""

from datetime import datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from helpdesk.channels.web_push.encrypting import application_keys, decode
from helpdesk.kernel.database import rows
from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn

MOST = 20
"""Browsers of one agent; the oldest goes."""


async def subscribe(
    *, endpoint: str, p256dh: str, auth: str, application_key: str, shows_text: bool, by: SignedIn, at: datetime
) -> None:
    """Tell this browser from now on, until its session ends; once more changes what it was told before. Raises Invalid."""
    _check(endpoint, p256dh, auth, application_key)
    if by.session_id is None:
        raise Invalid(endpoint=_("Notices on a device belong to somebody who is signed in there."))
    await rows(
        """INSERT INTO hd_push_subscription (session, agent, endpoint, p256dh, auth, application_key, shows_text, created_at)
        VALUES ({}, {}, {}, {}, {}, {}, {}, {})
        ON CONFLICT (endpoint) DO UPDATE SET session = excluded.session, agent = excluded.agent, p256dh = excluded.p256dh,
            auth = excluded.auth, application_key = excluded.application_key, shows_text = excluded.shows_text""",
        by.session_id, by.id, endpoint, p256dh, auth, application_key, shows_text, at,
    )  # fmt: skip
    await rows(
        """DELETE FROM hd_push_subscription WHERE agent = {} AND id NOT IN
        (SELECT id FROM hd_push_subscription WHERE agent = {} ORDER BY id DESC LIMIT {})""",
        by.id, by.id, MOST,
    )  # fmt: skip


async def unsubscribe(endpoint: str, *, by: SignedIn) -> None:
    await rows("DELETE FROM hd_push_subscription WHERE endpoint = {} AND agent = {}", endpoint, by.id)


async def subscription_of(by: SignedIn) -> dict[str, Any] | None:
    """That of this session: `id` and `shows_text`."""
    found = await rows(
        "SELECT id, shows_text FROM hd_push_subscription WHERE session = {} ORDER BY id DESC LIMIT 1", by.session_id
    )
    return found[0] if found else None


def _check(endpoint: str, p256dh: str, auth: str, application_key: str) -> None:
    """Raise Invalid for what no browser sends; where it leads is asked each time that something is sent there."""
    try:
        target = httpx.URL(endpoint)
        is_right = target.scheme == "https" and len(endpoint) <= 1000 and len(decode(auth)) == 16
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(p256dh))
    except (httpx.InvalidURL, ValueError) as error:
        raise Invalid(endpoint=_("This browser did not say where to send notices.")) from error
    if not is_right or application_key not in application_keys():
        raise Invalid(endpoint=_("This browser did not say where to send notices."))
