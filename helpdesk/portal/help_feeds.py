"""The help centre for machines: a map of the site, a feed of what is new, and what robots may read. Public articles alone.

What is made of all articles is kept until one changes, and made outside the event loop.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from itertools import groupby

from litestar import MediaType, Response, get

from helpdesk.articles.seeing import EVERYBODY
from helpdesk.channels.branding.brand import the_brand
from helpdesk.console.asked import Name, Text
from helpdesk.console.forms import read_whole
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import LANGUAGES, _, utc
from helpdesk.kernel.text import preview
from helpdesk.kernel.time import now
from helpdesk.portal.help import speak
from helpdesk.portal.help_addresses import article_path, whole
from knowledge_base.reading import Line, list_newest
from knowledge_base.remembering import remembered
from knowledge_base.site_map import Place, list_part, list_parts

MOST_IN_A_FEED = 30
FRESH = {"cache-control": "public, max-age=300"}
NO_COOKIE = {"exclude_from_csrf": True}
"""What everybody may keep must not hand out one reader's token."""
ROBOTS = """User-agent: *
Disallow: /console
Disallow: /api
Disallow: /requests
Sitemap: {sitemap}
"""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@get("/robots.txt", sync_to_thread=False, opt=NO_COOKIE)
def robots() -> Response[str]:
    return Response(ROBOTS.format(sitemap=whole("/help/sitemap.xml")), media_type=MediaType.TEXT, headers=FRESH)


@get("/help/sitemap.xml", opt=NO_COOKIE)
async def sitemap(part: Text = "") -> Response[str]:
    """The list of its parts, or one of them: each article in each language, with the same one in the others."""
    parts = await remembered("parts of the site map", lambda: list_parts(audiences=EVERYBODY))
    if not part:
        return _xml(await asyncio.to_thread(_list_of, parts))
    number = read_whole(part)
    if number is None or number not in {0, *(one for one, _at in parts)}:
        raise NotFound(_("There is nothing here."))

    async def made() -> str:
        return await asyncio.to_thread(_part, number, await list_part(number, audiences=EVERYBODY))

    return _xml(await remembered(("part of the site map", number), made))


@get("/help/{language:str}/feed.xml", opt=NO_COOKIE)
async def feed(language: Name) -> Response[str]:
    """What was published last, as Atom (RFC 4287)."""
    speak(language)
    brand = await the_brand()
    lines = await list_newest(language=language, audiences=EVERYBODY, most=MOST_IN_A_FEED)
    home, own = whole(f"/help/{language}"), whole(f"/help/{language}/feed.xml")
    title = _("%(brand)s: help centre") % {"brand": brand.name}
    updated = utc(max((one.republished_at for one in lines), default=now()))
    body = (
        f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"><title>{_text(title)}</title>'
        f'<id>{escape(home)}</id><link href="{escape(home)}"/><link rel="self" href="{escape(own)}"/><updated>{updated}</updated>'
        f"<author><name>{_text(brand.name)}</name></author>{''.join(map(_entry, lines))}</feed>\n"
    )
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=FRESH)


def _entry(one: Line) -> str:
    return (
        f"<entry><title>{_text(one.title)}</title><id>{escape(whole(f'/help/articles/{one.translation}'))}</id>"
        f'<link href="{escape(whole(one.path))}"/><published>{utc(one.published_at)}</published><updated>{utc(one.republished_at)}</updated>'
        f"<summary>{_text(preview(one.beginning, 300))}</summary></entry>"
    )


def _list_of(parts: Sequence[tuple[int, datetime]]) -> str:
    changed: dict[int, datetime | None] = {0: None} | dict(parts)
    entries = (
        f"<sitemap><loc>{escape(whole('/help/sitemap.xml'))}?part={number}</loc>{_lastmod(at)}</sitemap>"
        for number, at in changed.items()
    )
    return f'{_HEAD}<sitemapindex xmlns="{_NAMESPACE}">\n' + "\n".join(entries) + "\n</sitemapindex>\n"


def _part(number: int, places: Sequence[Place]) -> str:
    homes = {code: whole(f"/help/{code}") for code in LANGUAGES} if number == 0 else {}
    entries = [_address(home, homes) for home in homes.values()]
    for _article, group in groupby(places, key=lambda place: place.article):
        translations = [(place, whole(article_path(place.language, place.slug))) for place in group]
        addresses = {place.language: url for place, url in translations}
        entries += [_address(url, addresses, changed=place.republished_at) for place, url in translations]
    return (
        f'{_HEAD}<urlset xmlns="{_NAMESPACE}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
        + "\n".join(entries)
        + "\n</urlset>\n"
    )


def _address(url: str, addresses: dict[str, str], *, changed: datetime | None = None) -> str:
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(other)}"/>' for code, other in addresses.items()
    )
    return f"<url><loc>{escape(url)}</loc>{_lastmod(changed)}{others}</url>"


def _lastmod(at: datetime | None) -> str:
    return f"<lastmod>{utc(at)}</lastmod>" if at else ""


def _text(words: str) -> str:
    """XML has no word for some control characters, not even escaped (XML 1.0, 2.2)."""
    return escape(_NOT_IN_XML.sub("", words))


def _xml(body: str) -> Response[str]:
    return Response(body, media_type="application/xml; charset=utf-8", headers=FRESH)
