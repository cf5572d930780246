"""The help centre for machines: a map of the site, a feed of what is new, and what robots may read. Public articles alone."""

from html import escape
from itertools import groupby
from operator import itemgetter

from litestar import MediaType, Response, get

from helpdesk.articles.seeing import EVERYBODY
from helpdesk.channels.branding.brand import the_brand
from helpdesk.console.asked import Name
from helpdesk.kernel.language import LANGUAGES, _, utc
from helpdesk.kernel.text import preview
from helpdesk.kernel.time import now
from helpdesk.portal.help import speak
from helpdesk.portal.help_addresses import article_path, whole
from knowledge_base.reading import list_for_sitemap, list_newest

MOST_IN_A_MAP = 50_000
"""The protocol allows no more in a file (sitemaps.org)."""
MOST_IN_A_FEED = 30
FRESH = {"cache-control": "public, max-age=300"}
ROBOTS = """User-agent: *
Disallow: /console
Disallow: /api
Disallow: /requests
Sitemap: {sitemap}
"""


@get("/robots.txt", sync_to_thread=False)
def robots() -> Response[str]:
    return Response(ROBOTS.format(sitemap=whole("/help/sitemap.xml")), media_type=MediaType.TEXT, headers=FRESH)


@get("/help/sitemap.xml")
async def sitemap() -> Response[str]:
    """Each article in each language, with the same one in the others."""
    found = await list_for_sitemap(audiences=EVERYBODY, most=MOST_IN_A_MAP)
    homes = {code: whole(f"/help/{code}") for code in LANGUAGES}
    entries = [_entry(home, homes) for home in homes.values()]
    for _article, group in groupby(found, key=itemgetter(0)):
        translations = [(language, whole(article_path(language, slug)), at) for _id, language, slug, at in group]
        addresses = {language: url for language, url, _at in translations}
        entries += [_entry(url, addresses, changed=utc(at)) for _language, url, at in translations]
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
        + "\n".join(entries)
        + "\n</urlset>\n"
    )
    return Response(body, media_type="application/xml; charset=utf-8", headers=FRESH)


@get("/help/{language:str}/feed.xml")
async def feed(language: Name) -> Response[str]:
    """What was published last, as Atom (RFC 4287)."""
    speak(language)
    lines = await list_newest(language=language, audiences=EVERYBODY, most=MOST_IN_A_FEED)
    brand, home, own = await the_brand(), whole(f"/help/{language}"), whole(f"/help/{language}/feed.xml")
    title = _("%(brand)s: help centre") % {"brand": brand.name}
    entries = [
        f"<entry><title>{escape(one.title)}</title><id>{escape(whole(f'/help/articles/{one.translation}'))}</id>"
        f'<link href="{escape(whole(one.path))}"/><published>{utc(one.published_at)}</published><updated>{utc(one.republished_at)}</updated>'
        f"<summary>{escape(preview(one.beginning, 300))}</summary></entry>"
        for one in lines
    ]
    updated = utc(max((one.republished_at for one in lines), default=now()))
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}"><title>{escape(title)}</title>'
        f'<id>{escape(home)}</id><link href="{escape(home)}"/><link rel="self" href="{escape(own)}"/><updated>{updated}</updated>'
        f"<author><name>{escape(brand.name)}</name></author>{''.join(entries)}</feed>\n"
    )
    return Response(body, media_type="application/atom+xml; charset=utf-8", headers=FRESH)


def _entry(url: str, addresses: dict[str, str], *, changed: str = "") -> str:
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href="{escape(other)}"/>' for code, other in addresses.items()
    )
    return f"<url><loc>{escape(url)}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}{others}</url>"
