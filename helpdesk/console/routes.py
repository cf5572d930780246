"""All handlers of the console."""

from typing import Any

from litestar import Router
from litestar.di import Provide

from helpdesk.console.account import AccountController, FactorController
from helpdesk.console.agents import AgentsController
from helpdesk.console.article_categories import ArticleCategoriesController
from helpdesk.console.article_files import ArticleFilesController
from helpdesk.console.article_inserting import ArticlesInTextController
from helpdesk.console.article_questions import ArticleQuestionsController
from helpdesk.console.article_transfer import TransferController
from helpdesk.console.article_usage import ArticleUsageController
from helpdesk.console.article_versions import VersionsController
from helpdesk.console.articles import ArticlesController, convert
from helpdesk.console.asked import within_reach
from helpdesk.console.audit import AuditController
from helpdesk.console.automatic_texts import AutomaticTextsController
from helpdesk.console.availability import AvailabilityController
from helpdesk.console.branding import BrandController
from helpdesk.console.bulk import BulkController
from helpdesk.console.calendars import CalendarsController
from helpdesk.console.canned_inserting import insert_text, offer_people, offer_texts, use_text
from helpdesk.console.canned_texts import CannedTextsController, SharedCannedTextsController
from helpdesk.console.channels import ChannelsController
from helpdesk.console.condition_rows import ConditionsController
from helpdesk.console.customer_details import CustomerDetailsController
from helpdesk.console.customer_merging import CustomerMergingController
from helpdesk.console.customer_promises import CustomerPromisesController
from helpdesk.console.customers import CustomersController
from helpdesk.console.device import PushController, manifest, offline, service_worker
from helpdesk.console.drafts import DraftsController
from helpdesk.console.fetching import FetchingController, OAuthController
from helpdesk.console.fields import FieldsController, known_tags
from helpdesk.console.files import FilesController
from helpdesk.console.forms import read_form
from helpdesk.console.gaps import GapsController
from helpdesk.console.holidays import HolidaysController
from helpdesk.console.images import ImagesController
from helpdesk.console.inbox import InboxController
from helpdesk.console.keeping import KeepingController
from helpdesk.console.keys import KeysController
from helpdesk.console.knowledge import KnowledgeController
from helpdesk.console.mail import MailLogController, SinkController, show_queues
from helpdesk.console.mail_rules import FiltersController, SendersController
from helpdesk.console.mail_servers import MailServersController
from helpdesk.console.merging import MergingController
from helpdesk.console.new_tickets import NewTicketsController
from helpdesk.console.notice_preferences import NoticePreferencesController
from helpdesk.console.notices import NoticesController, read_of_ticket
from helpdesk.console.organisations import OrganisationsController
from helpdesk.console.own import PreferencesController, TokensController
from helpdesk.console.palette import offer
from helpdesk.console.panes import PanesController
from helpdesk.console.policies import PoliciesController
from helpdesk.console.printing import PrintingController
from helpdesk.console.promises import PromisesController
from helpdesk.console.providers import ProvidersController
from helpdesk.console.proving import ProofController
from helpdesk.console.reading import ReadingController
from helpdesk.console.redacting import RedactingController
from helpdesk.console.reports import ReportsController
from helpdesk.console.searching import SearchController
from helpdesk.console.security import SecurityController
from helpdesk.console.settings_home import SettingsHomeController
from helpdesk.console.signing_in import SignInController, choose_language
from helpdesk.console.snoozing import SnoozingController
from helpdesk.console.sorting_out import SortingOutController
from helpdesk.console.suppressions import SuppressionsController
from helpdesk.console.synonyms import SynonymsController
from helpdesk.console.tags import TagsController
from helpdesk.console.taking_over import take_over_from
from helpdesk.console.teams import TeamsController
from helpdesk.console.ticket_articles import TicketArticlesController, suggest_for_form
from helpdesk.console.visiting_provider import ProviderVisitsController
from helpdesk.console.web_forms import WebFormsController
from helpdesk.console.writing import WritingController

LARGEST_FORM = 256 * 1024
"""Forms without files; parsed ones are remembered by the framework, so they are kept small."""

ROUTES: list[Any] = [
    Router(
        "/",
        route_handlers=[
            SignInController, choose_language, AccountController, FactorController, ProofController, SecurityController, ProvidersController, ProviderVisitsController, AuditController, InboxController, SearchController, ReportsController, PanesController, ReadingController, FieldsController, known_tags, PromisesController, SnoozingController, MergingController, BulkController, RedactingController, PrintingController, SortingOutController, WritingController, DraftsController, FilesController, ImagesController,
            NewTicketsController, CustomersController, CustomerDetailsController, OrganisationsController, CustomerMergingController, PreferencesController, KeysController, AvailabilityController, TokensController, NoticesController, read_of_ticket, NoticePreferencesController, PushController, manifest, service_worker, offline, offer,
            AgentsController, TeamsController, take_over_from, ChannelsController, MailServersController, FetchingController, OAuthController, WebFormsController, BrandController, AutomaticTextsController, MailLogController, SendersController, FiltersController, KeepingController, SuppressionsController, SettingsHomeController, PoliciesController, CustomerPromisesController, ConditionsController, CalendarsController, HolidaysController, TagsController, CannedTextsController, SharedCannedTextsController, SynonymsController, offer_texts, use_text, insert_text, offer_people, KnowledgeController, GapsController, ArticleUsageController, TicketArticlesController, suggest_for_form, ArticlesInTextController, ArticlesController, VersionsController, ArticleFilesController, ArticleQuestionsController, ArticleCategoriesController, TransferController, convert, SinkController, show_queues,
        ],
        dependencies={"form": Provide(read_form)},
        guards=[within_reach],
        request_max_body_size=LARGEST_FORM,
        include_in_schema=False,
    )
]  # fmt: skip
