"""All handlers of the portal."""

from typing import Any

from litestar import Router
from litestar.di import Provide

from helpdesk.console.asked import within_reach
from helpdesk.console.forms import read_form
from helpdesk.portal.forms import FormsController
from helpdesk.portal.help import HelpController
from helpdesk.portal.help_feeds import feed, robots, sitemap
from helpdesk.portal.help_files import show_file
from helpdesk.portal.help_search import show_offers, show_results
from helpdesk.portal.help_votes import VotesController
from helpdesk.portal.home import front_door, show_colours, show_logo
from helpdesk.portal.offers import OffersController
from helpdesk.portal.requests import RequestsController, open_link, open_solved_link
from helpdesk.portal.showing import LARGEST_TOGETHER
from helpdesk.portal.signing_in import AccountController, SignInController
from helpdesk.portal.visitors import provide_visitor

ROUTES: list[Any] = [
    Router(
        "/",
        route_handlers=[
            front_door,
            show_logo,
            show_colours,
            open_link,
            open_solved_link,
            FormsController,
            OffersController,
            SignInController,
            AccountController,
            RequestsController,
            HelpController,
            VotesController,
            show_results,
            show_offers,
            show_file,
            feed,
            sitemap,
            robots,
        ],
        dependencies={"visitor": Provide(provide_visitor), "form": Provide(read_form)},
        guards=[within_reach],
        request_max_body_size=LARGEST_TOGETHER + 1024 * 1024,
        include_in_schema=False,
    )
]
