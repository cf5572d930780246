"""How articles are used: totals, a table of articles, and the same as a file."""

from collections.abc import AsyncIterator

from litestar import Controller, get
from litestar.response import Stream, Template

from helpdesk.articles.changing import PUBLISH
from helpdesk.console.asked import Me, Text
from helpdesk.console.gaps import PERIODS, USUAL
from helpdesk.console.knowledge import words
from helpdesk.console.rendering import frame, render
from helpdesk.console.report_words import share as percent
from helpdesk.kernel.csv_text import BYTE_ORDER_MARK, csv_line
from helpdesk.kernel.language import N_
from helpdesk.kernel.time import now
from helpdesk.people.permissions import demand
from knowledge_base.figures import COLUMNS, Used, days_back, share, totals, used_articles

MOST = 100
FIGURES: dict[str, tuple[str, str]] = {
    "viewed": (N_("Read"), N_("How often its page in the help centre was opened by a browser that is no known robot.")),
    "found": (N_("From searches"), N_("How often it was opened from what a search had found, or put into an answer from there.")),
    "suggested": (N_("Suggested"), N_("How often it was suggested beside a ticket: once a ticket.")),
    "sent": (N_("Put in"), N_("How often an agent put it into an answer, as a link or as text.")),
    "acknowledged": (N_("Named"), N_("How often the mail that says that a request has come named it.")),
    "solved": (N_("Solved"), N_("Tickets that were solved by an answer with a link to it.")),
    "offered": (N_("Offered"), N_("Pages of forms in which it was offered while somebody wrote, or before sending.")),
    "opened": (N_("Opened"), N_("Of those, in how many it was read.")),
    "deflected": (N_("Answered"), N_("Of those, in how many somebody said that it answers, and sent nothing.")),
    "probably": (N_("Perhaps answered"), N_("Read in the form, and nothing was said or sent for a day. Never added to those answered.")),
    "helpful": (N_("Helpful"), N_("Readers who say that it helped.")),
    "unhelpful": (N_("Not helpful"), N_("Readers who say that it did not.")),
}  # fmt: skip


class ArticleUsageController(Controller):
    path = "/console/knowledge/usage"

    @get("/")
    async def show(self, agent: Me, days: Text = "", by: Text = "") -> Template:
        demand(agent, PUBLISH)
        days, by = days if days in PERIODS else USUAL, by if by in COLUMNS else COLUMNS[0]
        since = days_back(int(days), at=now())
        found = await used_articles(since=since, by=by, most=MOST + 1)
        return render(
            "knowledge/usage.html", **await frame(agent), all=await totals(since=since), found=found[:MOST], has_more=len(found) > MOST,
            days=days, by=by, periods=PERIODS, figures=FIGURES, share=share, percent=percent, **words(),
        )  # fmt: skip

    @get("/articles.csv")
    async def save(self, agent: Me, days: Text = "", by: Text = "") -> Stream:
        demand(agent, PUBLISH)
        days, by = days if days in PERIODS else USUAL, by if by in COLUMNS else COLUMNS[0]
        found = await used_articles(since=days_back(int(days), at=now()), by=by)
        headers = {"content-disposition": f'attachment; filename="articles-{days}-days.csv"'}
        return Stream(_lines(found), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(found: list[Used]) -> AsyncIterator[str]:
    yield BYTE_ORDER_MARK + csv_line(("article", "language", "title", *COLUMNS))
    for one in found:
        yield csv_line((one.article, one.language, one.title, *(getattr(one, name) for name in COLUMNS)))
