"""The HTML that an article may hold, made of any other. Cleaning twice is cleaning once."""

from collections.abc import Callable, Mapping

import msgspec
import nh3

from helpdesk.kernel.errors import Invalid
from helpdesk.kernel.language import _
from knowledge_base.allowed import ATTRIBUTES, GONE_WITH_CONTENT, TAGS, kept
from knowledge_base.shaping import shaped
from knowledge_base.trees import depth_of, parsed

CLEANER = 2
"""Raised with each change of what is kept: texts that an older one has cleaned are cleaned again."""
LONGEST_HTML = 400_000
DEEPEST = 100
MOST_NAMED = 3


class Cleaned(msgspec.Struct, frozen=True):
    """`left_out` are the images that could not stay, as they are not ours: the beginnings of their addresses."""

    html: str
    left_out: list[str] = []


def clean(html: str) -> str:
    """The safe part of it; raises Invalid at `html` when it is too long or nested too deeply."""
    return cleaned(html).html


def cleaned(html: str) -> Cleaned:
    """As `clean`, and what went."""
    if len(html) > LONGEST_HTML:
        raise Invalid(html=_("This article is too long. Make two of it."))
    if not html.strip():
        return Cleaned("")
    root = parsed(html)
    if depth_of(root) > DEEPEST:
        raise Invalid(html=_("Lists, quotations and tables stand too deep in each other here."))
    made = shaped(root)
    return Cleaned(safe(made.html), made.left_out)


def with_its_images(made: Cleaned) -> str:
    """The HTML of what somebody has just written; raises Invalid at `html` when images of theirs could not stay."""
    if made.left_out:
        addresses = ", ".join(dict.fromkeys(made.left_out[:MOST_NAMED]))
        raise Invalid(html=_("Articles show only images of their own. Save these and put them in as files: %(addresses)s") % {"addresses": addresses})  # fmt: skip
    return made.html


def safe(
    html: str, *, attributes: Mapping[str, set[str]] = ATTRIBUTES, kept: Callable[[str, str, str], str | None] = kept
) -> str:
    """What is allowed of it, whatever made it; the last word on what is stored and on what is shown."""
    return nh3.clean(
        html, tags=TAGS, clean_content_tags=GONE_WITH_CONTENT, attributes=dict(attributes), attribute_filter=kept,
        url_schemes={"http", "https", "mailto", "tel"}, url_relative="pass_through", link_rel=None, strip_comments=True,
    ).strip()  # fmt: skip
