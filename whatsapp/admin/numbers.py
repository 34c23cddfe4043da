"""The clinic's WhatsApp numbers: bring one in, see whether it works. Secrets go in and never come out again."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from atendeai.common import clock
from clinics import credentials, rights
from clinics.admin.auditing import actor_of, user_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.admin.scoping import ClinicForm
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp import onboarding
from whatsapp.admin import number_pages as pages
from whatsapp.admin.number_pages import ConnectForm
from whatsapp.models import Number
from whatsapp.number_health import words as health_words
from whatsapp.onboarding import words as step_words

BODY = "portal/number_body.html"
CONNECT = "portal/number_connect.html"


class NumberForm(ClinicForm):
    """What may be changed about a number that is in."""

    app_secret = pages.secret(
        _("App secret of the clinic"), _("Only if the clinic has a Meta app of its own. Empty: nothing changes.")
    )

    class Meta:
        model = Number
        fields = ("display_number", "account_id", "bot_answers", "marks_read", "is_active")

    def clean_account_id(self) -> str:
        """The account in which Meta has the number, by the clinic's token."""
        account_id: str = self.cleaned_data["account_id"].strip()
        if account_id and account_id != self.instance.account_id:
            outcome = onboarding.confirm_account(number=self.instance, account_id=account_id)
            if outcome.number is None:
                raise forms.ValidationError(step_words.code_words(outcome.code))
        return account_id


@admin.register(Number)
class NumberAdmin(ClinicAdmin):
    """Owners set numbers up and see how they are."""

    form = NumberForm
    owner_may = frozenset({"view", "add", "change"})
    list_display = ["display_number", "working", "problem", "quality_words", "limit", "bot_answers"]
    list_display_links = ["display_number"]
    change_form_outer_before_template = "portal/number.html"

    def get_urls(self) -> list[Any]:
        """What the buttons of a number's page do, and what it asks while a test is under way."""

        def at(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"whatsapp_number_{name}")

        return [
            at("<int:pk>/step/", require_POST(sensitive_post_parameters("pin")(self.step)), "step"),
            at("<int:pk>/token/", require_POST(sensitive_post_parameters("access_token")(self.token)), "token"),
            at("<int:pk>/test/", require_POST(self.try_out), "test"),
            at("<int:pk>/live/", require_GET(never_cache(self.live)), "live"),
            *super().get_urls(),
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Number, then what ties it to Meta."""
        return [
            (None, {"fields": ["display_number", "bot_answers", "marks_read", "is_active"]}),
            (_("At Meta"), {"fields": ["phone_number_id", "account_id", "token_state", "app_secret"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """The ids decide whose deliveries come in: another id is another number, and is connected anew."""
        has_account = obj is not None and bool(obj.account_id)
        return ["token_state", "phone_number_id", *(["account_id"] if has_account else [])]

    # Bringing a number in ---------------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form; Meta confirms token, account and number before anything is kept."""
        clinic = self._clinic(request, "add")
        form = ConnectForm(clinic, request.POST or None)
        lines: list[pages.Line] = []
        if request.method == "POST" and form.is_valid():
            outcome = onboarding.connect(
                clinic=clinic, draft=_draft(form.cleaned_data), by=actor_of(request), now=clock.now()
            )
            if outcome.number is not None:
                return _go(request, f"{self._page_of(outcome.number)}?novo=1")
            lines = pages.outcome_lines(outcome.step, outcome.code, outcome.passed, outcome.detail)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Connect a WhatsApp number"),
            "form": form,
            "lines": lines,
            "others": Number.objects.for_clinic(clinic).filter(is_active=True)[:5],
            "errors": [
                (form.fields[name].label, errors) for name, errors in form.errors.items() if name in form.fields
            ],
        }
        template = "portal/number_outcome.html" if _is_background(request) else CONNECT
        return TemplateResponse(request, template, context, status=422 if request.method == "POST" else 200)

    # One number -------------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Steps and health above the form."""
        clinic = rights.find_clinic(request)
        found = self._find(clinic, object_id) if clinic and "view" in self.allowed(request) else None
        extra = {
            "show_save_and_add_another": False,
            **(extra_context or {}),
            **(self._context(request, found) if found else {}),
        }
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return answer

    def save_model(self, request: HttpRequest, obj: Number, form: Any, change: bool) -> None:
        """The row, and the app secret when one was typed; another account has to be checked anew."""
        super().save_model(request, obj, form, change)
        value = form.cleaned_data.get("app_secret", "").strip()
        if value:
            credentials.store(
                clinic=obj.clinic, name=Name.WHATSAPP_APP_SECRET, value=value, by=actor_of(request), now=clock.now()
            )
        if "account_id" in form.changed_data:
            Number.objects.for_clinic(obj.clinic_id).filter(pk=obj.pk).update(findings="")

    def step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks Meta about one step, or does what its button says."""
        number = self._get(request, pk)
        key = request.POST.get("step", "")
        if key not in onboarding.STEPS or key in ("test", "inbound"):
            raise Http404
        onboarding.run_step(
            number,
            key,
            by=actor_of(request),
            now=clock.now(),
            pin=request.POST.get("pin", "")[:20],
            is_asked=request.POST.get("do") == "yes",
        )
        return self._answer(request, number)

    def token(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another token for the clinic, once Meta has taken it."""
        number = self._get(request, pk)
        token = request.POST.get("access_token", "").strip()[:2000]
        if not token:
            return self._answer(request, number, error=_("Type the new token first."))
        outcome = onboarding.replace_token(number=number, token=token, by=actor_of(request), now=clock.now())
        if outcome.number is None:
            return self._answer(request, number, error=step_words.code_words(outcome.code, outcome.detail))
        return self._answer(request, number, success=_("The new token is in use; what waited goes out now."))

    def try_out(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends the test message."""
        number = self._get(request, pk)
        phone = request.POST.get("phone", "")[:40]
        try:
            onboarding.send_test(number=number, phone=phone, by=user_of(request), now=clock.now())
        except onboarding.CannotTry as refusal:
            return self._answer(request, number, error=_refusal(refusal.code), phone=phone)
        number.refresh_from_db()
        return self._answer(request, number, phone=phone)

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How it stands now, for a page that is open."""
        number = self._get(request, pk, "view")
        return TemplateResponse(request, BODY, self._context(request, number))

    def _answer(
        self, request: HttpRequest, number: Number, *, error: Any = "", success: Any = "", phone: str = ""
    ) -> HttpResponse:
        if _is_background(request):
            context = {**self._context(request, number), "error": error, "success": success, "phone": phone}
            return TemplateResponse(request, BODY, context)
        if error or success:
            (messages.error if error else messages.success)(request, error or success)
        return redirect(self._page_of(number))

    def _context(self, request: HttpRequest, number: Number) -> dict[str, Any]:
        return {**pages.context(number, is_owner=rights.is_owner(request)), "is_new": request.GET.get("novo") == "1"}

    def _page_of(self, number: Number) -> str:
        return reverse("admin:whatsapp_number_change", args=[number.pk])

    def _clinic(self, request: HttpRequest, verb: str) -> Clinic:
        clinic = rights.find_clinic(request)
        if clinic is None or verb not in self.allowed(request):
            raise PermissionDenied
        return clinic

    def _get(self, request: HttpRequest, pk: int, verb: str = "change") -> Number:
        number = self._find(self._clinic(request, verb), pk)
        if number is None:
            raise Http404
        return number

    def _find(self, clinic: Clinic, pk: int | str) -> Number | None:
        if not str(pk).isdecimal() or len(str(pk)) > 18:
            return None
        return Number.objects.for_clinic(clinic).select_related("clinic").filter(pk=pk).first()

    # The list ---------------------------------------------------------------------------------------
    @display(description=_("state"), label={"on": "success", "off": "warning", "blocked": "danger"})
    def working(self, number: Number) -> tuple[str, str]:
        """Whether it works."""
        if number.blocked_code:
            return "blocked", str(_("stopped"))
        return ("on", str(_("working"))) if number.is_active else ("off", str(_("off")))

    @display(description=_("problem"))
    def problem(self, number: Number) -> str:
        """What is wrong, in words."""
        return pages.problem(number) or "—"

    @display(description=_("quality"), label=dict(pages.QUALITY_TONES))
    def quality_words(self, number: Number) -> tuple[str, str]:
        """As Meta measures it."""
        return number.quality, str(health_words.QUALITY.get(number.quality, "—")).partition(":")[0]

    @display(description=_("limit"))
    def limit(self, number: Number) -> str:
        """How many people a day."""
        return health_words.limit_words(number.messaging_limit)

    @display(description=_("present token"))
    def token_state(self, number: Number) -> str:
        """Whether there is one; the environment's wins."""
        return pages.token_words(number)


def _draft(cleaned: dict[str, Any]) -> onboarding.Draft:
    return onboarding.Draft(
        phone_number_id=cleaned["phone_number_id"],
        account_id=cleaned["account_id"],
        token=cleaned.get("access_token", "").strip(),
        app_secret=cleaned.get("app_secret", "").strip(),
        pin=cleaned.get("pin", ""),
    )


def _refusal(code: str) -> Any:
    if code == "phone":
        return _("This is no telephone number. Write it with its area code: (11) 98765-0001.")
    if code == "inactive":
        return _("The number is switched off: switch it on first.")
    return health_words.stopped_words(code)


def _is_background(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if _is_background(request):
        return HttpResponse(pages.json_of(address), content_type="application/json")
    return redirect(address)
