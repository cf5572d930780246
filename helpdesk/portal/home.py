"""The portal's first page, and the brand's picture."""

from litestar import MediaType, Response, get
from litestar.response import Redirect, Template

from helpdesk.articles.seeing import visible_to
from helpdesk.channels.branding.brand import Face, forms_for, logo, the_brand
from helpdesk.channels.mailboxes import default_mailbox
from helpdesk.console.asked import Text
from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.language import reader
from helpdesk.kernel.time import now
from helpdesk.portal.colours import accent_css
from helpdesk.portal.help_addresses import category_path
from helpdesk.portal.help_shelves import often_read, shelves
from helpdesk.portal.visitors import Guest, page
from helpdesk.promises.opening import opening_of
from helpdesk.tickets.requests import list_requests
from helpdesk.web.static import static

SHOWN = 5


@get("/")
async def front_door(visitor: Guest) -> Template:
    """What one can do here: write to us, see one's requests."""
    return await show_home(visitor, await the_brand())


async def show_home(visitor: Visitor | None, brand: Face, *, headers: dict[str, str] | None = None) -> Template:
    """The first page with this face, saved or not."""
    mailbox, at = await default_mailbox(), now()
    opening = await opening_of(mailbox, at) if mailbox else None
    return await page(
        "home.html", visitor, headers=headers, brand=brand, forms=await forms_for(brand, reader().language), mailbox=mailbox,
        requests=(await list_requests(visitor, limit=SHOWN)).rows if visitor else [],
        hours=brand.words(reader().language).hours or (opening.hours if opening and opening.is_limited else ""),
        has_hours=opening is not None and opening.is_limited, is_open=opening is None or opening.is_open,
        opens=opening.opens if opening else "", q="", words_of=category_path,
        categories=await shelves(reader().language, visible_to(visitor)), often=await often_read(reader().language, visible_to(visitor), at=at),
    )  # fmt: skip


@get("/brand/colours.css", opt={"exclude_from_csrf": True})
async def show_colours() -> Response[str]:
    """The brand's colour for pages that know nothing of the brand: the sign-in of agents, errors. Nothing without one."""
    css = accent_css((await the_brand()).accent[1:]) or ""
    return Response(css, media_type=MediaType.CSS, headers={"cache-control": "public, max-age=300"})


@get("/brand/logo", opt={"exclude_from_csrf": True})
async def show_logo(v: Text = "") -> Response[bytes] | Redirect:
    """The logo, else our own mark. With the mark of its content in the address it is kept for ever."""
    found = await logo()
    if found is None:
        return Redirect(static("favicon.svg"))
    is_this = v == found["logo_mark"]
    return Response(bytes(found["logo"]), media_type=found["logo_type"], headers={
        "content-disposition": "inline", "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "cache-control": "public, max-age=31536000, immutable" if is_this else "public, max-age=300",
    })  # fmt: skip
