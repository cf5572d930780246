"""Which articles a person may read: the one place that says so."""

from helpdesk.customers.visiting import Visitor
from helpdesk.kernel.errors import NotFound
from helpdesk.kernel.language import _
from helpdesk.people.actor import SignedIn
from helpdesk.people.permissions import may
from knowledge_base import articles
from knowledge_base.articles import Article, Translation
from knowledge_base.tables import Audience

EVERYBODY = frozenset({Audience.PUBLIC.value})
CUSTOMERS = EVERYBODY | {Audience.SIGNED_IN.value}
AGENTS = CUSTOMERS | {Audience.AGENTS.value}


def visible_to(person: SignedIn | Visitor | None) -> frozenset[str]:
    """The audiences that somebody belongs to. Who came by the link of a mail has proved no address: they read what all do."""
    if isinstance(person, SignedIn):
        return AGENTS
    return CUSTOMERS if person and person.is_signed_in else EVERYBODY


async def find_article(article_id: int, *, seen_by: SignedIn) -> Article:
    """With its drafts for who writes articles; for others only when there is something published. Raises NotFound."""
    found = await articles.find_article(article_id)
    if may(seen_by, "write_articles") or found.is_read:
        return found
    raise NotFound(_("There is no such article."))


async def find_translation(article_id: int, language: str, *, seen_by: SignedIn) -> tuple[Article, Translation]:
    """The article, and it in this language; raises NotFound."""
    article = await find_article(article_id, seen_by=seen_by)
    if language not in article.translations:
        raise NotFound(_("There is no such article."))
    return article, article.translations[language]
