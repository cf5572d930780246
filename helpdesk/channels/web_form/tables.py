"""Web forms: what a channel of kind `web_form` has besides."""

from enum import StrEnum

from piccolo.columns import JSONB, Array, Boolean, ForeignKey, OnDelete, Serial, Varchar

from helpdesk.channels.tables import Channel
from helpdesk.kernel.tables import Table


class Asked(StrEnum):
    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class WebForm(Table, tablename="hd_web_form"):
    id = Serial(primary_key=True)
    channel = ForeignKey(Channel, null=False, unique=True, on_delete=OnDelete.cascade)
    slug = Varchar(length=60, unique=True, help_text="its address: /forms/{slug}")
    accent = Varchar(length=7, default="", help_text="#rrggbb; empty: the usual blue")
    priority = Varchar(length=12, default="normal")
    tags = Array(base_column=Varchar(length=50), default=list)
    asks_name = Varchar(length=8, choices=Asked, default=Asked.REQUIRED)
    asks_subject = Varchar(length=8, choices=Asked, default=Asked.REQUIRED)
    asks_phone = Varchar(length=8, choices=Asked, default=Asked.NO)
    takes_files = Boolean(default=True)
    offers_articles = Boolean(default=True, help_text="whether articles are named before something is sent")
    origins = Array(base_column=Varchar(length=300), default=list, help_text="sites that may show it in a frame")
    texts = JSONB(help_text="{language: defining.Texts}: the languages that it is offered in")
    fields = JSONB(default="[]", help_text="[defining.ExtraField]")
