"""Telling agents in their browsers, also while no page is open. The row is the queue: it goes once it was told."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from helpdesk import actors
from helpdesk.channels.web_push.encrypting import LONGEST, application_keys, encrypt, signed_by
from helpdesk.kernel import outbound
from helpdesk.kernel.database import after_commit, rows, transaction
from helpdesk.kernel.language import _, speaking
from helpdesk.kernel.settings import settings
from helpdesk.kernel.time import now

TOO_OLD = timedelta(hours=12)
"""News of yesterday wakes nobody."""
BACK_OFF = [timedelta(minutes=m) for m in (1, 5, 15, 60)]
LEASE = timedelta(seconds=30)
_GONE = {404, 410}

log = structlog.get_logger(__name__)


async def push(agent_id: int, title: str, body: str, url: str, *, tag: str = "", at: datetime | None = None) -> None:
    """Tell every browser that the agent chose; joins the caller's transaction and leaves after its commit.

    Where the agent allows no text on a device, it learns only that there is news. `url` is a path of the console; of the
    same `tag` a device shows the last one only.
    """
    async with transaction():
        made = await rows(
            """INSERT INTO hd_push (subscription, title, body, url, tag, at, not_before)
            SELECT id, CASE WHEN shows_text THEN {} ELSE '' END, CASE WHEN shows_text THEN {} ELSE '' END,
                CASE WHEN shows_text THEN {} ELSE '/console' END, CASE WHEN shows_text THEN {} ELSE {} END, coalesce({}, now()), now()
            FROM hd_push_subscription WHERE agent = {} RETURNING id""",
            title[:200], body[:500], url[:500], tag[:80], tag and "news", at, agent_id,
        )  # fmt: skip
        for row in made:
            after_commit(actors.send_push.send, row["id"])


async def send_push(push_id: int) -> None:
    """Send it if it is due and nobody else is at it; safe to call any number of times.

    Claimed by moving its next try ahead; a process that dies leaves it to be tried again. Told twice is better than never:
    a browser shows the same notice once, by its tag.
    """
    claimed = await rows(
        """UPDATE hd_push p SET not_before = now() + {}, attempts = attempts + 1 FROM hd_push_subscription s, hd_agent a
        WHERE p.id = {} AND p.not_before <= now() AND s.id = p.subscription AND a.id = s.agent
        RETURNING p.id, p.subscription, p.title, p.body, p.url, p.tag, p.at, p.attempts, s.endpoint, s.p256dh, s.auth, s.application_key,
            a.language, now() - p.at > {} AS is_too_old""",
        LEASE, push_id, TOO_OLD,
    )  # fmt: skip
    for row in claimed:
        key = application_keys().get(row["application_key"])
        if row["is_too_old"] or key is None:
            await _forget(row)
            continue
        await _settle(row, await _sent(row, signed_by(key, row["endpoint"], contact=_contact(), expires=_tomorrow())))


async def _sent(row: dict[str, Any], authorization: str) -> int:
    """The status of the push service's answer; 0 when there was none, 410 when the address is none that we send to."""
    headers = {
        "authorization": authorization, "content-encoding": "aes128gcm", "content-type": "application/octet-stream",
        "ttl": str(int(TOO_OLD.total_seconds())), "urgency": "normal",
    }  # fmt: skip
    try:
        body = encrypt(_message(row), p256dh=row["p256dh"], auth=row["auth"])
        status, _answer = await outbound.post(row["endpoint"], body, headers)
    except (outbound.NotAllowed, ValueError) as error:
        log.warning("push_not_allowed", subscription=row["subscription"], error=str(error))
        return 410
    except OSError as error:
        log.info("push_unanswered", subscription=row["subscription"], error=str(error))
        return 0
    return status


async def _settle(row: dict[str, Any], status: int) -> None:
    if status in _GONE:  # nobody is there any more: the browser has to ask anew
        await rows("DELETE FROM hd_push_subscription WHERE id = {}", row["subscription"])
    elif 200 <= status < 300 or (400 <= status < 500 and status != 429) or row["attempts"] > len(BACK_OFF):
        if status >= 300 or status == 0:
            log.warning("push_given_up", subscription=row["subscription"], status=status)
        await _forget(row)
    else:
        pause = BACK_OFF[min(row["attempts"], len(BACK_OFF)) - 1]
        await rows("UPDATE hd_push SET not_before = now() + {} WHERE id = {}", pause, row["id"])


async def _forget(row: dict[str, Any]) -> None:
    await rows("DELETE FROM hd_push WHERE id = {}", row["id"])


def _message(row: dict[str, Any]) -> bytes:
    """What the service worker shows, in the agent's language where the notice itself says nothing."""
    with speaking(row["language"]):
        title = row["title"] or _("There is something new in the helpdesk")
    told = {
        "title": title,
        "body": row["body"],
        "url": row["url"] or "/console",
        "tag": row["tag"] or f"push-{row['id']}",
        "language": row["language"],
    }
    message = msgspec.json.encode(told)
    return message if len(message) <= LONGEST else msgspec.json.encode(told | {"body": ""})


def _contact() -> str:
    """Whom a push service may write to about us (RFC 8292, 2.1)."""
    return f"mailto:postmaster@{settings().mail_domain}"


def _tomorrow() -> int:
    return int((now() + timedelta(hours=12)).timestamp())
