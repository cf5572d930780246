"""One run: two desks, the robots, what sets them off, quiet, the verdict."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import httpx

from tests.chaos.desk import Desk
from tests.loops.post_office import Post, PostOffice, written

A, B = "a.test", "b.test"
MOST_AUTOMATIC = 2
QUIET_WITHIN = 90.0
"""Seconds in which everything that was set off has been said."""
CALM = 6.0
"""Seconds without a new message after which it has."""


async def run(*, window: float, storm: int, say: Callable[[str], None] = print) -> list[str]:
    """Set everything off, wait until it is quiet, and look again after `window` seconds; what was wrong.

    `storm` is the number of bounces that come in at once, true ones and forged ones.
    """
    home = Path(tempfile.mkdtemp(prefix="helpdesk-loops-"))
    home.chmod(0o755)
    began, office = time.monotonic(), PostOffice()
    await office.start()
    desks = {}
    for domain in (A, B):
        (home / domain).mkdir(mode=0o755)
        desks[domain] = Desk(home / domain, smtp_url=office.url, domain=domain)
    try:
        await asyncio.gather(*(desk.start() for desk in desks.values()))
        say(f"two installations after {time.monotonic() - began:.0f} s")
        office.routes = {domain: desk.smtp_port for domain, desk in desks.items()}
        _employ_robots(office)
        wrong = await _carry_out(desks, office, window=window, storm=storm, say=say)
    finally:
        await office.stop()
        await asyncio.gather(*(desk.stop() for desk in desks.values()))
    if not wrong:
        shutil.rmtree(home)
    say(f"took {time.monotonic() - began:.0f} s; " + ("; ".join(wrong) if wrong else "GREEN: nobody answers for ever"))
    return wrong


def _employ_robots(office: PostOffice) -> None:
    """Those who are away, by the rules and against them, and a list that hands on to its members, one of them a desk."""

    async def polite(post: Post) -> None:
        """RFC 3834: to the envelope sender, from nobody, saying what it is; never to nobody, a machine or a list."""
        if post.envelope_from and not post.is_automatic and "List-Id" not in post.mail:
            answer = _away(post, Auto_Submitted="auto-replied")
            office.post("", post.envelope_from, answer)

    async def rude(post: Post) -> None:
        """Answers everything, its envelope sender in place, with nothing but its words to tell what it is."""
        office.post(post.to, _reply_address(post), _away(post))

    async def list_(post: Post) -> None:
        for member in (f"support@{A}", "somebody@polite.test") if post.to == "members@list.test" else ():
            handed_on = written(
                str(post.mail["From"]), "members@list.test", "Re: " + str(post.mail["Subject"]), "See above.", List_Id="<members.list.test>",
                List_Unsubscribe="<mailto:leave@list.test>", Precedence="list",
            )  # fmt: skip
            office.post("members-bounces@list.test", member, handed_on)

    office.robots = {"polite.test": polite, "rude.test": rude, "list.test": list_}


def _away(post: Post, **headers: str) -> EmailMessage:
    named = {"In_Reply_To": str(post.mail["Message-ID"]), "References": str(post.mail["Message-ID"])} | headers
    return written(post.to, _reply_address(post), "I am away", "Back on Monday.", **named)


def _reply_address(post: Post) -> str:
    said = str(post.mail["Reply-To"] or post.mail["From"])
    return said.rpartition("<")[2].strip(" >")


async def _carry_out(
    desks: dict[str, Desk], office: PostOffice, *, window: float, storm: int, say: Callable[[str], None]
) -> list[str]:
    await _set_off(desks, office, storm)
    if not await _is_quiet(desks, office):
        return [f"not quiet after {QUIET_WITHIN:.0f} s: {await _messages(desks)} messages, {office.carried} mails"]
    messages, carried = await _messages(desks), office.carried
    await asyncio.sleep(window)
    wrong = [
        f"{domain} sent {count} automatic mails to {recipient}"
        for (domain, recipient), count in office.automatic.items()
        if count > MOST_AUTOMATIC or recipient.endswith("list.test")
    ]
    if (later := await _messages(desks)) != messages or office.carried != carried:
        wrong.append(f"{messages} messages became {later}, {carried} mails {office.carried}, in {window:.0f} s")
    say(
        f"{sum(messages.values())} messages, {carried} mails; automatic: "
        + ", ".join(f"{domain} → {to}: {n}" for (domain, to), n in office.automatic.items())
    )
    return wrong + await _lost(desks, storm)


async def _set_off(desks: dict[str, Desk], office: PostOffice, storm: int) -> None:
    for domain, other in ((A, B), (B, A)):
        await _write_to(desks[domain], f"support@{other}")
    for robot in ("polite.test", "rude.test"):
        await _write_to(desks[A], f"agnes@{robot}")
        office.post(f"dora@{robot}", f"support@{A}", written(f"dora@{robot}", f"support@{A}", "Help", "It burns."))
    office.post(
        "eve@list.test", "members@list.test", written("eve@list.test", "members@list.test", "News", "All is well.")
    )
    for number in range(2):
        await _write_to(desks[A], f"gone{number}@nowhere.test")
    for number in range(storm):
        forged = written(
            "MAILER-DAEMON@mx.test",
            f"support@{A}",
            "Undelivered Mail Returned to Sender",
            f"<x{number}@nowhere.test>:\r\n550 5.1.1 no such user",
        )
        office.post("", f"support@{A}", forged)


async def _write_to(desk: Desk, address: str) -> None:
    """A ticket for the address, and a person's answer on it, which leaves by mail."""
    async with httpx.AsyncClient(
        base_url=f"{desk.url}/api/v1", headers={"authorization": f"Bearer {desk.token}"}, timeout=60
    ) as api:
        opened = await api.post(
            "/tickets", json={"subject": "A question", "body_text": "By phone.", "customer": {"email": address}}
        )
        number = opened.raise_for_status().json()["number"]
        sent = await api.post(
            f"/tickets/{number}/messages", json={"audience": "public", "body_text": "Here is your answer."}
        )
        sent.raise_for_status()


async def _is_quiet(desks: dict[str, Desk], office: PostOffice) -> bool:
    deadline, calm_since, before = time.monotonic() + QUIET_WITHIN, time.monotonic(), None
    while time.monotonic() < deadline:
        now = (await _messages(desks), office.carried, await _waiting(desks))
        if now != before or now[2]:
            calm_since, before = time.monotonic(), now
        if time.monotonic() - calm_since > CALM:
            return True
        await asyncio.sleep(0.5)
    return False


async def _messages(desks: dict[str, Desk]) -> dict[str, int]:
    return {
        domain: (await desk.query("SELECT count(*) AS n FROM hd_message"))[0]["n"] for domain, desk in desks.items()
    }


async def _waiting(desks: dict[str, Desk]) -> int:
    """Mails that were not taken in and deliveries that have not left."""
    unfinished = """SELECT (SELECT count(*) FROM hd_raw_message WHERE taken_in_at IS NULL)
        + (SELECT count(*) FROM hd_delivery WHERE state IN ('queued', 'sending')) AS n"""
    return sum([(await desk.query(unfinished))[0]["n"] for desk in desks.values()])


async def _lost(desks: dict[str, Desk], storm: int) -> list[str]:
    """Everything that came is a message, the true bounces are on their tickets, and no robot reopened or muted anything."""
    wrong = []
    for domain, desk in desks.items():
        [found] = await desk.query(
            """SELECT (SELECT count(*) FROM hd_raw_message WHERE message IS NULL) AS lost,
                (SELECT count(*) FROM hd_raw_message WHERE fate = 'bounce') AS bounces,
                (SELECT count(*) FROM hd_raw_message WHERE fate = 'automatic') AS automatic"""
        )
        if found["lost"]:
            wrong.append(f"{domain}: {found['lost']} mails became no message")
        if domain == A and found["bounces"] < 2:
            wrong.append(f"{domain}: {found['bounces']} of 2 bounces were found to be of our mails")
        if domain == A and found["automatic"] < storm:
            wrong.append(f"{domain}: {found['automatic']} of {storm} forged bounces were seen as automatic")
    return wrong
