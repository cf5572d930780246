"""What agents may hear of: topics that they choose ways for, and the kinds of notices that belong to each."""

from datetime import timedelta

import msgspec

from helpdesk.kernel.language import N_
from helpdesk.people.actor import SignedIn
from helpdesk.people.tables import Role

GATHERED_FOR = timedelta(minutes=5)
"""What is told together waits so long for more."""


class Ways(msgspec.Struct, frozen=True):
    """By which ways an agent hears of something."""

    in_centre: bool
    in_browser: bool
    by_mail: bool


class Topic(msgspec.Struct, frozen=True):
    """Something to hear of: its words on the page of preferences, and the ways for who has not chosen. What is of no ticket
    does not stand in the centre."""

    title: str
    about: str
    ways: Ways
    is_of_tickets: bool = True


EVERYWHERE, ON_SCREEN = Ways(True, True, True), Ways(True, True, False)
CENTRE, NOWHERE = Ways(True, False, False), Ways(False, False, False)

TOPICS: dict[str, Topic] = {
    "assigned": Topic(N_("A ticket is given to me"), N_("By a colleague, or by the helpdesk."), EVERYWHERE),
    "replied": Topic(N_("A customer answers on my ticket"), N_("An outsider whom I asked, too."), ON_SCREEN),
    "followed": Topic(N_("A customer answers on a ticket I follow"), "", ON_SCREEN),
    "team_replied": Topic(
        N_("A customer answers on a ticket of my teams that is nobody's"), N_("One that waits for who takes it."), CENTRE
    ),
    "opened": Topic(N_("A new ticket in my teams"), N_("That came, or was moved there. Not spam or automatic mail."), NOWHERE),
    "mentioned": Topic(N_("Somebody mentions me"), N_("Or one of my teams, in a note."), EVERYWHERE),
    "failed": Topic(
        N_("A reply of mine does not arrive"),
        N_("It came back, could not be sent, or was held back as the customer wrote first."),
        EVERYWHERE,
    ),
    "woken": Topic(N_("A snooze is over"), N_("Of a ticket of mine, or one that I put aside."), ON_SCREEN),
    "handed_over": Topic(
        N_("A ticket changes hands as somebody is away"), N_("It comes to me, or goes from me while I am out."), EVERYWHERE
    ),
    "taken_over": Topic(N_("A colleague takes over from me"), N_("My ticket, or one that I was writing on."), ON_SCREEN),
    "promise_warned": Topic(
        N_("A promised time runs out soon"), N_("On my ticket, or on one of my teams that is nobody's."), ON_SCREEN
    ),
    "promise_broken": Topic(
        N_("A promised time is over"), N_("On my ticket, on one of my teams that is nobody's, or where I am asked to help."), EVERYWHERE
    ),
    "articles": Topic(
        N_("An article is to be looked at again"), N_("That I wrote, or published last."), Ways(False, True, True), is_of_tickets=False
    ),
    "muted": Topic(N_("A ticket is muted"), N_("Since mails to it came too fast."), CENTRE),
}  # fmt: skip
"""In the order of the page."""
FOR_ADMINISTRATORS = {"muted"}


class Kind(msgspec.Struct, frozen=True):
    """What a notice tells: its topic and its words. `is_traffic`: it tells of mails, which a muted ticket keeps quiet about.
    `is_gathered`: many come at once, and are told together (`telling_together`)."""

    topic: str
    words: str
    is_traffic: bool = False
    is_gathered: bool = False


KINDS: dict[str, Kind] = {
    "assigned": Kind("assigned", N_("A ticket was assigned to you")),
    "customer_replied": Kind("replied", N_("A customer answered"), True),
    "outsider_answered": Kind("replied", N_("An outsider answered"), True),
    "followed_reply": Kind("followed", N_("A customer answered on a ticket you follow"), True),
    "team_reply": Kind("team_replied", N_("A customer answered on a ticket that is nobody's"), True),
    "opened": Kind("opened", N_("A new ticket in your team"), True),
    "moved": Kind("opened", N_("A ticket was moved to your team")),
    "mentioned": Kind("mentioned", N_("You were mentioned in a note")),
    "delivery_failed": Kind("failed", N_("A reply could not be delivered"), True),
    "gave_way": Kind("failed", N_("The customer wrote first: your reply was not sent and is a draft again")),
    "woken": Kind("woken", N_("A snoozed ticket is back")),
    "handed_over": Kind("handed_over", N_("A ticket came to you, as a colleague is away")),
    "passed_on": Kind("handed_over", N_("A ticket of yours was passed on while you are away")),
    "taken_over": Kind("taken_over", N_("A colleague took your ticket over")),
    "promise_warned": Kind("promise_warned", N_("The promised time runs out soon")),
    "promise_broken": Kind("promise_broken", N_("The promised time is over")),
    "promise_escalated": Kind("promise_broken", N_("The promised time is over: you are asked to help")),
    "promise_late": Kind("promise_broken", N_("The promised time ran out some time ago"), is_gathered=True),
    "promise_kept": Kind("promise_broken", N_("The promised time was kept after all")),
    "muted": Kind("muted", N_("A ticket was muted: mails came too fast")),
}


def topics_for(agent: SignedIn) -> dict[str, Topic]:
    """Those that can ever concern somebody of this role."""
    return {
        key: one for key, one in TOPICS.items() if agent.role == Role.ADMIN or key not in FOR_ADMINISTRATORS
    }  # fmt: skip
