"""Browsers of agents that are told of news while no page is open (RFC 8030), and what waits to be told."""

from piccolo.columns import BigSerial, Boolean, ForeignKey, OnDelete, SmallInt, Timestamptz, Varchar

from helpdesk.kernel.tables import Table
from helpdesk.people.tables import Agent, Session


class PushSubscription(Table, tablename="hd_push_subscription"):
    """Gone with the session that made it, and when the push service says so."""

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, index=True, on_delete=OnDelete.cascade)
    agent = ForeignKey(Agent, null=False, index=True, on_delete=OnDelete.cascade)
    endpoint = Varchar(length=1000, unique=True)
    p256dh = Varchar(length=100, help_text="the browser's public key, base64url")
    auth = Varchar(length=40, help_text="its authentication secret, base64url")
    application_key = Varchar(length=100, help_text="ours that it was made with: a rotated secret makes another")
    shows_text = Boolean(default=False, help_text="whether notices may say what they are about on this device")
    created_at = Timestamptz()


class Push(Table, tablename="hd_push"):
    """One notice on its way to one browser. The row is the queue: it goes when it was told or is too old."""

    id = BigSerial(primary_key=True)
    subscription = ForeignKey(PushSubscription, null=False, index=True, on_delete=OnDelete.cascade)
    title = Varchar(length=200)
    body = Varchar(length=500, default="")
    url = Varchar(length=500, default="")
    tag = Varchar(length=80, default="", help_text="a later one of the same tag takes its place on the device")
    at = Timestamptz()
    not_before = Timestamptz(index=True, help_text="the next try; the lease of one under way likewise")
    attempts = SmallInt(default=0)
