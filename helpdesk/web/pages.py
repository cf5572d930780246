"""Templates: Jinja with autoescape, the reader's language, and a few words for dates and numbers."""

import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from litestar.template.base import csrf_token
from markupsafe import Markup, escape

from helpdesk.channels.email.html_text import text_to_html
from helpdesk.kernel import language
from helpdesk.kernel.time import now
from helpdesk.people.permissions import may
from helpdesk.web.static import static, static_version

_ROOT = Path(__file__).parent.parent


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


def environment() -> Environment:
    folders = [_ROOT / package / "templates" for package in ("web", "console", "portal")]
    made = Pages(
        loader=FileSystemLoader([str(folder) for folder in folders]), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False, bytecode_cache=_Compiled(),
    )  # fmt: skip
    words: dict[str, Callable[..., Any]] = {
        "_": _gettext, "ngettext": _ngettext, "pgettext": _pgettext,
        "static": static, "static_version": static_version, "reader": language.reader, "may": may, "digits": language.digits, "number": language.number,
        "file_size": language.file_size, "moment": language.moment, "time_words": _time_words, "utc": language.utc, "initials": initials,
        "csrf": _csrf, "sign": sign, "languages": lambda: language.LANGUAGES,
    }  # fmt: skip
    made.globals.update(words)
    made.filters.update(digits=language.digits, paragraphs=_paragraphs, initials=initials)
    return made


def compile_all() -> None:
    """Compile every template of pages, for an image whose processes can write nothing beside them."""
    made = environment()
    for name in made.list_templates(extensions=["html"]):
        made.get_template(name)


class _Compiled(FileSystemBytecodeCache):
    """Templates as Jinja has compiled them, beside what Python has compiled: a new process shows its first pages at once.

    What was made of another text, by another Jinja or in another environment than this file's is not taken, nor what is
    damaged. Where nothing can be written each process compiles.
    """

    def __init__(self) -> None:
        super().__init__(str(Path(__file__).parent / "__pycache__"), "template-%s.cache")
        self._made_by = version("jinja2") + Path(__file__).read_text(encoding="utf-8")

    def get_source_checksum(self, source: str) -> str:
        return super().get_source_checksum(source + self._made_by)

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except Exception:  # whatever unpickling makes of a torn file; it is written anew
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)
                Path(self._get_cache_filename(bucket)).chmod(0o644)  # who installs is not always who runs


class _Page(Context):
    """Of a page, where a word that takes its arguments and nothing of the page is called without being looked at again:
    Jinja asks each callable four times, at each call, whether it wants the context, and a page calls some hundred."""

    def call(self, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        if obj in _PLAIN:
            kwargs.pop("_loop_vars", None)  # as Jinja does: only a callable that wants the context hears of them
            kwargs.pop("_block_vars", None)
            return obj(*args, **kwargs)
        return super().call(obj, *args, **kwargs)


class Pages(Environment):
    """Jinja, where `row.subject` looks into a dict first: rows of the database are dicts, and miss as attributes slowly.

    No template has globals of its own, so all share one dict: copying a chain of maps for each include is slow, too.
    """

    context_class = _Page

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@pass_context
def _csrf(context: Context) -> Markup:
    """The hidden field that every form carries. A function and no macro: a macro's file would need the page's context,
    and be run again for every import."""
    return Markup('<input type="hidden" name="_csrf_token" value="%s">') % csrf_token(context.parent)


@cache
def sign(name: str, classes: str = "") -> Markup:
    """An icon of the sprite; `icon` in `parts.html`. There are some hundred, and a page has dozens of them."""
    drawn = Markup('<svg class="icon%s" aria-hidden="true"><use href="%s#%s"/></svg>')
    return drawn % (f" {classes}" if classes else "", static("icons.svg"), name)


def initials(name: str) -> str:
    """Two letters for an avatar."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def _gettext(text: str, /, **values: object) -> Markup:
    """The text in the reader's language, with the values escaped; `%` is doubled in texts with values only."""
    translated = _translated(language.reader().language, text)
    return translated % values if values else translated


@lru_cache(maxsize=10_000)
def _translated(_language: str, text: str) -> Markup:
    """A page asks for two hundred of our texts. What is none of them is somebody's words that were taken for one: escaped."""
    return Markup(language.gettext(text)) if text in language.messages() else escape(text)  # noqa: S704 - texts are ours


def _ngettext(singular: str, plural: str, n: int, /, **values: object) -> Markup:
    return _filled(language.ngettext(singular, plural, n), values)


def _pgettext(context: str, text: str, /, **values: object) -> Markup:
    return _filled(language.pgettext(context, text), values)


def _filled(text: str, values: dict[str, object]) -> Markup:
    return Markup(text) % values if values else Markup(text)  # noqa: S704 - texts are ours, values are escaped


def _time_words(at: datetime, style: str) -> str:
    return language.time_words(at, style, now())


def _paragraphs(text: str) -> Markup:
    """Plain text as escaped paragraphs with safe links: the one place besides sanitised mail where HTML is made from text."""
    return Markup(text_to_html(text))  # noqa: S704 - text_to_html escapes


_PLAIN = frozenset({
    _gettext, _ngettext, _pgettext, sign, static, may, language.digits, language.utc, language.moment, language.reader, _time_words,
})  # fmt: skip
"""Called most, and wanting nothing but their arguments."""
