"""What DNS says about a mailbox's domain, as far as it answers: MX, SPF, DKIM, DMARC.

Selectors of DKIM keys cannot be listed. Whether there is any key shows in `_domainkey`: a name above others exists, so it
is answered with nothing rather than NXDOMAIN (RFC 8020).
"""

import asyncio
import re

import dns.asyncresolver
import dns.exception
import dns.resolver
import msgspec

from helpdesk.channels.email.checking.findings import Finding, ok, problem, unknown, warning
from helpdesk.channels.email.providers import Provider, provider_of
from helpdesk.kernel.language import _

ANSWER_WITHIN = 4.0  # seconds, all tries together


class Answer(msgspec.Struct, frozen=True):
    """`records` as text; `is_known` is False when there is no such name."""

    records: list[str]
    is_known: bool = True


class Unanswered(Exception):
    """DNS did not answer, or only with an error."""


async def check_records(
    domain: str, *, sends_by: str = "", resolver: dns.asyncresolver.Resolver | None = None
) -> list[Finding]:
    """Findings on the domain; `sends_by` is the host that its mail leaves by, "" when that is not known."""
    try:
        asked = resolver or dns.asyncresolver.Resolver()
        provider = provider_of(sends_by) if sends_by else None
        mx, texts, dkim, dmarc = await asyncio.gather(
            _ask(asked, domain, "MX"), _ask(asked, domain, "TXT"), _dkim(asked, domain, provider), _dmarc(asked, domain)
        )
    except (Unanswered, dns.exception.DNSException) as error:
        text = _(
            "DNS does not answer this machine (%(error)s), so MX, SPF, DKIM and DMARC of %(domain)s were not looked at."
        )
        return [unknown("dns", text % {"error": error, "domain": domain})]  # fmt: skip
    if not mx.is_known:
        text = _("DNS knows no domain %(domain)s.") % {"domain": domain}
        advice = _("Mail from elsewhere cannot reach it, and mail from it is refused by many. Check the spelling, or register it.")  # fmt: skip
        return [problem("dns.mx", text, advice)]
    return [_mx(domain, mx), _spf(domain, texts, provider), dkim, dmarc]


def _mx(domain: str, answer: Answer) -> Finding:
    hosts = [record.split()[-1].rstrip(".") for record in sorted(answer.records, key=lambda one: int(one.split()[0]))]
    if hosts == [""]:
        text = _("%(domain)s takes no mail at all: its MX record says so.") % {"domain": domain}
        return problem("dns.mx", text, _("Publish the MX record that your mail provider names."))
    if not hosts:
        text = _("%(domain)s has no MX record, so it is not plain where its mail goes.") % {"domain": domain}
        return warning("dns.mx", text, _("Publish the MX record that your mail provider names."))
    return ok("dns.mx", _("Mail to %(domain)s goes to %(hosts)s.") % {"domain": domain, "hosts": ", ".join(hosts[:5])})


def _spf(domain: str, answer: Answer, provider: Provider | None) -> Finding:
    """RFC 7208."""
    values = {"domain": domain, "include": f"include:{provider.spf}" if provider else ""}
    found = [record for record in answer.records if re.match(r"v=spf1(\s|$)", record, re.IGNORECASE)]
    if not found:
        text = _("%(domain)s has no SPF record, so others cannot tell which servers may send for it.") % values
        return warning("dns.spf", text, _("Publish the SPF record that your mail provider names."))
    if len(found) > 1:
        text = _("%(domain)s has several SPF records, which counts as none.") % values
        return problem("dns.spf", text, _("Make them one."))
    if re.search(r"\s\+?all(\s|$)", found[0], re.IGNORECASE):
        text = _("The SPF record of %(domain)s lets everybody send for it.") % values
        return problem("dns.spf", text, _("End it with -all or ~all."))
    if provider and provider.spf not in found[0]:
        text = _("The SPF record of %(domain)s does not name the servers that its mail leaves by.") % values
        return warning("dns.spf", text, _("Add %(include)s to it.") % values)
    return ok("dns.spf", _("%(domain)s has an SPF record: %(record)s") % (values | {"record": found[0][:200]}))


async def _dkim(resolver: dns.asyncresolver.Resolver, domain: str, provider: Provider | None) -> Finding:
    """RFC 6376. Signing is the mail server's work (rulings 24)."""
    values = {"domain": domain}
    for selector in provider.selectors if provider else ():
        if (await _ask(resolver, f"{selector}._domainkey.{domain}", "TXT")).records:
            return ok("dns.dkim", _("%(domain)s has the DKIM key %(selector)s.") % (values | {"selector": selector}))
    if (await _ask(resolver, f"_domainkey.{domain}", "TXT")).is_known:
        text = _("%(domain)s seems to have a DKIM key. Whether your mail server signs with it shows in the headers of a mail that arrived elsewhere.")  # fmt: skip
        return ok("dns.dkim", text % values)
    text = _("%(domain)s has no DKIM key, so others cannot tell its mail from forged mail.") % values
    return warning(
        "dns.dkim", text, _("Switch signing on at your mail provider, and publish the key that it gives you.")
    )


async def _dmarc(resolver: dns.asyncresolver.Resolver, domain: str) -> Finding:
    """RFC 7489: the domain's own record, else that of a domain above it."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        answer = await _ask(resolver, f"_dmarc.{'.'.join(labels[start:])}", "TXT")
        for record in answer.records:
            if re.match(r"v=DMARC1\s*;", record, re.IGNORECASE):
                return ok("dns.dmarc", _("%(domain)s has a DMARC record: %(record)s") % {"domain": domain, "record": record[:200]})  # fmt: skip
    text = _("%(domain)s has no DMARC record: large providers want one, and may not take its mail.") % {
        "domain": domain
    }
    return warning("dns.dmarc", text, _("Publish a TXT record at _dmarc.%(domain)s, to begin with “v=DMARC1; p=none”.") % {"domain": domain})  # fmt: skip


async def _ask(resolver: dns.asyncresolver.Resolver, name: str, kind: str) -> Answer:
    try:
        found = await resolver.resolve(name, kind, lifetime=ANSWER_WITHIN, search=False)
    except dns.resolver.NXDOMAIN:
        return Answer([], is_known=False)
    except dns.resolver.NoAnswer:
        return Answer([])
    except (dns.exception.DNSException, OSError) as error:
        raise Unanswered(type(error).__name__) from error
    if kind == "TXT":
        return Answer([b"".join(one.strings).decode("utf-8", "replace") for one in found])
    return Answer([one.to_text() for one in found])
