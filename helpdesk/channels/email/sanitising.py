"""HTML of strangers made safe to show: an allow-list of tags, attributes, styles and addresses.

Nothing in the result loads anything. Remote images wait under the scheme `blocked:` and inline ones under `cid:`;
`present` turns them into addresses when the page is made, remote ones only with the reader's consent.
"""

import html as entities
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import msgspec
import nh3

from helpdesk.channels.email.html_reading import html_to_text, is_a_bomb
from helpdesk.channels.email.html_text import text_to_html
from helpdesk.channels.email.styles import safe_style

SANITISER_VERSION = 2
"""Raised with every change of what is kept: stored HTML of an older version is sanitised again from the raw mail."""

_MAX_URL = 2_000
_MAX_DATA_IMAGE = 200_000

_TAGS = {
    "a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol",
    "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_CELL = {"align", "valign", "bgcolor", "width", "height", "background", "colspan", "rowspan", "nowrap", "scope"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "style", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "hspace", "vspace"},
    "table": {
        "width",
        "height",
        "border",
        "cellpadding",
        "cellspacing",
        "bgcolor",
        "background",
        "rules",
        "frame",
        "summary",
    },
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign", "bgcolor", "height"},
    "tbody": {"valign"},
    "thead": {"valign"},
    "tfoot": {"valign"},
    "col": {"width", "span", "valign"},
    "colgroup": {"width", "span", "valign"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"width", "size", "color", "noshade"},
    "br": {"clear"},
    "time": {"datetime"},
    "details": {"open"},
}
_GONE_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "textarea",
    "select",
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "blocked", "data"}

_LINK = re.compile(r"(?:https?://[^\s/]|mailto:|tel:)", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:)?[/\\]{2}[^\s/\\]", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_COLOUR = re.compile(r"#?[0-9a-zA-Z]{1,25}")
_SMALL_NUMBER = re.compile(r"-?\d{1,3}")
_LENGTH = re.compile(r"(\d{1,4})(?:\.\d+)?(?:px|%)?")
_NAME = re.compile(r"[\w, '-]{1,100}")
_BODY = re.compile(r"<body(?=\s)", re.IGNORECASE)
"""Its direction and colours are the mail's: they stay, on an element of ours."""
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_BLOCKED = "blocked:"

_OPEN_TAG = re.compile(r'<[a-z][a-z0-9]*(?:\s+[a-z-]+="[^"]*")*\s*/?>')
_HELD_BACK = re.compile(r'\s(src|background)="((?:cid|blocked):[^"]*)"')


class SafeHtml(msgspec.Struct, frozen=True):
    """`html` can be shown anywhere; `cids` are the Content-IDs of the inline images that it names, in order."""

    html: str
    has_remote_images: bool
    cids: list[str]


def sanitise(html: str) -> SafeHtml:
    """The safe part of the HTML. Sanitising the result again changes nothing.

    A bomb is shown as its text.
    """
    if is_a_bomb(html):
        html = text_to_html(html_to_text(html))
    found = _Found()
    safe = nh3.clean(
        _BODY.sub("<div", html.replace("\0", ""), count=1),
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=found.keep,
        url_schemes=_SCHEMES,
        url_relative="pass_through",
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return SafeHtml(safe, found.has_remote_images, list(dict.fromkeys(found.cids)))


class _Found(msgspec.Struct):
    """What one run of the cleaner met; its `keep` says what becomes of each attribute (None: it goes)."""

    has_remote_images: bool = False
    cids: list[str] = []

    def keep(self, tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return safe_style(value) or None
        if name == "href":
            url = _CONTROL.sub("", value)
            return url if _LINK.match(url) and len(url) <= _MAX_URL else None
        if name in ("src", "background"):
            return self._image(value)
        if name == "dir":
            return value.lower() if value.lower() in ("ltr", "rtl", "auto") else None
        if name in ("alt", "title", "summary"):
            return value[:1000]
        return value if _is_plain(name, value.strip()) else None

    def _image(self, value: str) -> str | None:
        url = value.strip()
        if url.lower().startswith("cid:"):
            self.cids.append(unquote(url[4:]))
            return f"cid:{url[4:]}"
        if url.startswith(_BLOCKED):
            url = unquote(url.removeprefix(_BLOCKED))
        url = _CONTROL.sub("", url) if not _DATA_IMAGE.fullmatch(url) else url
        if _REMOTE.match(url) and len(url) <= _MAX_URL:
            self.has_remote_images = True
            absolute = url if url[:4].lower() == "http" else f"https:{url}"
            return _BLOCKED + quote(absolute, safe="")
        return url if _DATA_IMAGE.fullmatch(url) and len(url) <= _MAX_DATA_IMAGE else None


def _is_plain(name: str, value: str) -> bool:
    if name in ("width", "height", "size"):
        length = _LENGTH.fullmatch(value)
        return bool(length) and int(length[1]) <= (100 if value.endswith("%") else 2000)
    if name in ("bgcolor", "color"):
        return bool(_COLOUR.fullmatch(value))
    if name in ("border", "cellpadding", "cellspacing", "colspan", "rowspan", "hspace", "vspace", "span"):
        return bool(_SMALL_NUMBER.fullmatch(value)) and 0 <= int(value) <= 100
    if name in ("nowrap", "noshade", "open", "reversed"):
        return True
    return bool(_NAME.fullmatch(value)) or not value


def cids_shown(html: str) -> set[str]:
    """The Content-IDs of the images that stand in sanitised HTML."""
    sources = [held for tag in _OPEN_TAG.finditer(html) for held in _HELD_BACK.finditer(tag.group())]
    urls = [entities.unescape(held[2]) for held in sources if held[1] == "src"]
    return {unquote(url[4:]) for url in urls if url.startswith("cid:")}


def present(html: str, *, image_url: Callable[[str], str | None], allow_remote: bool) -> str:
    """Sanitised HTML made ready for a page; links open a window of their own.

    `image_url` gives the address of an inline image by its Content-ID, None when the mail has no such part.
    Remote images get their address only when `allow_remote` says so, and then tell no referrer. An image that is
    held back keeps its alternative text and has no `src`.
    """

    def rewrite_tag(tag: re.Match[str]) -> str:
        shown = _HELD_BACK.sub(rewrite, tag.group())
        return shown.replace("<a ", '<a target="_blank" ', 1) if shown.startswith("<a ") else shown

    def rewrite(found: re.Match[str]) -> str:
        name, value = found[1], entities.unescape(found[2])
        scheme, _, rest = value.partition(":")
        url = image_url(unquote(rest)) if scheme == "cid" else unquote(rest) if allow_remote else None
        if url is None:
            return ""
        referrer = ' referrerpolicy="no-referrer"' if scheme == "blocked" and name == "src" else ""
        return f' {name}="{entities.escape(url)}"{referrer}'

    return _OPEN_TAG.sub(rewrite_tag, html)
