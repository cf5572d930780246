"""Articles, their categories and translations, every version of each, and what readers say of them.

What was published is never rewritten: a translation names the revision that readers see and the newest one, which may be
a draft. All instants are UTC.
"""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table


class Audience(StrEnum):
    """Who may read an article once it is published."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    AGENTS = "agents"


class State(StrEnum):
    """Of a translation's newest revision; readers see the published one all the while, unless it is archived."""

    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Category(Table, tablename="kb_category"):
    """Two levels: one with a parent has no children."""

    id = Serial(primary_key=True)
    parent = Integer(null=True, default=None, index=True, help_text="kb_category")
    position = Integer(default=0, help_text="its order among its siblings, from 1")
    names = JSONB(default="{}", help_text="by language")
    descriptions = JSONB(default="{}", help_text="by language; may be empty")
    created_at = Timestamptz()


class Article(Table, tablename="kb_article"):
    """What all translations have in common."""

    id = Serial(primary_key=True)
    category = ForeignKey(Category, null=True, default=None, index=True, on_delete=OnDelete.set_null)
    audience = Varchar(length=12, default=Audience.PUBLIC, choices=Audience)
    tags = Array(Varchar(length=50), default=list)
    position = Integer(default=0, help_text="its order in its category; those alike stand by their titles")
    review_on = Date(null=True, default=None, help_text="the day on which somebody is to look whether it still holds")
    version = Integer(default=1, help_text="one more with each change of this row")
    created_by = Integer(null=True, default=None, help_text="the agent; no key, as articles outlive agents")
    created_at = Timestamptz()
    changed_at = Timestamptz()


class Translation(Table, tablename="kb_translation"):
    """An article in one language."""

    id = Serial(primary_key=True)
    article = ForeignKey(Article, null=False, on_delete=OnDelete.cascade)
    language = Varchar(length=8)
    slug = Varchar(length=120, help_text="its place in the help centre's addresses")
    state = Varchar(length=10, default=State.DRAFT, choices=State)
    title = Varchar(length=200, help_text="the newest revision's")
    sort_key = Varchar(length=300, help_text="kernel.text.sort_key of it")
    newest = Integer(default=1, help_text="number of the newest revision")
    published = Integer(null=True, default=None, help_text="number of the revision that readers see")
    published_title = Varchar(length=200, default="", help_text="that one's")
    published_key = Varchar(length=300, default="", help_text="kernel.text.sort_key of it")
    published_at = Timestamptz(null=True, default=None, help_text="when readers saw it first")
    republished_at = Timestamptz(null=True, default=None, help_text="when the revision that they see became that")
    published_by = Integer(null=True, default=None, help_text="the agent who published that one")
    version = Integer(default=1, help_text="one more with each saved change: who saves names the one they began with")
    changed_at = Timestamptz()
    changed_by = Integer(null=True, default=None)
    remark = Varchar(length=1000, default="", help_text="of who asked to publish it last, or sent it back")
    remark_by = Integer(null=True, default=None)
    remarked_at = Timestamptz(null=True, default=None)

    kb_translation_once = Unique([article, language])
    kb_translation_slug = Unique([language, slug])


class Revision(Table, tablename="kb_revision"):
    """A version of the words, which is written on by the sitting that began it alone, until it is sealed."""

    id = BigSerial(primary_key=True)
    translation = ForeignKey(Translation, null=False, on_delete=OnDelete.cascade)
    number = Integer()
    title = Varchar(length=200)
    html = Text(help_text="safe: knowledge_base.cleaning made it")
    text = Text(help_text="its plain words")
    author = Integer(null=True, default=None, help_text="the agent; null: an import or the demo")
    note = Varchar(length=200, default="", help_text="what the author says of it, or where it comes from")
    based_on = Integer(
        null=True, default=None, help_text="words that lost a race stand beside the line, on this number; else null"
    )
    begun_at = Timestamptz()
    saved_at = Timestamptz()
    sitting = Varchar(length=32, default="", help_text="names the opened editor that writes on it; empty: nobody does")
    is_sealed = Boolean(default=False, help_text="the next words are another revision")
    cleaner = SmallInt(default=1, help_text="which cleaner made the HTML: cleaning.CLEANER then")

    kb_revision_once = Unique([translation, number])


class Reminder(Table, tablename="kb_reminder"):
    """An agent was told that the day has come to look at an article again."""

    id = Serial(primary_key=True)
    article = ForeignKey(Article, null=False, on_delete=OnDelete.cascade)
    agent = Integer()
    review_on = Date()
    at = Timestamptz()

    kb_reminder_once = Unique([article, agent, review_on])


class OldSlug(Table, tablename="kb_old_slug"):
    """Addresses that lead on."""

    id = Serial(primary_key=True)
    language = Varchar(length=8)
    slug = Varchar(length=120)
    translation = ForeignKey(Translation, null=False, index=True, on_delete=OnDelete.cascade)

    kb_old_slug_once = Unique([language, slug])


class Related(Table, tablename="kb_related"):
    """Said once, it holds both ways."""

    id = Serial(primary_key=True)
    article = ForeignKey(Article, null=False, on_delete=OnDelete.cascade)
    related = ForeignKey(Article, null=False, index=True, on_delete=OnDelete.cascade)

    kb_related_once = Unique([article, related])


class File(Table, tablename="kb_file"):
    """An image of the text, or a file below it; seen by whom the article is."""

    id = Serial(primary_key=True)
    article = ForeignKey(Article, null=False, index=True, on_delete=OnDelete.cascade)
    name = Varchar(length=255)
    content_type = Varchar(length=255)
    size = BigInt()
    blob = Varchar(length=64, index=True, help_text="the SHA-256 of its content, its name in kernel.blobs")
    is_inline = Boolean(default=False, help_text="an image that stands in a text, not below it")
    width = SmallInt(null=True, default=None, help_text="in pixels")
    height = SmallInt(null=True, default=None)
    added_by = Integer(null=True, default=None)
    added_at = Timestamptz()


class Vote(Table, tablename="kb_vote"):
    """Whether a translation helped somebody; the same reader's next one takes its place."""

    id = BigSerial(primary_key=True)
    translation = ForeignKey(Translation, null=False, on_delete=OnDelete.cascade)
    voter = Varchar(length=64, help_text="who, as a hash that tells nothing else")
    network = Varchar(length=64, default="", help_text="from where, as a hash that holds for one day")
    revision = Integer(help_text="number of the one that they read")
    is_helpful = Boolean()
    is_counted = Boolean(default=True, help_text="false for more of one network than a few a day")
    customer = BigInt(null=True, default=None, help_text="when they were signed in")
    at = Timestamptz()

    kb_vote_once = Unique([translation, voter])


class Comment(Table, tablename="kb_comment"):
    """What a reader adds to a vote."""

    id = BigSerial(primary_key=True)
    translation = ForeignKey(Translation, null=False, on_delete=OnDelete.cascade)
    revision = Integer(help_text="number of the one that they read")
    is_helpful = Boolean(help_text="as they had voted")
    comment = Text()
    customer = BigInt(null=True, default=None, help_text="when they were signed in")
    at = Timestamptz()


class Change(Table, tablename="kb_change"):
    """What the index has to read anew, in the order of commits: `knowledge_base.changes`."""

    id = BigSerial(primary_key=True)
    translation = Integer(help_text="of what is no more as well, so no key")
    at = Timestamptz()
    mark = UUID(
        help_text="tells it from another change of its number, once the database was brought back to an earlier time"
    )


class Evidence(Table, tablename="kb_evidence"):
    """Words that led to an article, and what became of it: `knowledge_base.evidence`."""

    id = BigSerial(primary_key=True)
    article = ForeignKey(Article, null=False, on_delete=OnDelete.cascade)
    language = Varchar(length=8)
    kind = Varchar(length=10, help_text="evidence.Kind")
    asked_by = Varchar(length=40, help_text="the ticket, else the customer, else a hash of the words")
    ticket = BigInt(null=True, default=None, help_text="goes with it: a key of the app above")
    customer = BigInt(null=True, default=None, help_text="the same")
    text = Text(help_text="their words; empty once it was struck out")
    at = Timestamptz()
    struck_at = Timestamptz(null=True, default=None, help_text="when somebody said that it has nothing to do with it")

    kb_evidence_once = Unique([article, language, asked_by, kind])


class Learning(Table, tablename="kb_learning"):
    """Articles of which there is new evidence that the index has not been told of: `knowledge_base.learning`."""

    id = BigSerial(primary_key=True)
    article = Integer()
    language = Varchar(length=8)


class Use(Table, tablename="kb_use"):
    """What became of articles, added up by day: `knowledge_base.usage`. No key: counts outlive articles."""

    id = BigSerial(primary_key=True)
    article = Integer()
    language = Varchar(length=8)
    use = Varchar(length=12)
    day = Date(index=True, help_text="in UTC")
    times = Integer()

    kb_use_once = Unique([article, language, use, day])


class Search(Table, tablename="kb_search"):
    """What somebody searched for, without who; kept as long as `usage.KEPT`."""

    id = BigSerial(primary_key=True)
    at = Timestamptz(index=True)
    place = Varchar(length=10)
    language = Varchar(length=8)
    words = Varchar(length=200, help_text="normalised")
    found = Integer(help_text="how many articles")
    opened = Array(Integer(), default=list, help_text="translations, in the order in which they were opened")


class Offer(Table, tablename="kb_offer"):
    """Articles that a form named before anything was sent, and what came of it; kept as long as `usage.KEPT`.

    What was typed is not kept: it is the visitor's until they send it.
    """

    id = BigSerial(primary_key=True)
    page = Varchar(length=24, help_text="the form's page, by its random name")
    channel = Integer(help_text="the form's")
    language = Varchar(length=8)
    at = Timestamptz(help_text="when something was offered first")
    offered = Array(Integer(), help_text="translations")
    opened = Array(Integer(), default=list, help_text="those read in the form, in that order")
    answered = Integer(null=True, default=None, help_text="the one that answers, as the visitor said")
    answered_at = Timestamptz(null=True, default=None)
    ticket = BigInt(null=True, default=None, index=True, help_text="what was sent after all")
    is_asked = Boolean(default=False, help_text="the page that asks whether one answers was shown")
    is_settled = Boolean(default=False, help_text="a day is over, and what came of it is counted")

    kb_offer_once = Unique([page])


class SynonymLists(Table, tablename="kb_synonyms"):
    """Words that mean the same, as an administrator lists them: `knowledge_base.synonyms`."""

    id = Serial(primary_key=True)
    language = Varchar(length=8)
    groups = Text(help_text="own ones, a line each")
    off = Array(base_column=Varchar(), help_text="lines of the list that comes with the product, not in use")
    version = Integer()
    changed_at = Timestamptz()

    kb_synonyms_once = Unique([language])
