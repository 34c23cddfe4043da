"""Which messages did not arrive? A list over all conversations; each tells its way and leads to its chat."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.roles import VIEW
from whatsapp.admin.costs import category_words
from whatsapp.admin.inbox import who
from whatsapp.admin.timeline import timeline
from whatsapp.admin.words import error_words, state_words, type_words
from whatsapp.models import Direction, Message, MessageCost, MessageState

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
        """Its way in words, and the door to its chat."""
        message = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if message is None:
            raise Http404
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), **_facts(message)}
        return TemplateResponse(request, "portal/message.html", context)

    @display(description=_("recipient"))
    def recipient(self, message: Message) -> str:
        """The patient."""
        return who(message.conversation)

    @display(description=_("state"), label=TONES)
    def state_label(self, message: Message) -> tuple[str, str]:
        """In its colour."""
        return message.state, state_words(message)

    @display(description=_("reason"))
    def reason(self, message: Message) -> str:
        """In words."""
        return error_words(message.error_code) or "—"


def _facts(message: Message) -> dict[str, Any]:
    cost = MessageCost.objects.for_clinic(message.clinic_id).filter(message=message).first()
    again = Message.objects.for_clinic(message.clinic_id).filter(
        conversation_id=message.conversation_id, direction=Direction.OUT, resend_of=message
    )
    return {
        "title": who(message.conversation),
        "message": message,
        "recipient": who(message.conversation),
        "text": _("Deleted by the sender") if message.revoked_at else message.body or type_words(message.type),
        "state_words": state_words(message),
        "tone": TONES.get(MessageState(message.state), "info"),
        "steps": timeline(message),
        "again": again.first(),
        "cost": cost,
        "category": category_words(cost.category) if cost else "",
    }
