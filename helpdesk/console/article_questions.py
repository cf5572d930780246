"""The questions that led to an article: each can be taken away."""

from litestar import Controller, Response, post

from helpdesk.articles.learned import strike_question
from helpdesk.articles.seeing import find_translation
from helpdesk.console.asked import Id, Me, Name
from helpdesk.console.knowledge import path_of
from helpdesk.console.rendering import see_other
from helpdesk.kernel.time import now


class ArticleQuestionsController(Controller):
    path = "/console/knowledge/articles/{article_id:int}/{language:str}/questions"

    @post("/{question_id:int}/removal", status_code=200)
    async def remove(self, agent: Me, article_id: Id, language: Name, question_id: Id) -> Response:
        _article, there = await find_translation(article_id, language, seen_by=agent)
        await strike_question(there, question_id, by=agent, at=now())
        return see_other(f"{path_of(there)}?said=unlearned#questions")
