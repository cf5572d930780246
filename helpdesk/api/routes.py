"""All of /api/v1, its schema and its documentation."""

from typing import Any

from litestar import Router

from helpdesk.api import (
    agents,
    answers,
    article_categories,
    articles,
    calendars,
    canned_texts,
    channels,
    clocks,
    customers,
    events,
    forms,
    mail_filters,
    mail_log,
    merging,
    messages,
    organisations,
    reports,
    sla_policies,
    sorting_out,
    suppressions,
    tags,
    teams,
    ticket_suggestions,
    tickets,
    tokens,
    uploads,
)
from helpdesk.api.entering import Entering, only_known_parameters
from helpdesk.api.idempotency import Idempotency
from helpdesk.api.openapi import documentation
from helpdesk.api.requests import StrictRequest

MEGABYTE = 1024 * 1024

API = Router(
    path="/api/v1",
    route_handlers=[
        tickets.list_tickets, tickets.open_ticket, tickets.read_ticket, tickets.change_ticket,
        tickets.mute_ticket, tickets.unmute_ticket, merging.merge_ticket, merging.unmerge_ticket, merging.split_ticket,
        merging.snooze_ticket, merging.wake_ticket,
        messages.list_messages, messages.write_message, messages.read_message, messages.take_message_back,
        messages.send_message_again, messages.open_follow_up, events.list_events, clocks.list_clocks, tags.get_tags,
        uploads.create_upload, uploads.download_attachment,
        customers.search_customers, customers.create_customer, customers.read_customer, customers.update_customer,
        customers.create_identity, customers.update_identity, customers.delete_identity, customers.get_notes, customers.create_note,
        customers.delete_note, customers.get_merges, customers.merge_customer, customers.undo_merge,
        organisations.search_organisations, organisations.create_organisation, organisations.read_organisation,
        organisations.update_organisation, organisations.remove_organisation, organisations.get_organisation_merges,
        organisations.merge_organisation, organisations.undo_organisation_merge,
        agents.get_agents, agents.invite_agent, agents.get_me, agents.get_agent, agents.update_agent,
        teams.get_teams, teams.create_team, teams.get_team, teams.update_team,
        tokens.get_tokens, tokens.make_token, tokens.revoke_token,
        channels.get_channels, channels.create_channel, channels.get_channel, channels.update_channel,
        forms.get_forms, forms.create_form, forms.get_form, forms.update_form,
        channels.check_channel,
        mail_log.get_mail_log, mail_log.get_turned_away, mail_log.get_received_mail, mail_log.take_mail_in,
        sorting_out.mark_ticket_spam, sorting_out.unmark_ticket_spam, sorting_out.trash_ticket, sorting_out.restore_ticket,
        sorting_out.erase_ticket, sorting_out.get_sender_rules, sorting_out.set_sender_rule, sorting_out.remove_sender_rule,
        mail_filters.get_mail_filters, mail_filters.create_mail_filter, mail_filters.replace_mail_filter,
        mail_filters.move_mail_filter_up, mail_filters.delete_mail_filter, mail_filters.try_mail_filter,
        canned_texts.get_canned_texts, canned_texts.create_canned_text, canned_texts.get_canned_text, canned_texts.update_canned_text,
        canned_texts.delete_canned_text, canned_texts.use_canned_text,
        reports.get_report,
        suppressions.get_suppressions, suppressions.lift_suppression,
        calendars.get_calendars, calendars.create_calendar, calendars.get_calendar, calendars.update_calendar, calendars.add_time,
        calendars.measure_time,
        articles.list_articles, articles.create_article, articles.get_article, articles.update_article, articles.delete_article,
        articles.publish_article, articles.ask_for_review, articles.archive_article, articles.restore_article,
        article_categories.get_article_categories, article_categories.create_article_category,
        article_categories.update_article_category, article_categories.delete_article_category, answers.search_articles, answers.suggest_articles,
        answers.suggest_for_text, ticket_suggestions.suggest_for_ticket,
        sla_policies.get_sla_policies, sla_policies.create_sla_policy, sla_policies.get_sla_policy, sla_policies.update_sla_policy,
        sla_policies.delete_sla_policy, sla_policies.order_sla_policies, sla_policies.try_sla_policies,
    ],
    middleware=[Entering(), Idempotency()],
    guards=[only_known_parameters],
    request_class=StrictRequest,
    request_max_body_size=2 * MEGABYTE,
)  # fmt: skip

ROUTES: list[Any] = [API, *documentation(API)]
