"""What became of articles beside tickets. All instants are UTC."""

from piccolo.columns import BigSerial, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
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
