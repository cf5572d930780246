"""What our own MX found out about a sender (rulings 24): read from its Authentication-Results alone (RFC 8601)."""

import re
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["pass", "fail", "none"]

_MAX_LENGTH = 4_000
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')
_RESULT = re.compile(r"([a-z][a-z0-9-]*)(?:/\d+)?\s*=\s*([a-z]+)(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"([a-z-]+)\.([a-z0-9_-]+)\s*=\s*(\"[^\"]*\"|[^\s;]+)", re.IGNORECASE)


def verdict(authentication_results: Sequence[str], trusted_mx: str | None, from_domain: str) -> Verdict:
    """`pass` when DMARC, an aligned DKIM signature or aligned SPF passed; `fail` when DMARC failed, or both others did.

    Only a field of `trusted_mx` (its authserv-id) counts, and only the topmost: a sender can write any below it.
    """
    if not trusted_mx or not from_domain:
        return "none"
    for value in authentication_results:
        server, _, rest = _plain(value[:_MAX_LENGTH]).partition(";")
        if (server.split() or [""])[0].strip('"').lower().rstrip(".") == trusted_mx.lower().rstrip("."):
            return _judge(rest, from_domain.lower().rstrip("."))
    return "none"


def _plain(value: str) -> str:
    """The field without comments and without marks inside quotes: both may hold words of the sender, such as `; dmarc=pass`."""
    value = _QUOTED.sub(lambda quoted: re.sub(r"[^\w.@-]", "", quoted.group()), value)
    while value != (shorter := _COMMENT.sub(" ", value)):
        value = shorter
    return value


def _judge(results: str, from_domain: str) -> Verdict:
    dkim: list[Verdict] = []
    spf: list[Verdict] = []
    for piece in results.split(";"):
        found = _RESULT.match(piece.strip())
        if not found:
            continue
        method, result, rest = found[1].lower(), found[2].lower(), found[3]
        properties = {f"{kind}.{name}".lower(): said.strip('"').lower() for kind, name, said in _PROPERTY.findall(rest)}
        if method == "dmarc" and result in ("pass", "fail"):
            about = properties.get("header.from", from_domain).rpartition("@")[2]
            return ("pass" if result == "pass" else "fail") if _is_aligned(about, from_domain) else "none"
        if method == "dkim":
            signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
            dkim.append(_of(result, signer, from_domain))
        elif method == "spf":
            sender = properties.get("smtp.mailfrom") or properties.get("smtp.helo", "")
            spf.append(_of(result, sender.rpartition("@")[2], from_domain))
    if "pass" in (*dkim, *spf):
        return "pass"
    return "fail" if "fail" in dkim and "fail" in spf else "none"


def _of(result: str, domain: str, from_domain: str) -> Verdict:
    if not _is_aligned(domain, from_domain):
        return "none"
    return "pass" if result == "pass" else "fail" if result in ("fail", "hardfail", "policy") else "none"


def _is_aligned(domain: str, from_domain: str) -> bool:
    """The same domain, or one inside the other.

    Relaxed alignment (RFC 7489 3.1) compares registrable domains, which needs the list of public suffixes; without it,
    siblings are not aligned, and nobody can sign for a neighbour under a registry that the list would know.
    """
    domain = domain.rstrip(".")
    is_inside = domain.endswith(f".{from_domain}") or from_domain.endswith(f".{domain}")
    return bool(domain) and "." in domain and (domain == from_domain or is_inside)
