"""Style sheets of a mail, written into its elements: what is safe of them is kept there, the sheets themselves never are.

Outlook and most newsletters say their margins, colours and columns in a sheet; without it their mails fall apart.
"""

import re

from css_inline import CSSInliner, InlineError

from helpdesk.channels.email.html_reading import is_a_bomb

MOST_HTML, MOST_CSS = 500_000, 100_000
"""Characters: every rule is tried on every element."""

_SHEET = re.compile(r"<style\b[^>]*>(.*?)(?:</style|\Z)", re.IGNORECASE | re.DOTALL)
_inliner = CSSInliner(load_remote_stylesheets=False, resolve_css_variables=True)


def inlined(html: str) -> str:
    """The HTML with the rules of its sheets as `style` attributes; as it came when it has none, or too much."""
    css = sum(len(sheet[1]) for sheet in _SHEET.finditer(html)) if len(html) <= MOST_HTML else 0
    if not 0 < css <= MOST_CSS or is_a_bomb(html):
        return html
    try:
        return _inliner.inline(html.encode("utf-8", "replace").decode())
    except InlineError:  # a sheet that cannot be read
        return html
