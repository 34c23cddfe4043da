"""A text with one button that opens a list of rows.

**Source**: Meta, Cloud API, Interactive list messages, v24.0-v26.0.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from whatsapp.cloud_api.content.base import OutboundContent
from whatsapp.cloud_api.content.checks import count, distinct, within
from whatsapp.cloud_api.content.framing import check_frame, interactive


@dataclass(frozen=True)
class Row:
    """`id` comes back when it is chosen."""

    id: str
    title: str
    description: str = ""

    def payload(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Section:
    """Rows under a title, which is needed as soon as there are two sections."""

    rows: tuple[Row, ...]
    title: str = ""

    def payload(self) -> dict[str, Any]:
        rows = {"rows": [row.payload() for row in self.rows]}
        return {"title": self.title, **rows} if self.title else rows


@dataclass(frozen=True)
class ListMessage(OutboundContent):
    """Up to ten rows, over all sections together. A list takes no file in its header."""

    kind: ClassVar[str] = "list"
    body: str
    button: str
    sections: tuple[Section, ...]
    header: str = ""
    footer: str = ""

    def __post_init__(self) -> None:
        check_frame(self.body, self.header, self.footer, most=4096)
        within("button", self.button, 20)
        count("sections", self.sections, 10)
        rows = [row for section in self.sections for row in section.rows]
        count("rows", rows, 10)
        for section in self.sections:
            count("sections.rows", section.rows, 10)
            within("sections.title", section.title, 24, optional=len(self.sections) == 1)
        for row in rows:
            within("rows.id", row.id, 200)
            within("rows.title", row.title, 24)
            within("rows.description", row.description, 72, optional=True)
        distinct("rows.id", [row.id for row in rows])

    def payload(self) -> dict[str, Any]:
        action = {"button": self.button, "sections": [section.payload() for section in self.sections]}
        return interactive("list", action, self.body, self.header, self.footer)

    def words(self) -> str:
        return self.body
