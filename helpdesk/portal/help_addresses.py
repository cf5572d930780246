"""Where things stand in the help centre."""

from urllib.parse import quote

from helpdesk.channels.branding.brand import Face, forms_for
from helpdesk.channels.mailboxes import default_mailbox
from helpdesk.kernel.settings import settings
from knowledge_base.categories import Category
from knowledge_base.reading import Page, path_of
from knowledge_base.slugs import slug_of

article_path = path_of


def category_path(category: Category, language: str) -> str:
    """Its number finds it, its name is there to be read."""
    slug = slug_of(category.name(language))
    return f"/help/{language}/categories/{category.id}{'-' if slug else ''}{slug}"


def address(path: str) -> str:
    """The path as browsers send it."""
    return quote(path, safe="/-._~")


def whole(path: str) -> str:
    """With the installation's address before it, for machines elsewhere."""
    return settings().base_url.rstrip("/") + address(path)


async def where_to_write(brand: Face, language: str, *, about: Page | None = None) -> str:
    """The form, begun with the article's title, or the mailbox; "" when there is neither."""
    for form in await forms_for(brand, language):
        return f"/forms/{form.slug}?lang={form.in_language(language)}" + (
            f"&about={about.translation}" if about else ""
        )
    if mailbox := await default_mailbox():
        return f"mailto:{mailbox.address}" + (f"?subject={quote(about.title)}" if about else "")
    return ""
