"""How the portal, the web forms and the sign-in page look: one row, or none while nothing was chosen."""

from piccolo.columns import JSONB, Bytea, ForeignKey, OnDelete, Serial, Varchar

from helpdesk.channels.web_form.tables import WebForm
from helpdesk.kernel.tables import Table


class Brand(Table, tablename="hd_brand"):
    id = Serial(primary_key=True)
    accent = Varchar(length=7, default="", help_text="#rrggbb; empty: the usual blue")
    logo = Bytea(null=True, default=None)
    logo_type = Varchar(length=20, default="", help_text="image/png, image/jpeg or image/webp, by its content")
    logo_mark = Varchar(
        length=16, default="", help_text="of its content: part of its address, so that it is kept for ever"
    )
    texts = JSONB(default="{}", help_text="{language: brand.Words}")
    form = ForeignKey(
        WebForm,
        null=True,
        index=True,
        on_delete=OnDelete.set_null,
        help_text="where “Write to us” leads; null: the first",
    )
