"""The inbox: read the chats, take one over, answer, give it back. Search and answers are posted, never in addresses."""

# ruff: noqa: ARG002 (the signatures are Django's and Unfold's)

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from atendeai.common import clock
from clinics import rights
from clinics.admin.auditing import user_of
from clinics.admin.base import ClinicAdmin
from clinics.admin.search import find_term
from clinics.models import Clinic
from whatsapp import attending, chat_actions, merging, window
from whatsapp.admin import deciding, files, inbox, joining, once, template_picker
from whatsapp.admin.places import place_of
from whatsapp.admin.words import refusal_words
from whatsapp.media import WrongFile
from whatsapp.models import Conversation, Message

TEMPLATE = "portal/inbox.html"
_SENDS: dict[str, Callable[..., Message]] = {
    "place": chat_actions.send_place,
    "card": chat_actions.send_card,
    "ask_place": chat_actions.ask_place,
}


@admin.register(Conversation)
class ConversationAdmin(ClinicAdmin):
    """Two panes instead of a table."""

    owner_may = receptionist_may = frozenset({"view", "change"})
    search_fields = ["contact__name", "contact__patient__name"]

    def get_urls(self) -> list[Any]:
        """What the buttons of a chat do, and what the page asks while it is open."""

        def at(route: str, view: Callable[..., HttpResponseBase], name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"whatsapp_conversation_{name}")

        return [
            at("<int:pk>/take/", require_POST(self.take), "take"),
            at("<int:pk>/answer/", require_POST(self.answer), "answer"),
            at("<int:pk>/typing/", require_POST(self.typing), "typing"),
            at("<int:pk>/react/", require_POST(self.react), "react"),
            at("<int:pk>/send/", require_POST(self.send), "send"),
            at("<int:pk>/template/", require_POST(self.template), "template"),
            at("<int:pk>/settle/<int:message>/", require_POST(self.settle), "settle"),
            at("<int:pk>/return/", require_POST(self.give_back), "return"),
            at("<int:pk>/patient/", require_POST(self.register), "patient"),
            at("<int:pk>/merge/", self.merge, "merge"),
            at("<int:pk>/unmerge/", require_POST(self.unmerge), "unmerge"),
            at("<int:pk>/phone/", require_POST(self.take_phone), "phone"),
            at("<int:pk>/ask-phone/", require_POST(self.ask_phone), "askphone"),
            at("<int:pk>/older/", require_GET(self.older), "older"),
            at("<int:pk>/file/<int:file>/", require_GET(self.file), "file"),
            at("<int:pk>/file/<int:file>/retry/", require_POST(self.retry), "retry"),
            at("<int:pk>/live/", require_GET(never_cache(self.live)), "live"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, without a chat."""
        if request.method == "POST" and "search" in request.POST:
            return self._search(request, request.POST["search"])
        clinic = self._clinic(request, "view")
        return self._page(request, clinic, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The list and a chat."""
        clinic = self._clinic(request, "view")
        conversation = self._get(clinic, object_id)
        if conversation.merged_into_id is not None:
            return self._back(request, merging.standing_chat(conversation))
        attending.mark_seen(clinic=clinic, conversation=conversation)
        conversation.unread = 0
        return self._page(request, clinic, conversation)

    def take(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Assumir conversa»."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        attending.take_over(clinic=clinic, conversation=conversation, by=user_of(request), now=clock.now())
        return self._back(request, conversation)

    def give_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Devolver à assistente»."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        attending.give_back(clinic=clinic, conversation=conversation, by=user_of(request), now=clock.now())
        messages.success(request, _("The assistant answers this conversation again."))
        return self._back(request, conversation)

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends; a refusal keeps what was typed on the page."""
        clinic = self._clinic(request, "change")
        conversation, text = self._get(clinic, pk), request.POST.get("text", "")
        refusal = self._refusal(request, clinic, conversation, text)
        if request.accepts("text/html"):
            if refusal:
                return self._page(
                    request,
                    clinic,
                    conversation,
                    draft=text,
                    refusal=refusal,
                    reply_to=_number(request.POST.get("reply_to", "")),
                    status=422,
                )
            return self._back(request, conversation)
        # The page itself asks, while it shows how far the upload is.
        told = {"refusal": refusal}
        if refusal and not window.is_open(conversation, now=clock.now()):
            told["templates"] = self._templates(request, conversation)
        return JsonResponse(told, status=422 if refusal else 200)

    def _templates(self, request: HttpRequest, conversation: Conversation) -> str:
        """What can be sent although the window has closed."""
        picks = template_picker.picks(conversation, clock.now())
        context = {"conversation": conversation, "picks": picks, "once": once.new_mark(), "place": place_of(request)}
        return render_to_string("portal/template_picker.html", context, request)

    def _refusal(self, request: HttpRequest, clinic: Clinic, conversation: Conversation, text: str) -> str:
        """Sends; why not, in words, or ""."""
        now = clock.now()
        try:
            once.follow(request, clinic, now, partial(self._answer, request, clinic, conversation, text, now))
        except attending.CannotAnswer as refusal:
            return refusal_words(refusal.code)
        except (WrongFile, OSError) as wrong:
            return files.refusal_of(wrong)
        return ""

    def _answer(
        self, request: HttpRequest, clinic: Clinic, conversation: Conversation, text: str, now: datetime
    ) -> None:
        told: Any = {"clinic": clinic, "conversation": conversation, "by": user_of(request), "now": now}
        if reply_to := request.POST.get("reply_to", ""):
            told["context"] = chat_actions.find_target(
                clinic=clinic, conversation=conversation, message_id=_number(reply_to)
            ).wamid
        if "file" in request.FILES:
            attending.answer_with_file(**told, file=files.keep_upload(request, conversation), text=text)
        else:
            attending.answer(**told, text=text)

    def file(self, request: HttpRequest, pk: int, file: int) -> HttpResponseBase:
        """A file of the chat, for the clinic's people."""
        return files.show(request, self._get(self._clinic(request, "view"), pk), file)

    def retry(self, request: HttpRequest, pk: int, file: int) -> HttpResponse:
        """«Tentar de novo»."""
        return files.retry(request, self._get(self._clinic(request, "change"), pk), file)

    def react(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An emoji on a message, or none any more."""
        clinic = self._clinic(request, "change")
        try:
            chat_actions.react(
                clinic=clinic,
                conversation=self._get(clinic, pk),
                message_id=_number(request.POST.get("message", "")),
                emoji=request.POST.get("emoji", ""),
                by=user_of(request),
                now=clock.now(),
            )
        except attending.CannotAnswer as refusal:
            return JsonResponse({"refusal": refusal_words(refusal.code)}, status=422)
        return HttpResponse(status=204)

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the small menu beside the answer offers."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        act = _SENDS.get(request.POST.get("what", ""))
        if act is None:
            raise Http404
        now = clock.now()
        try:
            send = partial(act, clinic=clinic, conversation=conversation, by=user_of(request), now=now)
            once.follow(request, clinic, now, send)
        except attending.CannotAnswer as refusal:
            messages.error(request, refusal_words(refusal.code))
        return self._back(request, conversation)

    def settle(self, request: HttpRequest, pk: int, message: int) -> HttpResponse:
        """«Enviar de novo» or «Deixar assim», for a message that perhaps arrived."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        deciding.settle(request, conversation, message)
        return self._back(request, conversation)

    def typing(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Somebody writes into the answer's field."""
        clinic = self._clinic(request, "change")
        attending.is_typing(clinic=clinic, conversation=self._get(clinic, pk), now=clock.now())
        return HttpResponse(status=204)

    def template(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends an approved template with the values that were typed."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        template = template_picker.find(conversation, request.POST.get("template", ""))
        if template is None:
            raise Http404
        values = {name: request.POST.get(f"value-{name}", "") for name in template_picker.variables_of(template)}
        now = clock.now()
        try:
            send = partial(
                attending.answer_with_template,
                clinic=clinic,
                conversation=conversation,
                template=template,
                values=values,
                appointment=template_picker.next_appointment(conversation, now),
                by=user_of(request),
                now=now,
            )
            once.follow(request, clinic, now, send)
        except attending.CannotAnswer as refusal:
            return self._page(request, clinic, conversation, refusal=refusal_words(refusal.code), status=422)
        return self._back(request, conversation)

    def register(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Makes who writes a patient, and goes on to book."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        patient = attending.register_patient(
            clinic=clinic,
            conversation=conversation,
            name=inbox.who(conversation)[:120],
            by=user_of(request),
            now=clock.now(),
        )
        return redirect(f"{reverse('admin:clinics_appointment_add')}?patient={patient.pk}")

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Join with another contact."""
        clinic = self._clinic(request, "change")
        return joining.show(self, request, clinic, merging.standing_chat(self._get(clinic, pk)))

    def unmerge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Two contacts again."""
        clinic = self._clinic(request, "change")
        return joining.undo(request, clinic, self._get(clinic, pk))

    def take_phone(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The record gets the number they write from."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        attending.take_phone(clinic=clinic, conversation=conversation, by=user_of(request), now=clock.now())
        messages.success(request, _("The patient's phone was updated."))
        return self._back(request, conversation)

    def ask_phone(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks who writes without a number for it."""
        clinic = self._clinic(request, "change")
        conversation = self._get(clinic, pk)
        now = clock.now()
        try:
            ask = partial(attending.ask_phone, clinic=clinic, conversation=conversation, by=user_of(request), now=now)
            once.follow(request, clinic, now, ask)
        except attending.CannotAnswer as refusal:
            messages.error(request, refusal_words(refusal.code))
        return self._back(request, conversation)

    def older(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page of messages before `?before=<id>`."""
        conversation = self._get(self._clinic(request, "view"), pk)
        before = request.GET.get("before", "")
        if not before.isdecimal() or len(before) > 18:
            raise Http404
        bubbles, older = inbox.page_of(conversation, int(before))
        return TemplateResponse(
            request,
            "portal/bubbles.html",
            {
                **inbox.acts(conversation, clock.now()),
                "bubbles": bubbles,
                "older": older,
                "place": place_of(request),
            },
        )

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What may have changed, for a page that is open: the chat's newest messages and the list."""
        clinic = self._clinic(request, "view")
        conversation = self._get(clinic, pk)
        attending.mark_seen(clinic=clinic, conversation=conversation)
        conversation.unread = 0
        context = {**self._list(request, clinic, conversation), **inbox.chat(conversation, clock.now())}
        return JsonResponse(
            {
                "list": render_to_string("portal/inbox_list.html", context, request),
                "chat": render_to_string("portal/bubbles.html", context, request),
                "handler": f"{conversation.handler}:{conversation.attendant_id}:{context['is_open']}",
            }
        )

    def _clinic(self, request: HttpRequest, verb: str) -> Clinic:
        clinic = rights.find_clinic(request)
        if clinic is None or verb not in self.allowed(request):
            raise PermissionDenied
        return clinic

    def _get(self, clinic: Clinic, pk: int | str) -> Conversation:
        rows = Conversation.objects.for_clinic(clinic).select_related(
            "clinic", "number", "contact__patient", "attendant"
        )
        found = rows.filter(pk=pk).first() if str(pk).isdecimal() and len(str(pk)) < 19 else None
        if found is None:
            raise Http404
        return found

    def _back(self, request: HttpRequest, conversation: Conversation) -> HttpResponse:
        """The chat, in the part of the list where it was opened."""
        chat = reverse("admin:whatsapp_conversation_change", args=[conversation.pk])
        return redirect(f"{chat}{place_of(request).query}" if request.GET else chat)

    def _list(self, request: HttpRequest, clinic: Clinic, chosen: Conversation | None) -> dict[str, Any]:
        place, term = place_of(request), find_term(request, self)
        found, has_older = inbox.listed(clinic, place.tab, term, place.page)
        return {
            "rows": inbox.rows(found),
            "place": place,
            "newer": place.before() if place.page > 1 else None,
            "older_chats": place.later() if has_older and not place.is_last else None,
            "is_cut": has_older and place.is_last,
            "tabs": inbox.TABS,
            "term": term,
            "chosen": chosen.pk if chosen else None,
        }

    def _page(
        self,
        request: HttpRequest,
        clinic: Clinic,
        conversation: Conversation | None,
        *,
        draft: str = "",
        refusal: str = "",
        reply_to: int = 0,
        status: int = 200,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Conversations"),
            **self._list(request, clinic, conversation),
            **(inbox.chat(conversation, clock.now()) if conversation else {}),
            "joined": joining.past(conversation.contact) if conversation else [],
            "picks": template_picker.picks(conversation, clock.now()) if conversation else [],
            "waiting_count": inbox.waiting_words(clinic),
            "once": once.new_mark(),
            "draft": draft,
            "refusal": refusal,
            "reply_to": reply_to or "",
        }
        return TemplateResponse(request, TEMPLATE, context, status=status)


def _number(text: str) -> int:
    """0, which is nobody's id, for anything else than one."""
    return int(text) if text.isdecimal() and len(text) < 19 else 0
