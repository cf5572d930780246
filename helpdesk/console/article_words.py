"""What people read for the states and audiences of articles, and after a form was taken."""

from helpdesk.kernel.language import N_, _
from knowledge_base.categories import Category
from knowledge_base.evidence import Kind
from knowledge_base.tables import Audience, State

STATES: dict[str, str] = {
    State.DRAFT: N_("Draft"),
    State.REVIEW: N_("To be looked at"),
    State.PUBLISHED: N_("Published"),
    State.ARCHIVED: N_("In the archive"),
}
STATE_COLOURS: dict[str, str] = {State.DRAFT: "quiet", State.REVIEW: "warn", State.PUBLISHED: "good", State.ARCHIVED: "outline"}  # fmt: skip
AUDIENCES: dict[str, str] = {
    Audience.PUBLIC: N_("All readers"),
    Audience.SIGNED_IN: N_("Customers who are signed in"),
    Audience.AGENTS: N_("Agents only"),
}
LED: dict[str, str] = {
    Kind.SOLVED: N_("solved"),
    Kind.CLICKED: N_("opened"),
    Kind.HELPFUL: N_("helped"),
    Kind.UNHELPFUL: N_("did not help"),
}
"""What became of a question that led to an article."""
SAID: dict[str, str] = {
    "begun": N_("The draft is there. Write, and publish it when it is ready."),
    "masked": N_(
        "The draft holds an answer that was sent to somebody. Names and numbers in it are masked, but a program does not find all of them: read every word before it is published."
    ),
    "saved": N_("Saved. Readers see it once it is published."),
    "review": N_("It waits for somebody who publishes articles."),
    "draft": N_("It is a draft again."),
    "published": N_("Published. Readers see it from now on."),
    "archived": N_("In the archive. Readers see it no longer."),
    "back": N_("It is a draft again. Publish it to show it to readers."),
    "settings": N_("Saved."),
    "restored": N_("The words of that version are the newest again."),
    "unlearned": N_("It is no longer learned from. The search knows within a minute or two."),
    "file": N_("The file stands below the article."),
    "removed": N_("The file is gone."),
}


def audience_choices() -> list[tuple[str, str]]:
    """Pairs of a value and its words."""
    return [(key, _(words)) for key, words in AUDIENCES.items()]


def category_choices(categories: list[Category], language: str) -> list[tuple[str, str]]:
    """Pairs of an id and the name, with the one above it; none comes first."""
    names = {one.id: one.name(language) for one in categories}
    lines = [(str(one.id), f"{names[one.parent]} › {names[one.id]}" if one.parent else names[one.id]) for one in categories]  # fmt: skip
    return [("", _("No category")), *lines]
