"""What every table of ours is.

A table is told its engine. Piccolo would look for it by importing its own tools of migration, with a code formatter
among them: a sixth of a second and ten megabytes in every process.
"""

from typing import Any

from piccolo.table import Table as PiccoloTable

from helpdesk.kernel.database import adopt


class Table(PiccoloTable):
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        adopt(cls)
