"""Where the links of a mail really lead: a title on each, and words beside those that name another place.

The oldest trick of phishing is `<a href="https://evil.example">https://bank.example</a>`.
"""

import html as entities
import re
from urllib.parse import SplitResult, unquote, urlsplit

_LINK = re.compile(r'<a((?:\s+[a-z-]+="[^"]*")*)>(.*?)</a>', re.DOTALL)
_HREF = re.compile(r'\shref="([^"]*)"')
_TITLE = re.compile(r'\stitle="[^"]*"')
_TAG = re.compile(r'<[a-z/](?:"[^"]*"|[^">])*>')
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_NAMES_A_HOST = re.compile(
    r"(?:https?:)?(?://)?(?:www\.)?((?:[^\W_][\w-]*\.)+[^\W\d_]{2,})(?::\d+)?(?:[/?#].*)?", re.IGNORECASE
)
_NAMES_A_MAILBOX = re.compile(r"(?:mailto:)?[^\s@]{1,64}@((?:[^\W_][\w-]*\.)+[^\W\d_]{2,})", re.IGNORECASE)
_MOST_WORDS, _LONGEST_TITLE = 300, 500


def show_targets(html: str) -> str:
    """Sanitised HTML with the target of each link as its title, and `<bdi class="real-target">` behind a link whose words
    name another host than it leads to. A mail cannot fake the mark: the sanitiser leaves no class.
    """
    return _LINK.sub(_shown, html)


def _shown(found: re.Match[str]) -> str:
    attributes, inside = found[1], found[2]
    href = _HREF.search(attributes)
    if href is None:
        return found.group()
    target = entities.unescape(href[1])
    titled = (
        f'<a{_TITLE.sub("", attributes)} title="{entities.escape(_readable(target)[:_LONGEST_TITLE])}">{inside}</a>'
    )
    host = _host(target)
    named = _named(inside)
    if not host or not named or _is_same_place(named, host):
        return titled
    return f'{titled} <bdi class="real-target" dir="ltr">{entities.escape(host)}</bdi>'


def _readable(url: str) -> str:
    """The URL with its host in ASCII letters, so that a look-alike shows as `xn--…`."""
    parts = _parts(url)
    return url.replace(parts.netloc, _ascii(parts.netloc), 1) if parts and parts.netloc else unquote(url)


def _host(url: str) -> str:
    """The host that a link leads to, in ASCII letters; of a mailto: the mailbox's. "" when there is none."""
    parts = _parts(url)
    if parts is None:
        return ""
    if parts.scheme == "mailto":
        return _ascii(unquote(parts.path).partition(",")[0].rpartition("@")[2])
    return _ascii(parts.hostname or "")


def _parts(url: str) -> SplitResult | None:
    """As browsers take it apart: a backslash is a slash to them. None for what no browser could follow."""
    try:
        return urlsplit(url.replace("\\", "/"))
    except ValueError:
        return None


def _named(inside: str) -> str:
    """The host that the words of a link name, "" when they are ordinary words."""
    words = _UNSEEN.sub("", entities.unescape(_TAG.sub("", inside[:10_000]))).strip()
    if len(words) > _MOST_WORDS:
        return ""
    found = _NAMES_A_MAILBOX.fullmatch(words) or _NAMES_A_HOST.fullmatch(words)
    return _ascii(found[1]) if found else ""


def _is_same_place(named: str, host: str) -> bool:
    """Whether one is the other or a part of it: `example.com` and `help.example.com`."""
    named, host = named.removeprefix("www."), host.removeprefix("www.")
    return named == host or host.endswith(f".{named}") or named.endswith(f".{host}")


def _ascii(host: str) -> str:
    try:
        return host.lower().rstrip(".").encode("idna").decode() if not host.isascii() else host.lower().rstrip(".")
    except UnicodeError:
        return host.lower()
