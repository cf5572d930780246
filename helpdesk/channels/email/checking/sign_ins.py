"""Signing in and doing a little of what the account is for: opening the folder, naming the sender."""

import aiosmtplib

from helpdesk.channels.email.checking.findings import Finding, ok, problem, warning
from helpdesk.channels.email.checking.servers import Peer, examine
from helpdesk.channels.email.fetching import CannotFetch, Mailbox, Server, SignInRefused
from helpdesk.channels.email.providers import provider_of
from helpdesk.channels.email.sending import Transport, connect, said_by
from helpdesk.kernel.language import _

ANSWER_WITHIN = 5.0  # seconds


async def check_sending(transport: Transport, *, sender: str) -> list[Finding]:
    """Whether the server lets us in and takes mail from the mailbox; no mail is sent."""
    peer = Peer("sending", "SMTP", transport.host, transport.port, transport.tls)
    found = await examine(peer)
    if found[-1].level == "problem":
        return found
    if transport.username and transport.tls == "none":
        found.append(_unencrypted(peer))
    try:
        client = await connect(transport, ANSWER_WITHIN)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return [*found, _not_let_in(peer, transport, error)]
    try:
        if transport.username:
            found.append(ok("sending.sign_in", _("Signed in as %(user)s.") % {"user": transport.username}))
        found.append(await _naming_the_sender(client, sender))
    finally:
        client.close()
    return found


async def check_receiving(server: Server, folder: str) -> list[Finding]:
    """Whether the server lets us in and has the folder; nothing in it is changed."""
    peer = Peer("receiving", "IMAP", server.host, server.port, server.tls)
    found = await examine(peer)
    if found[-1].level == "problem":
        return found
    if server.tls == "none":
        found.append(_unencrypted(peer))
    mailbox = Mailbox(server, folder)
    try:
        await mailbox.connect()
        found.append(ok("receiving.sign_in", _("Signed in as %(user)s.") % {"user": server.username}))
        await mailbox.open()
        found.append(ok("receiving.folder", _("The folder %(folder)s is there.") % {"folder": folder}))
    except SignInRefused as error:
        found.append(_refused(peer, str(error), has_token=bool(server.access_token)))
    except CannotFetch as error:
        is_in = found[-1].check == "receiving.sign_in"
        advice = _("Enter the folder as the mail server names it, such as INBOX.") if is_in else _("Try again; if it stays, ask the administrator of the mail server.")  # fmt: skip
        found.append(problem("receiving.folder" if is_in else "receiving.sign_in", str(error), advice))
    finally:
        await mailbox.close()
    return found


async def _naming_the_sender(client: aiosmtplib.SMTP, sender: str) -> Finding:
    """MAIL, and no further."""
    values = {"address": sender}
    try:
        await client.mail(sender)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        text = _("The server takes no mail from %(address)s: %(error)s") % (values | {"error": said_by(error)})
        advice = _("Allow the user to send as this address, or sign in as the mailbox itself.")
        return problem("sending.sender", text, advice)
    return ok("sending.sender", _("The server takes mail from %(address)s.") % values)


def _not_let_in(peer: Peer, transport: Transport, error: Exception) -> Finding:
    said = transport.without_secrets(said_by(error))
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return _refused(peer, said, has_token=bool(transport.access_token))
    if transport.username and isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError):
        text = _("%(host)s offers no sign-in that we know: %(error)s") % {"host": peer.host, "error": said}
        advice = _("Check port and encryption: most servers offer it on port 587 with STARTTLS or on port 465.")
        return problem("sending.sign_in", text, advice)
    text = _("%(host)s broke off before the sign-in was done: %(error)s") % {"host": peer.host, "error": said}
    return problem("sending.sign_in", text, _("Try again; if it stays, ask the administrator of the mail server."))


def _refused(peer: Peer, said: str, *, has_token: bool) -> Finding:
    text = _("%(host)s refused the sign-in: %(error)s") % {"host": peer.host, "error": said}
    provider = provider_of(peer.host)
    if has_token:
        advice = _("Connect the mailbox again, as somebody who may use it.")
    elif provider and provider.key == "google":
        advice = _("Google takes no ordinary passwords here: connect the mailbox with Google, or use an app password.")
    elif provider:
        advice = _("Microsoft 365 takes no passwords here: connect the mailbox with Microsoft.")
    else:
        advice = _("Check user name and password; some servers want the whole address, some an app password.")
    return problem(f"{peer.check}.sign_in", text, advice)


def _unencrypted(peer: Peer) -> Finding:
    text = _("The password goes to %(host)s unencrypted, for everybody on the way to read.") % {"host": peer.host}
    return warning(f"{peer.check}.tls", text, _("Choose STARTTLS or encryption from the start."))
