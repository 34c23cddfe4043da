"""Which messages did not arrive? A list over all conversations; each leads to its chat."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.roles import VIEW
from whatsapp.admin.inbox import who
from whatsapp.admin.words import error_words
from whatsapp.models import Direction, Message, MessageState

TONES = {
    MessageState.QUEUED: "info",
    MessageState.SENDING: "info",
    MessageState.UNKNOWN: "warning",
    MessageState.SENT: "success",
    MessageState.FAILED: "danger",
    MessageState.DELIVERED: "success",
    MessageState.READ: "success",
    MessageState.PLAYED: "success",
}
TROUBLE = (MessageState.FAILED, MessageState.UNKNOWN)


class ArrivalFilter(SimpleListFilter):
    """What did not arrive, unless asked otherwise."""

    title = _("arrival")
    parameter_name = "arrival"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Waiting ones and all."""
        return [("waiting", _("in the queue")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first choice is not «all» here."""
        every = super().choices(changelist)
        yield {**next(every), "display": _("not delivered or uncertain")}
        yield from every

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows in those states."""
        if self.value() == "all":
            return queryset
        states = (MessageState.QUEUED, MessageState.SENDING) if self.value() == "waiting" else TROUBLE
        return queryset.filter(state__in=states)


@admin.register(Message)
class MessageAdmin(ClinicAdmin):
    """Outgoing messages, to read."""

    owner_may = receptionist_may = VIEW
    list_display = ["created_at", "recipient", "author", "state_label", "reason"]
    list_filter = [ArrivalFilter]
    list_select_related = ["conversation__contact__patient"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """What the clinic sent."""
        return super().get_queryset(request).filter(direction=Direction.OUT)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Its chat."""
        message = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if message is None:
            raise Http404
        return redirect("admin:whatsapp_conversation_change", message.conversation_id)

    @display(description=_("recipient"))
    def recipient(self, message: Message) -> str:
        """The patient."""
        return who(message.conversation)

    @display(description=_("state"), label=TONES)
    def state_label(self, message: Message) -> tuple[str, str]:
        """In its colour."""
        return message.state, message.get_state_display()

    @display(description=_("reason"))
    def reason(self, message: Message) -> str:
        """In words."""
        return error_words(message.error_code) or "—"
