"""The HTML that an article may hold: an allow-list of what the editor writes. Cleaning twice is cleaning once.

Nothing in it loads from elsewhere: images are files of the knowledge base (`/help/files/7`).
"""

import re

import nh3
from lxml.html import HtmlElement

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from knowledge_base.pasting import tidy
from knowledge_base.trees import depth_of, inner, parsed

LONGEST_HTML = 400_000
DEEPEST = 100
CALLOUTS = ("note", "tip", "warning", "danger")

_TAGS = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br", "table", "thead", "tbody", "tr", "th", "td",
    "div", "a", "img", "strong", "em", "s", "sub", "sup", "kbd",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "class"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "div": {"class"},
    "code": {"class"},
}
_GONE_WITH_CONTENT = {"script", "style", "title", "template", "iframe", "noembed", "noframes", "xmp", "textarea", "select"}  # fmt: skip
_LINK = re.compile(r"https?://[^\s/]|mailto:|tel:|/(?![/\\])|#", re.IGNORECASE)
_LONGEST_LINK = 2_000
_FILE = re.compile(r"/help/files/[1-9]\d{0,9}")
_NUMBER = re.compile(r"[1-9]\d{0,3}")
_CLASSES = {
    "ol": re.compile("steps"),
    "div": re.compile(f"callout (?:{'|'.join(CALLOUTS)})"),
    "code": re.compile(r"language-[a-z0-9+#-]{1,20}"),
}


def clean(html: str) -> str:
    """The safe part of it; raises Invalid at `html` when it is too long or nested too deeply."""
    if len(html) > LONGEST_HTML:
        raise Invalid(html=_("This article is too long. Make two of it."))
    if not html.strip():
        return ""
    root = parsed(html)
    if depth_of(root) > DEEPEST:
        raise Invalid(html=_("Lists, quotations and tables stand too deep in each other here."))
    tidy(root)
    _drop_empty(root)
    return _safe(inner(root))


def _drop_empty(root: HtmlElement) -> None:
    """What would have no picture, or lead nowhere."""
    for image in list(root.iter("img")):
        if not _FILE.fullmatch(image.get("src") or ""):
            image.drop_tree()
    for link in list(root.iter("a")):
        if not _is_link((link.get("href") or "").strip()):
            link.drop_tag()


def _is_link(href: str) -> bool:
    return _LINK.match(href) is not None and len(href) <= _LONGEST_LINK


def _safe(html: str) -> str:
    return nh3.clean(
        html, tags=_TAGS, clean_content_tags=_GONE_WITH_CONTENT, attributes=_ATTRIBUTES, attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "tel"}, url_relative="pass_through", link_rel=None, strip_comments=True,
    ).strip()  # fmt: skip


def _kept(tag: str, name: str, value: str) -> str | None:
    value = value.strip()
    match name:
        case "class":
            return value if _CLASSES[tag].fullmatch(value) else None
        case "href":
            return value if _is_link(value) else None
        case "src":
            return value if _FILE.fullmatch(value) else None
        case "dir":
            return value.lower() if value.lower() in ("ltr", "rtl") else None
        case "alt":
            return value[:500]
        case _:
            return value if _NUMBER.fullmatch(value) else None
