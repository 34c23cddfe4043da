"""What is in the menu, for whom? Callbacks that Unfold's settings name."""

# ruff: noqa: ARG001 (the signatures are Django's and Unfold's)

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atendeai.portal import pending_pages
from calendar_sync import touched
from clinics import rights
from whatsapp.admin import inbox
from whatsapp.admin.words import count_words

Item = dict[str, Any]


def sidebar(request: HttpRequest) -> list[Item]:
    """The menu by role; the operator without a clinic sees the installation only."""
    groups = _clinic_groups(request) if rights.find_clinic(request) else []
    if request.user.is_superuser:
        groups.append(
            _group(
                _("Installation"),
                _item(_("Clinics"), "domain", "clinics_clinic"),
                _item(_("Users"), "manage_accounts", "clinics_user"),
                _item(_("Deliveries"), "move_to_inbox", "whatsapp_delivery"),
                *([] if rights.find_clinic(request) else [_pending(request)]),
            )
        )
    return groups


def _clinic_groups(request: HttpRequest) -> list[Item]:
    owner = rights.is_owner(request)
    clinic = rights.find_clinic(request)
    today: Item = {"title": _("Today"), "icon": "today", "link": reverse("admin:index")}
    talks = _item(_("Conversations"), "forum", "whatsapp_conversation")
    if clinic and (waiting := inbox.waiting_words(clinic)):
        talks |= {"badge": waiting, "badge_variant": "danger"}
    daily = _group(
        None,
        today,
        _item(_("Appointments"), "event", "clinics_appointment"),
        talks,
        _item(_("Patients"), "groups", "clinics_patient"),
        _item(_("Message templates"), "chat_paste_go", "whatsapp_template"),
        _pending(request),
        _item(_("Integrations"), "cable", "clinics_outage"),
    )
    google = _item(_("Changes from Google"), "published_with_changes", "calendar_sync_googlechange")
    if clinic and (asked := touched.open_count(clinic)):
        google |= {"badge": count_words(asked, touched.MOST_COUNTED), "badge_variant": "danger"}
    agenda = _group(
        _("Agenda"),
        _item(_("Professionals"), "stethoscope", "clinics_professional"),
        _item(_("Services"), "medical_services", "clinics_offering"),
        _item(_("Blocked times"), "event_busy", "clinics_busyperiod"),
        _item(_("Google calendars"), "calendar_month", "calendar_sync_link"),
        google,
    )
    return [daily, agenda, _owner_group()] if owner else [daily, agenda]


def _pending(request: HttpRequest) -> Item:
    item: Item = {"title": _("Pending"), "icon": "assignment_late", "link": reverse("admin:pending")}
    number = pending_pages.total(request)
    return item | {"badge": str(number), "badge_variant": "danger"} if number else item


def _owner_group() -> Item:
    return _group(
        _("Clinic"),
        _item(_("WhatsApp numbers"), "phone_iphone", "whatsapp_number"),
        _item(_("Messages and cost"), "receipt_long", "whatsapp_messagecost"),
        _item(_("Team"), "badge", "clinics_membership"),
        _item(_("Invitations"), "mail", "clinics_invitation"),
        _item(_("Settings"), "tune", "clinics_clinic"),
        _item(_("API keys"), "key", "clinics_apikey"),
        _item(_("Items received"), "inventory_2", "whatsapp_item"),
        _item(_("Audit"), "history", "clinics_auditentry"),
    )


def _group(title: str | Promise | None, *items: Item) -> Item:
    return {"title": title, "separator": title is not None, "items": list(items)}


def _item(title: str | Promise, icon: str, page: str) -> Item:
    return {"title": title, "icon": icon, "link": reverse(f"admin:{page}_changelist")}


def clinic_choices(request: HttpRequest) -> list[Item]:
    """The person's clinics, when there is a choice. Chosen by POST: see templates/unfold/helpers/site_dropdown.html."""
    memberships = rights.list_memberships(request.user)
    if len(memberships) < 2:
        return []
    here = rights.find_clinic(request)
    return [
        {
            "title": membership.clinic.name,
            "link": reverse("admin:choose_clinic"),
            "icon": "check" if membership.clinic == here else "domain",
            "attrs": {"clinic": membership.clinic_id},
        }
        for membership in memberships
    ]


def clinic_name(request: HttpRequest) -> str:
    """Under the product's name: whose pages these are."""
    clinic = rights.find_clinic(request)
    return clinic.name if clinic else str(_("Scheduling on WhatsApp"))


def stylesheet(request: HttpRequest) -> str:
    """Our own pages' look."""
    return static("portal/portal.css")


def session_script(request: HttpRequest) -> str:
    """What an open page does when its session ends; the other scripts ask through it."""
    return static("portal/session.js")


def chat_script(request: HttpRequest) -> str:
    """Files in a chat; the other script builds on it."""
    return static("portal/chat.js")


def script(request: HttpRequest) -> str:
    """Our own pages' behaviour."""
    return static("portal/portal.js")
