"""What the search learns from evidence: the questions that led to each article, weighed by what became of them and by age.

Weights are those of the moment at which the index reads an article; `relearning` has it read what has changed or grown older.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from helpdesk.kernel.database import rows
from knowledge_base.documents import MOST_QUESTIONS, Question
from knowledge_base.evidence import Kind
from knowledge_base.index_format import LENDING

WEIGHTS = {Kind.SOLVED: 1.0, Kind.HELPFUL: LENDING, Kind.CLICKED: 0.3, Kind.UNHELPFUL: -0.5}
"""A click says that the title looked right, no more. Anybody can click, or say that something helped, in whatever words: only
what solved a ticket lends these to the article."""
HALF_LIFE = timedelta(days=365)
"""Products and their words change with their versions, about a year. Shorter, and what is asked once a season would be forgotten."""
_STRONGEST = """
SELECT DISTINCT ON (article, language, asked_by) article, language, kind, text, at FROM kb_evidence
WHERE article = ANY({}) AND struck_at IS NULL AND text <> ''
ORDER BY article, language, asked_by, kind = 'solved' DESC, kind = 'clicked', at DESC
"""
"""One of each asker: a solved ticket says most, then whether it helped, then a click."""

Learned = dict[tuple[int, str], tuple[Question, ...]]


async def questions_of(articles: Collection[int], *, at: datetime) -> Learned:
    """What led to these articles, by article and language: the strongest first, `MOST_QUESTIONS` at most."""
    found: dict[tuple[int, str], dict[str, Question]] = {}
    for row in await rows(_STRONGEST, list(articles)):
        question = Question(row["text"], weight_of(Kind(row["kind"]), row["at"], at=at))
        alike = found.setdefault((row["article"], row["language"]), {})
        words = " ".join(question.text.casefold().split())
        if words not in alike or abs(alike[words].weight) < abs(question.weight):
            alike[words] = question
    return {key: _strongest(alike.values()) for key, alike in found.items()}


def weight_of(kind: Kind, since: datetime, *, at: datetime) -> float:
    """What evidence of this kind counts for by now."""
    age = max(at - since, timedelta())
    return round(WEIGHTS[kind] * 0.5 ** (age / HALF_LIFE), 4)


def _strongest(questions: Collection[Question]) -> tuple[Question, ...]:
    return tuple(sorted(questions, key=lambda one: -abs(one.weight))[:MOST_QUESTIONS])
