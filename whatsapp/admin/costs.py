"""«Messages and cost»: what Meta counted in a month, for the clinic's owners."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atendeai.common import clock
from clinics import rights
from clinics.admin.auditing import actor_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.roles import VIEW
from clinics.models import Clinic
from whatsapp import costs
from whatsapp.models import MessageCost

CATEGORY_WORDS: dict[str, Promise] = {
    "service": _("Conversation (answers within 24 hours)"),
    "utility": _("Utility (reminders and notices)"),
    "marketing": _("Marketing"),
    "marketing_lite": _("Marketing"),
    "authentication": _("Verification codes"),
    "unknown": _("Not told by WhatsApp"),
}
LIST = "admin:whatsapp_messagecost_changelist"


class PricesForm(forms.Form):
    """A price for each category, or none."""

    def __init__(self, categories: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category in categories:
            self.fields[category] = forms.DecimalField(
                label=category_words(category),
                required=False,
                min_value=0,
                max_digits=9,
                decimal_places=4,
                localize=True,
                widget=forms.TextInput(attrs={"class": "p-input", "inputmode": "decimal", "placeholder": "—"}),
            )


def category_words(category: str) -> str:
    """A category of Meta as an owner reads it."""
    return str(CATEGORY_WORDS.get(category, category))


@admin.register(MessageCost)
class MessageCostAdmin(ClinicAdmin):
    """One page instead of a list: a row for each message would tell nobody anything."""

    owner_may = VIEW

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The month asked for, or this one; a POST keeps prices."""
        clinic = rights.find_clinic(request)
        if clinic is None or not self.has_view_permission(request):
            raise PermissionDenied
        first = _month_asked(request, clinic)
        month = costs.month(clinic=clinic, first=first)
        known = costs.prices(clinic)
        categories = [*costs.CATEGORIES, *sorted({line.category for line in month.lines} - set(costs.CATEGORIES))]
        form = PricesForm(categories, request.POST or None, initial=known)
        if request.method == "POST" and form.is_valid():
            costs.set_prices(clinic=clinic, wanted=form.cleaned_data, by=actor_of(request), now=clock.now())
            messages.success(request, _("Prices kept."))
            return redirect(f"{reverse(LIST)}?mes={first:%Y-%m}")
        return self._page(request, clinic, month, form)

    def _page(self, request: HttpRequest, clinic: Clinic, month: costs.Month, form: PricesForm) -> HttpResponse:
        request.current_app = self.admin_site.name
        this_month = _today(clinic).replace(day=1)
        following = (month.first + timedelta(days=32)).replace(day=1)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Messages and cost"),
            "month": month,
            "lines": [(category_words(line.category), line) for line in month.lines],
            "before": (month.first - timedelta(days=1)).replace(day=1),
            "after": following if following <= this_month else None,
            "form": form,
        }
        return TemplateResponse(request, "portal/costs.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """There is no page of one; its month is."""
        cost = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if cost is None:
            raise Http404
        return redirect(f"{reverse(LIST)}?mes={cost.day:%Y-%m}")


def _today(clinic: Clinic) -> date:
    return clock.now().astimezone(clinic.zone).date()


def _month_asked(request: HttpRequest, clinic: Clinic) -> date:
    this = _today(clinic).replace(day=1)
    asked = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", request.GET.get("mes", ""))
    return min(date(int(asked[1]), int(asked[2]), 1), this) if asked else this
