"""The clinic's message templates: what Meta thinks of them, where they are used, and how the patient sees them."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from atendeai.common import clock
from atendeai.common.errors import IntegrationError, NotConfigured, OutcomeUnknown
from clinics import audit, rights
from clinics.admin.auditing import actor_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.display import display
from clinics.models import Clinic
from whatsapp import appointment_notices, template_choice, template_editing, template_states, template_sync
from whatsapp.admin import template_words
from whatsapp.admin.formatting import as_html
from whatsapp.admin.template_forms import DraftForm, initial_of
from whatsapp.cloud_api.template_drafts import Draft, read_draft
from whatsapp.cloud_api.template_shapes import Shape, filled, read_examples
from whatsapp.models import Template, TemplateChoice
from whatsapp.purpose_words import PURPOSES
from whatsapp.starter_templates import EXAMPLES, LANGUAGE, STARTERS, Purpose

HISTORY = 30


@admin.register(Template)
class TemplateAdmin(ClinicAdmin):
    """Owners create and change, everybody sees."""

    owner_may = frozenset({"view", "add", "change"})
    receptionist_may = frozenset({"view"})
    list_display = ["shown_name", "state", "shown_category", "shown_quality", "shown_language", "used_for"]
    list_display_links = ["shown_name"]
    list_filter = ["status", "category"]
    search_fields = ["name"]
    list_before_template = "portal/templates_intro.html"

    def get_urls(self) -> list[Any]:
        """What the buttons do."""

        def at(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"whatsapp_template_{name}")

        return [
            at("starters/", require_POST(self.starters), "starters"),
            at("compare/", require_POST(self.compare), "compare"),
            at("uses/", require_POST(self.uses), "uses"),
            at("<int:pk>/edit/", self.edit, "edit"),
            at("<int:pk>/remove/", require_POST(self.remove), "remove"),
            *super().get_urls(),
        ]

    @display(description=_("name"), ordering="name")
    def shown_name(self, template: Template) -> str:
        """As Meta knows it."""
        return template.name

    @display(
        description=_("state"),
        ordering="status",
        label={"success": "success", "info": "info", "danger": "danger", "warning": "warning", "default": "default"},
    )
    def state(self, template: Template) -> tuple[str, str]:
        """In words."""
        return template_words.state(template.status)

    @display(description=_("category"), ordering="category")
    def shown_category(self, template: Template) -> str:
        """In words."""
        return template_words.category(template.category)

    @display(
        description=_("quality"),
        ordering="quality",
        label={"success": "success", "danger": "danger", "warning": "warning", "default": "default"},
    )
    def shown_quality(self, template: Template) -> tuple[str, str]:
        """In words."""
        return template_words.quality(template.quality)

    @display(description=_("language"), ordering="language")
    def shown_language(self, template: Template) -> str:
        """In words."""
        return template_words.language(template.language)

    @display(description=_("used for"))
    def used_for(self, template: Template) -> str:
        """Its purposes: chosen, or by the starter set's name where nothing was chosen. The list annotates both."""
        chosen = set(getattr(template, "chosen_for", ()))
        chosen |= {
            one.purpose
            for one in STARTERS
            if _key(template) == (one.name, LANGUAGE) and one.purpose not in getattr(template, "decided", ())
        }
        names = [words for purpose, words in PURPOSES.items() if purpose in chosen]
        return ", ".join(map(str, names)) or "—"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what was decided about uses, in the same query."""
        return self._annotated(super().get_queryset(request))

    def _annotated(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        mine = TemplateChoice.objects.for_clinic(OuterRef("clinic"))
        this = mine.filter(name=OuterRef("name"), language=OuterRef("language"))
        told: QuerySet[Any] = rows.annotate(
            chosen_for=ArraySubquery(this.values("purpose")), decided=ArraySubquery(mine.values("purpose"))
        )
        return told

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the starter set and the uses above the list."""
        clinic = rights.find_clinic(request)
        context = {**(extra_context or {}), "title": _("Message templates")}
        if clinic is not None:
            context |= self._intro(request, clinic)
        return super().changelist_view(request, context)

    def _intro(self, request: HttpRequest, clinic: Clinic) -> dict[str, Any]:
        rows = Template.objects.for_clinic(clinic).exclude(status=template_states.DELETED)
        there = set(rows.filter(name__in=[one.name for one in STARTERS]).values_list("name", flat=True))
        return {
            "can_change": "change" in self.allowed(request),
            "has_account": bool(template_editing.accounts(clinic)),
            "missing_starters": len(STARTERS) - len(there),
            "uses": _uses(clinic),
        }

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One template: preview, state, history."""
        clinic = self._clinic(request, "view")
        template = self._get(clinic, object_id)
        shape = template_choice.shape_of(template)
        tone, state = template_words.state(template.status)
        may_change = "change" in self.allowed(request) and template.status in template_editing.EDITABLE
        why_not = template_editing.why_not_here(template) if may_change else None
        is_editable = may_change and why_not is None
        context = {
            "title": template.name,
            "template": template,
            "tone": tone,
            "state": state,
            "meaning": template_words.meaning(
                template.status, is_editable=is_editable, is_beyond_us=why_not == template_editing.BEYOND_US
            ),
            "reason": template_words.reason(template.rejected_reason),
            "category": template_words.category(template.category),
            "language": template_words.language(template.language),
            "coming": template_words.category(template.coming_category) if template.coming_category else "",
            "quality": template_words.quality(template.quality),
            "preview": _preview(shape, read_examples(json.loads(template.components))),
            "used_for": self.used_for(template),
            "serves": template_choice.serves(template),
            "events": [
                {"words": template_words.change(one.what, one.before, one.after), "at": one.at, "detail": one.detail}
                for one in template.events.all()[:HISTORY]
            ],
            "is_known": template.has_content,
            "can_change": is_editable,
            "why_not": template_words.problem(why_not) if why_not else "",
            "can_delete": "change" in self.allowed(request) and template.status != template_states.DELETED,
        }
        return self._render(request, "portal/template.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new one; what is wrong stands at its field and nothing is lost."""
        clinic = self._clinic(request, "add")
        form = DraftForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            accounts = template_editing.accounts(clinic)
            account = accounts[0] if accounts else ""
            made = self._try(
                request,
                form,
                lambda draft: template_editing.submit(
                    clinic=clinic, account_id=account, draft=draft, by=actor_of(request), now=clock.now()
                ),
            )
            if made is not None:
                messages.success(request, _("Sent to WhatsApp for review."))
                return redirect("admin:whatsapp_template_change", made.pk)
        return self._form_page(request, form, _("New template"))

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """New content for one that is there."""
        clinic = self._clinic(request, "change")
        template = self._get(clinic, pk)
        if request.method != "POST" and template_editing.why_not_here(template):
            # Its own page says why.
            return redirect("admin:whatsapp_template_change", template.pk)
        draft = read_draft(template.name, template.language, template.category, json.loads(template.components))
        given = {**request.POST.dict(), "name": template.name, "language": template.language}
        form = DraftForm(given) if request.method == "POST" else DraftForm(initial=initial_of(draft))
        form.fields["name"].disabled = form.fields["language"].disabled = True
        form.initial = {**form.initial, "name": template.name, "language": template.language}
        if request.method == "POST" and form.is_valid():
            made = self._try(
                request,
                form,
                lambda draft: template_editing.edit(
                    clinic=clinic, template=template, draft=draft, by=actor_of(request), now=clock.now()
                ),
            )
            if made is not None:
                messages.success(request, _("Sent to WhatsApp for review again."))
                return redirect("admin:whatsapp_template_change", made.pk)
        return self._form_page(request, form, template.name, template)

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Deleted, at WhatsApp too."""
        clinic = self._clinic(request, "change")
        template = self._get(clinic, pk)
        try:
            template_editing.delete(clinic=clinic, template=template, by=actor_of(request), now=clock.now())
        except IntegrationError as error:
            messages.error(request, _failed(error))
            return redirect("admin:whatsapp_template_change", template.pk)
        messages.success(request, _("The template %(name)s was deleted.") % {"name": template.name})
        return redirect("admin:whatsapp_template_changelist")

    def starters(self, request: HttpRequest) -> HttpResponse:
        """The starter set, with one click."""
        clinic = self._clinic(request, "add")
        for account in template_editing.accounts(clinic):
            done = template_editing.submit_starters(
                clinic=clinic, account_id=account, by=actor_of(request), now=clock.now()
            )
            sent = sum(one.is_new for one in done)
            if sent:
                words = ngettext(
                    "%(count)d template was sent to WhatsApp for review.",
                    "%(count)d templates were sent to WhatsApp for review.",
                    sent,
                )
                messages.success(request, words % {"count": sent})
            for error in {str(_failed(one.error)) for one in done if one.error is not None}:
                messages.error(request, error)
        return redirect("admin:whatsapp_template_changelist")

    def compare(self, request: HttpRequest) -> HttpResponse:
        """Asks WhatsApp now."""
        clinic = self._clinic(request, "view")
        for account in template_editing.accounts(clinic):
            template_sync.want(clinic=clinic, account_id=account)
        messages.success(request, _("The list is being compared with WhatsApp; it is ready in a moment."))
        return redirect("admin:whatsapp_template_changelist")

    def uses(self, request: HttpRequest) -> HttpResponse:
        """Which template serves which purpose."""
        clinic = self._clinic(request, "change")
        for purpose in Purpose:
            choice = request.POST.get(purpose, "")
            name, sign, language = choice.rpartition("/")
            is_own = Template.objects.for_clinic(clinic).filter(name=name, language=language).exists() if sign else True
            if (purpose in request.POST) and is_own:
                TemplateChoice.objects.for_clinic(clinic).update_or_create(
                    purpose=purpose, defaults={"clinic": clinic, "name": name, "language": language or "pt_BR"}
                )
        audit.record(
            clinic=clinic, action="template_uses_changed", target=clinic, by=actor_of(request), now=clock.now()
        )
        appointment_notices.settle_missing(clinic=clinic, now=clock.now())
        messages.success(request, _("The uses are saved."))
        return redirect("admin:whatsapp_template_changelist")

    def _try(self, request: HttpRequest, form: DraftForm, do: Callable[[Draft], Template]) -> Template | None:
        """The template, or None with what went wrong in the form."""
        try:
            return do(form.draft())
        except template_editing.DraftRefused as refused:
            for found in refused.problems:
                form.add_problem(found)
        except IntegrationError as error:
            form.add_error(None, str(_failed(error)))
        return None

    def _form_page(
        self, request: HttpRequest, form: DraftForm, title: Any, template: Template | None = None
    ) -> HttpResponse:
        context = {"title": title, "form": form, "template": template, "known": EXAMPLES}
        return self._render(request, "portal/template_form.html", context, status=422 if form.errors else 200)

    def _clinic(self, request: HttpRequest, verb: str) -> Clinic:
        clinic = rights.find_clinic(request)
        if clinic is None or verb not in self.allowed(request):
            raise PermissionDenied
        return clinic

    def _get(self, clinic: Clinic, pk: int | str) -> Template:
        rows = self._annotated(Template.objects.for_clinic(clinic).select_related("clinic"))
        found: Template | None = rows.filter(pk=pk).first() if str(pk).isdecimal() and len(str(pk)) < 19 else None
        if found is None:
            raise Http404
        return found

    def _render(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(request, name, {**self.admin_site.each_context(request), **context}, status=status)


def _key(template: Template) -> tuple[str, str]:
    return template.name, template.language


def _used(clinic_id: int) -> dict[Purpose, tuple[str, str]]:
    chosen = {row.purpose: (row.name, row.language) for row in TemplateChoice.objects.for_clinic(clinic_id)}
    return {one.purpose: chosen.get(one.purpose, (one.name, LANGUAGE)) for one in STARTERS}


def _uses(clinic: Clinic) -> list[dict[str, Any]]:
    """Each purpose with its template, what could serve instead, and whether it works now."""
    rows = Template.objects.for_clinic(clinic).exclude(status=template_states.DELETED).order_by("name")[:200]
    fit = [row for row in rows if template_choice.serves(row)]
    used = _used(clinic.pk)
    state = {_key(row): row.status for row in fit}
    return [
        {
            "purpose": purpose.value,
            "words": words,
            "chosen": "/".join(used[purpose]) if used[purpose][0] else "",
            "works": state.get(used[purpose]) == template_choice.APPROVED,
            "options": [("/".join(_key(row)), f"{row.name} · {template_words.language(row.language)}") for row in fit],
            "is_missing": bool(used[purpose][0]) and used[purpose] not in state,
        }
        for purpose, words in PURPOSES.items()
    ]


def _preview(shape: Shape, examples: dict[str, str]) -> dict[str, Any]:
    """As on the patient's phone."""
    known = {**EXAMPLES, **examples}
    return {
        "header": filled(shape.header, known) if shape.header else template_words.header(shape.header_format),
        "body": as_html(filled(shape.body, known)),
        "footer": shape.footer,
        "buttons": shape.buttons,
    }


def _failed(error: IntegrationError) -> Any:
    if isinstance(error, NotConfigured):
        return _("The clinic's WhatsApp number has no account or access token yet: see «WhatsApp numbers».")
    if isinstance(error, OutcomeUnknown):
        return _("WhatsApp did not answer: the template may be there all the same. Look at the list in a minute.")
    return _("WhatsApp did not take it: %(detail)s") % {"detail": error.detail or error.code}
