"""What became of articles beside tickets. All instants are UTC."""

from piccolo.columns import Array, BigInt, BigSerial, ForeignKey, Integer, OnDelete, Serial, Timestamptz, Varchar
from piccolo.constraints import Unique

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent
from helpdesk.tickets.tables import Ticket


class OfferedArticle(Table, tablename="hd_offered_article"):
    """An article that was suggested beside a ticket, or that did not help there: one row for each, however often."""

    id = BigSerial(primary_key=True)
    ticket = ForeignKey(Ticket, null=False, on_delete=OnDelete.cascade)
    article = Integer(index=True, help_text="kb_article")
    language = Varchar(length=8, help_text="of the translation that was suggested last")
    suggested_at = Timestamptz(null=True, default=None, help_text="when it was first; null: it was found by words")
    dismissed_at = Timestamptz(null=True, default=None, help_text="when somebody said that it does not help here")
    dismissed_by = ForeignKey(Agent, null=True, default=None, on_delete=OnDelete.set_null)

    hd_offered_article_once = Unique([ticket, article])


class ArticleGap(Table, tablename="hd_article_gap"):
    """Solved requests about the same that no article answered; found anew each day until somebody settles it."""

    id = Serial(primary_key=True)
    language = Varchar(length=8)
    words = Array(Varchar(length=60), help_text="what most of the questions have in common; none once it is settled")
    tickets = Array(BigInt(), help_text="the most typical first")
    answered_by = Integer(null=True, default=None, help_text="an article that probably answers, though nobody named it")
    found_at = Timestamptz()
    settled_at = Timestamptz(null=True, default=None, help_text="an article was begun, or it needs none")
    settled_by = ForeignKey(Agent, null=True, default=None, on_delete=OnDelete.set_null)


class GapLook(Table, tablename="hd_gap_look"):
    """When requests were last compared, and how many."""

    id = Serial(primary_key=True)
    at = Timestamptz()
    requests = Integer()


class WordsSetAside(Table, tablename="hd_words_set_aside"):
    """Searches that need no article."""

    id = Serial(primary_key=True)
    language = Varchar(length=8)
    words = Varchar(length=200, help_text="a hash: `articles.gaps.key_of`")
    at = Timestamptz()

    hd_words_set_aside_once = Unique([language, words])
