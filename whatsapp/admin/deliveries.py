"""What came in and could not be worked? The operator reads raw calls, an owner the clinic's items."""

# ruff: noqa: ARG002 (the signatures are Django's)

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinics import rights
from clinics.admin.base import ClinicAdmin, OperatorAdmin
from clinics.admin.display import display
from clinics.admin.roles import VIEW
from whatsapp.admin.words import ITEM_KINDS, item_words
from whatsapp.models import Delivery, DeliveryState, Item, ItemState

ITEM_TONES = {
    ItemState.WAITING: "info",
    ItemState.DONE: "success",
    ItemState.IGNORED: "primary",
    ItemState.FOREIGN: "warning",
    ItemState.SET_ASIDE: "danger",
}
DELIVERY_TONES = {
    DeliveryState.STORED: "info",
    DeliveryState.UNPACKED: "success",
    DeliveryState.SET_ASIDE: "danger",
}


@admin.register(Delivery)
class DeliveryAdmin(OperatorAdmin):
    """The raw calls, without what is in them: that may be a patient's words."""

    list_display = ["id", "received_at", "state_label", "attempts", "signed_by", "last_error"]
    list_filter = ["state"]
    list_select_related = ["signed_by"]
    fields = ["received_at", "state", "attempts", "signed_by", "last_error"]
    readonly_fields = fields
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Without the bodies."""
        return super().get_queryset(request).defer("body")  # type: ignore[no-any-return]

    @display(description=_("state"), label=DELIVERY_TONES)
    def state_label(self, delivery: Delivery) -> tuple[str, str]:
        """In its colour."""
        return delivery.state, delivery.get_state_display()


class KindFilter(SimpleListFilter):
    """By what came: of all kinds that there are, without asking the table."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """In words."""
        return list(ITEM_KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The items of that kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Item)
class ItemAdmin(ClinicAdmin):
    """Units of the calls; those set aside first of interest."""

    owner_may = VIEW
    list_display = ["id", "stored_at", "kind_shown", "state_label", "attempts", "reason_shown"]
    list_filter = ["state", KindFilter]
    fields = ["stored_at", "kind_shown", "state", "attempts", "reason", "last_error"]
    readonly_fields = fields
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        """The clinic's; all of them for the operator, who has no clinic. Without what is in them."""
        if self._is_operator(request):
            rows: QuerySet[Item] = Item.objects.order_by("-id")
        else:
            rows = super().get_queryset(request)
        return rows.defer("payload")

    def _is_operator(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser) and rights.find_clinic(request) is None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Owners and the operator."""
        return self._is_operator(request) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Owners and the operator."""
        return self._is_operator(request) or super().has_module_permission(request)

    @display(description=_("state"), label=ITEM_TONES)
    def state_label(self, item: Item) -> tuple[str, str]:
        """In its colour."""
        return item.state, item.get_state_display()

    @display(description=_("kind"))
    def kind_shown(self, item: Item) -> str:
        """In words."""
        return item_words(item.kind)

    @display(description=_("reason"))
    def reason_shown(self, item: Item) -> str:
        """Ours, else the last error's."""
        return item.reason or item.last_error or "—"
