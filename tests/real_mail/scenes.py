"""What must hold between real servers. Each scene returns its figures, and raises when something is lost or double."""

import asyncio
import time
from contextlib import suppress
from email.message import EmailMessage
from statistics import median

import msgspec

from tests.oauth_provider import Provider
from tests.real_mail.people import MailProgram
from tests.real_mail.product import Product, until
from tests.real_mail.servers import Servers

SECONDS = 10.0  # a ticket is there within
BACKLOG_WITHIN = 900.0
FLAT = 60.0  # megabytes that a backlog may cost


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """`channel` is that of support@helpdesk.test, which is fetched; `backlog` and `kills` say how much of each."""

    product: Product
    servers: Servers
    dora: MailProgram
    support: MailProgram
    provider: Provider
    channel: int
    backlog: int
    kills: int


async def idle_to_ticket(stage: Stage) -> str:
    waited = []
    for number in range(5):
        message_id = await asyncio.to_thread(
            stage.dora.write, "support@helpdesk.test", f"Idle {number}", "Please help."
        )
        began = time.monotonic()
        mail = await stage.product.message_of(message_id)
        waited.append(time.monotonic() - began)
        _demand(mail["fate"] == "ticket" and mail["source"] == "imap", f"the mail became {mail}")
    _demand(max(waited) < SECONDS, f"a ticket came after {max(waited):.1f} s")
    return f"5 mails, sent to ticket: median {median(waited):.2f} s, longest {max(waited):.2f} s"


async def there_and_back(stage: Stage) -> str:
    asked = await asyncio.to_thread(stage.dora.write, "support@helpdesk.test", "Printer", "It burns.")
    mail = await stage.product.message_of(asked)
    [ticket] = await stage.product.query("SELECT id, number FROM hd_ticket WHERE id = $1", mail["ticket"])
    began = time.monotonic()
    await stage.product.reply(ticket["number"], "Pour sand on it, please.")
    reply = await asyncio.to_thread(stage.dora.wait_for, "Pour sand on it")
    arrived = time.monotonic() - began
    log = (stage.servers.home / "postfix.log").read_text()
    _demand("sasl_username=support@helpdesk.test" in log, "the reply did not leave by the channel's own account")
    _demand(reply["In-Reply-To"] == asked, f"In-Reply-To is {reply['In-Reply-To']}, not {asked}")
    answer = await asyncio.to_thread(
        stage.dora.write, reply["Reply-To"] or reply["From"], "Re: Printer", "Sand helped.", answering=reply
    )
    joined = await stage.product.message_of(answer)
    _demand(joined["ticket"] == ticket["id"] and joined["fate"] == "reply", f"the answer became {joined}")
    return f"reply there after {arrived:.1f} s, STARTTLS and sign-in; the answer joined #{ticket['number']}"


async def by_oauth(stage: Stage) -> str:
    """Another mailbox is signed in to by tokens alone, to fetch and to send; they are renewed on the way."""
    address = stage.provider.owner = "oauth@helpdesk.test"
    channel = await stage.product.fetch_mailbox(address, provider=stage.provider)
    await stage.product.listening(channel)
    asked = await asyncio.to_thread(stage.dora.write, address, "By token", "Hello.")
    mail = await stage.product.message_of(asked)
    [ticket] = await stage.product.query("SELECT number FROM hd_ticket WHERE id = $1", mail["ticket"])
    await stage.product.query("UPDATE hd_oauth_grant SET expires_at = now() RETURNING id")
    await stage.product.reply(ticket["number"], "Sent by token.")
    await asyncio.to_thread(stage.dora.wait_for, "Sent by token.")
    log = (stage.servers.home / "postfix.log").read_text()
    _demand("sasl_method=XOAUTH2" in log, "the reply did not leave by XOAUTH2")
    renewed = len(stage.provider.access_tokens)
    _demand(renewed == 2, f"{renewed} tokens were asked for instead of 2")
    said = stage.product.said()
    _demand(not any(token in said for token in stage.provider.access_tokens), "a token is in the product's log")
    return f"fetched and sent by XOAUTH2, {renewed} tokens by refresh, none in the log"


async def pushed(stage: Stage) -> str:
    await stage.product.add_mailbox("pushed@helpdesk.test")
    sent = [
        await asyncio.to_thread(stage.dora.write, "pushed@helpdesk.test", f"Pushed {n}", "By LMTP.") for n in range(5)
    ]
    for message_id in sent:
        mail = await stage.product.message_of(message_id)
        _demand(mail["source"] == "lmtp" and mail["fate"] == "ticket", f"the mail became {mail}")
    return f"{len(sent)} mails through postfix's lmtp transport"


async def read_by_others(stage: Stage) -> str:
    """Somebody's mail program reads the mails while ours is not there."""
    pid = stage.product.kill("scheduler")
    sent = [await asyncio.to_thread(stage.dora.write, "support@helpdesk.test", f"Read {n}", "Read.") for n in range(10)]
    read = 0
    while read < len(sent):  # postfix delivers in a moment
        read = sum(b"Subject: Read" in mail for mail in await asyncio.to_thread(stage.support.mails))
    await asyncio.to_thread(stage.support.read_everything)
    await stage.product.back("scheduler", after=pid)
    for message_id in sent:
        await stage.product.message_of(message_id)
    return f"{len(sent)} mails read before us, all taken in"


async def killed_between(stage: Stage) -> str:
    """The process that fetches dies when mails are stored and not marked yet, again and again."""
    hits, numbers = [], 0
    for _ in range(stage.kills):
        mails = [_mail(f"killed-{numbers + n}", "support@helpdesk.test") for n in range(60)]
        numbers += len(mails)
        await stage.product.listening(stage.channel)
        sending = asyncio.create_task(asyncio.to_thread(stage.dora.send, mails))
        with suppress(TimeoutError):
            await until("mails wait to be marked", lambda: _unsettled(stage), within=15)
        pid = stage.product.kill("scheduler")
        hits.append(await stage.product.count("hd_fetched_mail WHERE NOT is_settled"))
        await sending
        await stage.product.back("scheduler", after=pid)
    await until("every mail is taken in", lambda: _all_taken_in(stage, "killed-%", numbers), within=180)
    await until("every mail is marked", lambda: _all_marked(stage), within=60)
    await _demand_once(stage, "killed-%", numbers)
    _demand(any(hits), "no kill came between storing and marking")
    return f"{stage.kills} kills with {hits} mails stored and unmarked; {numbers} mails once each, 0 unmarked"


async def numbered_anew(stage: Stage) -> str:
    """The server forgets its UIDs; more mail comes while it does."""
    before = await stage.product.count("hd_raw_message WHERE source = 'imap'")
    old = (await stage.product.folder(stage.channel))["uid_validity"]
    pid = stage.product.kill("scheduler")
    more = [_mail(f"anew-{n}", "support@helpdesk.test") for n in range(10)]
    await asyncio.to_thread(stage.dora.send, more)
    await asyncio.sleep(2)
    await asyncio.to_thread(stage.servers.renumber, "support@helpdesk.test", old + 1000)
    await stage.product.back("scheduler", after=pid)
    await until("the new mails are taken in", lambda: _all_taken_in(stage, "anew-%", len(more)), within=120)
    await stage.product.listening(stage.channel)
    after = await stage.product.count("hd_raw_message WHERE source = 'imap'")
    known = await stage.product.count("hd_fetched_mail WHERE reason LIKE 'stored before as %'")
    now = (await stage.product.folder(stage.channel))["uid_validity"]
    _demand(now == old + 1000, f"the folder has UIDVALIDITY {now}")
    _demand(after - before == len(more), f"{after - before} mails were stored instead of {len(more)}")
    return f"{known} mails known by their content, {len(more)} new ones, 0 double"


async def backlog(stage: Stage) -> str:
    """A mailbox full of mail: in batches, with progress, killed halfway; others' mail gets in between."""
    mails = [
        _mail(f"backlog-{n}", "sales@helpdesk.test").as_bytes().replace(b"\n", b"\r\n") for n in range(stage.backlog)
    ]
    await asyncio.to_thread(stage.servers.fill, "sales@helpdesk.test", mails)
    memory = [stage.product.memory("scheduler")]
    began = time.monotonic()
    channel = await stage.product.fetch_mailbox("sales@helpdesk.test", wants_earlier=True)
    progress: list[tuple[int, int]] = []
    others: list[float] = []
    killed = False
    while not await _is_through(stage, channel, progress):
        _demand(time.monotonic() - began < BACKLOG_WITHIN, f"the backlog took longer than {BACKLOG_WITHIN:.0f} s")
        stored = await stage.product.count("hd_raw_message WHERE channel = $1", channel)
        if not killed and stored > stage.backlog // 2:
            killed, pid = True, stage.product.kill("scheduler")
            await stage.product.back("scheduler", after=pid)
        elif len(others) < 10 and stored > stage.backlog * len(others) // 10 and progress:
            others.append(await _other_mail(stage, len(others)))
        memory.append(stage.product.memory("scheduler"))
        await asyncio.sleep(0.5)
    await until(
        "every mail is taken in", lambda: _all_taken_in(stage, "backlog-%", stage.backlog), within=BACKLOG_WITHIN
    )
    await _demand_once(stage, "backlog-%", stage.backlog)
    took = time.monotonic() - began
    shown = len(set(progress))
    _demand(shown > 5 or stage.backlog < 500, f"progress was seen {shown} times")
    _demand(max(memory) - memory[0] < FLAT, f"memory grew from {memory[0]:.0f} to {max(memory):.0f} MB")
    return (
        f"{stage.backlog} mails in {took:.0f} s, killed once, each once; progress seen {shown} times; memory {memory[0]:.0f} to "
        f"{max(memory):.0f} MB; {len(others)} mails to another mailbox meanwhile: longest {max(others, default=0):.1f} s"
    )


async def _other_mail(stage: Stage, number: int) -> float:
    message_id = await asyncio.to_thread(stage.dora.write, "support@helpdesk.test", f"Meanwhile {number}", "Hello.")
    began = time.monotonic()
    await stage.product.message_of(message_id, within=120)
    return time.monotonic() - began


async def _is_through(stage: Stage, channel: int, progress: list[tuple[int, int]]) -> bool:
    folder = await stage.product.folder(channel)
    if folder["doing"] == "fetching" and folder["found"]:
        progress.append((folder["done"], folder["found"]))
    return folder["looked_at"] is not None and folder["last_uid"] >= stage.backlog


async def _unsettled(stage: Stage) -> bool:
    return bool(await stage.product.count("hd_fetched_mail WHERE NOT is_settled"))


async def _all_taken_in(stage: Stage, like: str, number: int) -> bool:
    return await stage.product.count("hd_raw_message WHERE mail_id LIKE $1 AND taken_in_at IS NOT NULL", like) >= number


async def _all_marked(stage: Stage) -> bool:
    return not await _unsettled(stage) and not await asyncio.to_thread(stage.support.unseen)


async def _demand_once(stage: Stage, like: str, number: int) -> None:
    raw = await stage.product.count("hd_raw_message WHERE mail_id LIKE $1", like)
    messages = await stage.product.count("hd_message WHERE mail_id LIKE $1", like)
    _demand(raw == messages == number, f"{number} mails became {raw} rows and {messages} messages")


def _mail(name: str, to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
        "dora@customer.test",
        to,
        name,
        f"<{name}@customer.test>",
    )
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0000"
    mail.set_content(f"{name}: please help.\n" + "All of this is text.\n" * 40)
    return mail


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
