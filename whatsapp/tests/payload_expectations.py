"""What each file under `payloads/` must become. A file without a line here fails, and so does a lone line."""

from dataclasses import dataclass

from whatsapp.payloads import Card, Identity, Incoming, Reaction, Referral, StatusError

NUMBER = "106540352242922"
ACCOUNT = "102290129340398"
USER_ID = "BR.1502576394655843"
NOBODY = Identity()
DALVA = Identity(wa_id="5511987650001", name="Dalva Souza")


@dataclass(frozen=True)
class Expected:
    """One item: its key's parts, its person, and for messages what they say."""

    kind: str
    provider_id: str | None  # None: a fingerprint
    sender: Identity = NOBODY
    says: Incoming | None = None
    status: str = ""
    scope: str = NUMBER
    reason: str = ""
    # What handling makes of it: `<state>[: <reason>][, <type> by <author>]`, with the message it became.
    does: str = "done"


@dataclass(frozen=True)
class Delivery:
    items: tuple[Expected, ...]
    problems: tuple[str, ...] = ()


def message(
    type_: str, sender: Identity = DALVA, id_: str | None = "", does: str | None = None, **says: object
) -> Delivery:
    said = Incoming(type=type_, **says)  # type: ignore[arg-type]
    provider_id = f"wamid.{type_}" if id_ == "" else id_
    comes_of_it = f"done, {type_} by patient" if does is None else does
    return Delivery((Expected("message", provider_id, sender, said, does=comes_of_it),))


def status(word: str, recipient: Identity, does: str = "done") -> Delivery:
    return Delivery((Expected("status", "wamid.ours", recipient, status=word, does=does),))


def notice(
    kind: str, scope: str = ACCOUNT, reason: str = "", sender: Identity = NOBODY, does: str = "done"
) -> Delivery:
    return Delivery((Expected(kind, None, sender, scope=scope, reason=reason, does=does),))


def kept(field: str, scope: str = ACCOUNT) -> Delivery:
    return notice("kept", scope, does=f"ignored: {field}: kept")


def template() -> Delivery:
    """The clinic of these payloads knows no template yet."""
    return notice("template", does="ignored: unknown_template")


def echo(type_: str, does: str | None = None, **says: object) -> Delivery:
    said = Incoming(type=type_, **says)  # type: ignore[arg-type]
    comes_of_it = f"done, {type_} by phone" if does is None else does
    return Delivery((Expected("echo", "wamid.echo", _PHONE_ONLY, said, does=comes_of_it),))


def _text(
    body: str, sender: Identity = DALVA, id_: str | None = "wamid.text", does: str = "done, text by patient"
) -> Expected:
    return Expected("message", id_, sender, Incoming(type="text", text=body), does=does)


_PHONE_ONLY = Identity(wa_id="5511987650001")
_ZECA = Identity(wa_id="5521987650002", name="Zeca")
_AGENT = Expected(
    "standby_echo", "wamid.echo", DALVA, Incoming(type="text", text="Aqui é a Ana"), does="done, text by agent"
)

EXPECTED: dict[str, Delivery] = {
    "text": message("text", text="Olá, quero marcar 😀"),
    "text_nul": message("text", text="a�b�c"),
    "text_reply": message("text", text="sim", context_id="wamid.before"),
    "text_forwarded": message("text", text="corrente", forwarded="often"),
    "text_referral": message("text", text="vi o anúncio", referral=Referral("ad", "h", "b", "https://fb.me/x")),
    "text_group": message("text", text="oi grupo", group_id="Y2FwaV9ncm91cA", does="ignored: group"),
    "image_caption": message("image", text="meu exame", media_id="1001"),
    "video": message("video", media_id="1001"),
    "audio_voice": message("audio", media_id="1001"),
    "document": message("document", text="a guia", media_id="1001"),
    "sticker": message("sticker", media_id="1001"),
    "location": message("location", text="Casa"),
    "contacts_card": message("contacts", text="Ana · +55 11 98765-0002", cards=(Card("Ana", ("+55 11 98765-0002",)),)),
    "contact_request": message(
        "contacts",
        text="Dalva · +55 11 98765-0001",
        cards=(Card("Dalva", ("+55 11 98765-0001",), is_answer=True),),
    ),
    "button_reply": message(
        "interactive",
        text="ter 24/11 08:00",
        subtype="button_reply",
        choice_id="slot:1:2:29398560",
        context_id="wamid.ours",
    ),
    "list_reply": message("interactive", text="Consulta", subtype="list_reply", choice_id="offering:7"),
    "flow_reply": message("interactive", text="1\n2", subtype="nfm_reply"),
    "call_permission": message("interactive", subtype="call_permission_reply"),
    "interactive_without_node": Delivery(
        (*message("interactive").items, Expected("error", None, does="ignored: code 131000")),
    ),
    "template_button": message("button", text="Confirmar", choice_id="confirm_presence:12"),
    "reaction": message("reaction", reaction=Reaction("wamid.ours", "👍"), does="done"),
    "reaction_removed": message("reaction", reaction=Reaction("wamid.ours", ""), does="done"),
    "order": message("order", text="1 × p (BRL 1.5)"),
    "system_number_changed": message(
        "system", _PHONE_ONLY, text="User A changed", subtype="user_changed_number", does="done, system by system"
    ),
    "system_user_id_changed": message(
        "system", Identity(user_id="BR.222"), "wamid.sys", subtype="user_changed_user_id", does="done, system by system"
    ),
    "unsupported": message(
        "unsupported",
        subtype="poll",
        errors=(StatusError("131051", "Message type unknown", "Message type is currently not supported."),),
    ),
    "edit": message("edit", target_id="wamid.text", edited=Incoming("text", "quis dizer terça"), does="done"),
    "revoke": message("revoke", target_id="wamid.text", does="done"),
    "request_welcome": message("request_welcome", does="done, request_welcome by system"),
    "unknown_type": message("hologram", text="novo"),
    "user_id_only": Delivery(
        (
            _text(
                "oi",
                Identity(USER_ID, parent_user_id="BR.ENT.99", name="Dalva", username="dalva.s"),
                "wamid.bsuid",
            ),
        )
    ),
    "user_id_in_from": Delivery((_text("oi", Identity(USER_ID, name="Dalva")),)),
    "from_empty": Delivery((_text("oi", Identity(USER_ID, name="Dalva")),)),
    "no_contacts": Delivery((_text("oi", _PHONE_ONLY),)),
    "contact_without_profile": Delivery((_text("oi", Identity(USER_ID, wa_id="5511987650001")),)),
    "contact_without_ids": Delivery((_text("oi", Identity(wa_id="5511987650001", name="Dalva")),)),
    "contact_of_another": Delivery((_text("oi", _PHONE_ONLY),)),
    "contact_old_form": Delivery((_text("oi", Identity(wa_id="551187650001", name="Dalva Souza")),)),
    "nobody": Delivery((_text("oi", Identity(), "wamid.nobody", does="set_aside: no_sender"),)),
    "without_id": Delivery((_text("oi", DALVA, None),)),
    "contacts_in_other_order": Delivery((_text("1"), _text("2", _ZECA, "wamid.second"))),
    "same_message_twice": Delivery((_text("oi"), _text("oi"))),
    "status_sent": status("sent", _PHONE_ONLY),
    "status_delivered": status("delivered", _PHONE_ONLY),
    "status_read_user_id": status("read", Identity(USER_ID, wa_id="5511987650001")),
    "status_played": status("played", _PHONE_ONLY),
    "status_failed": status("failed", _PHONE_ONLY),
    "error_alone": notice("error", NUMBER, does="ignored: code 130429"),
    "echo": echo("text", text="Aqui é a Ana"),
    "echo_to_user_id": Delivery(
        (
            Expected(
                "echo",
                "wamid.echo",
                Identity(USER_ID),
                Incoming(type="text", text="Aqui é a Ana"),
                does="done, text by phone",
            ),
        )
    ),
    "standby": Delivery(
        (
            Expected("standby", "wamid.text", DALVA, Incoming(type="text", text="oi"), does="done, text by patient"),
            _AGENT,
            Expected("status", "wamid.ours", DALVA, status="sent"),
        )
    ),
    "preference_stop": notice("preference", NUMBER, sender=DALVA),
    "template_approved": template(),
    "template_category": template(),
    "number_quality": notice("account"),
    "capability": notice("account"),
    "account_disabled": notice("account"),
    "account_partner_added": notice("account", "777000777", does="ignored: unknown_number"),
    "history": notice("history", NUMBER, does="ignored: nothing_in_it"),
    "calls": notice("call", NUMBER, does="ignored: call"),
    "field_of_tomorrow": notice(
        "unknown", ACCOUNT, "quantum_update: not handled", does="ignored: quantum_update: not handled"
    ),
    "messages_with_nothing_known": notice(
        "unknown", NUMBER, "messages: nothing known in it", does="ignored: messages: nothing known in it"
    ),
    "two_clinics": Delivery(
        (
            Expected(
                "message",
                "wamid.a",
                _PHONE_ONLY,
                Incoming(type="text", text="a"),
                scope="11",
                does="done, text by patient",
            ),
            Expected("status", "wamid.ours", _PHONE_ONLY, status="sent", scope="12"),
            Expected("status", "wamid.ours", _PHONE_ONLY, status="delivered", scope="12"),
            Expected(
                "message",
                "wamid.b",
                _PHONE_ONLY,
                Incoming(type="text", text="b"),
                scope="21",
                does="done, text by patient",
            ),
        )
    ),
    "broken_parts": Delivery(
        (_text("still here", _PHONE_ONLY),),
        (
            "entry[0]",
            "entry[1]",
            "entry[2].changes[0]",
            "entry[2].changes[1]",
            "entry[2].changes[2].messages[0]",
            "entry[2].changes[2].statuses",
        ),
    ),
    "no_entries": Delivery(()),
    "not_a_delivery": Delivery((), ("body",)),
    # Every other row of the facts' tables.
    "image_url": message("image", media_id="1001"),
    "video_caption": message("video", text="a ferida", media_id="1001"),
    "audio_file": message("audio", media_id="1001"),
    "document_plain": message("document", media_id="1001"),
    "sticker_animated": message("sticker", media_id="1001"),
    "location_bare": message("location", text="-23.55, -46.63"),
    "location_url": message("location", text="Clínica\nRua A, 1"),
    "contacts_two": message(
        "contacts",
        text="Ana Lima · +55 11 98765-0002 · 5511987650003\nBruno",
        cards=(Card("Ana Lima", ("+55 11 98765-0002", "5511987650003")), Card("Bruno")),
    ),
    "flow_reply_object": message("interactive", text="convenio: Unimed\nidade: 41", subtype="nfm_reply"),
    "flow_reply_broken": message("interactive", text="Sent", subtype="nfm_reply"),
    "call_permission_reject": message("interactive", subtype="call_permission_reply"),
    "template_button_without_context": message("button", text="Sim", choice_id="Sim"),
    "reaction_removed_without_key": message("reaction", reaction=Reaction("wamid.ours", ""), does="done"),
    "system_customer_changed_number": message(
        "system",
        _PHONE_ONLY,
        text="User A changed",
        subtype="customer_changed_number",
        does="done, system by system",
    ),
    "system_identity_changed": message(
        "system", text="User A changed", subtype="customer_identity_changed", does="done, system by system"
    ),
    "unsupported_plain": message(
        "unsupported",
        errors=(StatusError("131051", "Message type unknown", "Message type is currently not supported."),),
    ),
    "unsupported_edit": message(
        "unsupported", subtype="edit", errors=(StatusError("131051", "Message type unknown", ""),)
    ),
    "edit_caption": message(
        "edit",
        target_id="wamid.before",
        edited=Incoming("image", "o pedido certo", media_id="1002"),
        does="done",
    ),
    "edit_empty": message("edit", target_id="wamid.before", does="ignored: nothing_in_it"),
    "referral_post": message(
        "text", text="vi a publicação", referral=Referral("post", "Dicas", "b", "https://fb.me/p")
    ),
    "referral_status": message(
        "text", text="vi no status", referral=Referral("ad", "Check-up", "b", "https://fb.me/s")
    ),
    "text_display_number_with_blanks": message("text", text="Olá, quero marcar 😀"),
    "text_referral_video": message("text", text="vi o anúncio", referral=Referral("ad", "h", "b", "https://fb.me/x")),
    "unsupported_button": message(
        "unsupported", subtype="button", errors=(StatusError("131051", "Message type unknown", ""),)
    ),
    "text_forwarded_once": message("text", text="leia", forwarded="once"),
    "text_about_product": message("text", text="tem?", context_id="wamid.ours"),
    "text_with_identity_hash": message("text", text="oi"),
    "message_too_large": message("document", errors=(StatusError("131052", "Media download error", ""),)),
    "status_sent_with_conversation": status("sent", _PHONE_ONLY),
    "status_failed_contacts_without_profile": status("failed", _PHONE_ONLY),
    "status_delivered_without_contacts": status("delivered", Identity(USER_ID, parent_user_id="BR.ENT.99")),
    "status_of_a_group": status("read", Identity(), does="ignored: group"),
    "status_of_tomorrow": status("whispered", _PHONE_ONLY),
    "status_pricing_by_the_other_key": status("sent", _PHONE_ONLY),
    "status_with_identity_hash": status("delivered", _PHONE_ONLY),
    "echo_image": echo("image", text="a sala", media_id="1001"),
    "echo_edit": echo("edit", target_id="wamid.before", edited=Incoming("text", "às dez"), does="done"),
    "echo_revoke": echo("revoke", target_id="wamid.before", does="done"),
    "echo_reaction": echo("reaction", reaction=Reaction("wamid.before", "👍"), does="done"),
    "standby_edit": Delivery(
        (
            Expected(
                "standby",
                "wamid.edit",
                DALVA,
                Incoming("edit", target_id="wamid.before", edited=Incoming("text", "quis dizer terça")),
            ),
        )
    ),
    "preference_resume": notice("preference", NUMBER, sender=DALVA),
    "preference_signup": notice("preference", NUMBER, sender=Identity(USER_ID)),
    "phone_book_add": notice("app_state", NUMBER),
    "phone_book_remove": notice("app_state", NUMBER),
    "history_thread": Delivery((Expected("history", None), Expected("history", None))),
    "history_media": notice("history", NUMBER),
    "history_refused": notice("history", NUMBER, does="ignored: refused 2593109"),
    "calls_rejected": notice("call", NUMBER, does="ignored: call"),
    "calls_terminate": notice("call", NUMBER, does="ignored: call"),
    "calls_connect": notice("call", NUMBER, sender=DALVA, does="done, call by system"),
    **{
        form: template()
        for form in (
            "template_rejected",
            "template_paused",
            "template_disabled",
            "template_pending_deletion",
            "template_flagged",
            "template_category_impending",
            "template_quality",
            "template_components",
            "template_archived",
            "template_deleted",
            "template_in_appeal",
            "template_limit_exceeded",
            "template_locked",
            "template_pending",
            "template_reinstated",
            "template_unpaused",
            "template_paused_again",
            "template_paused_by_rate",
        )
    },
    **{
        form: notice("account")
        for form in (
            "account_violation",
            "account_restriction",
            "account_deleted",
            "account_offboarded",
            "account_reconnected",
            "account_auth_prices",
            "account_country",
            "account_volume_tier",
            "account_certification",
            "account_partner_removed",
            "account_partner_app_installed",
            "account_partner_app_uninstalled",
            "account_ad_account_linked",
            "account_mm_lite_terms",
            "account_alerts",
            "account_review",
            "number_name",
            "number_throughput",
            "capability_text",
            "security_pin_changed",
            "security_pin_reset",
            "security_pin_done",
            "username_of_the_business",
            "username_of_the_number",
        )
    },
    "flows_status": notice("flows", does="ignored: flows"),
    **{
        form: notice("flows", does="ignored: flows")
        for form in (
            "flows_latency",
            "flows_client_errors",
            "flows_endpoint_errors",
            "flows_availability",
            "flows_version_expiry",
        )
    },
    "group_lifecycle": notice("group", NUMBER, does="ignored: group"),
    "group_participants": notice("group", NUMBER, does="ignored: group"),
    "group_settings": notice("group", NUMBER, does="ignored: group"),
    "group_status": notice("group", NUMBER, does="ignored: group"),
    "partner_solutions": kept("partner_solutions"),
    "payment_configuration": kept("payment_configuration_update"),
    "automatic_events": kept("automatic_events", NUMBER),
    "messaging_handovers": kept("messaging_handovers", NUMBER),
    "user_id_update": message(
        "system",
        Identity(wa_id="5511987650001"),
        None,
        subtype="user_changed_user_id",
        does="done, system by system",
    ),
}
