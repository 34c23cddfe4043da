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


@dataclass(frozen=True)
class Delivery:
    items: tuple[Expected, ...]
    problems: tuple[str, ...] = ()


def message(type_: str, sender: Identity = DALVA, id_: str | None = "", **says: object) -> Delivery:
    said = Incoming(type=type_, **says)  # type: ignore[arg-type]
    provider_id = f"wamid.{type_}" if id_ == "" else id_
    return Delivery((Expected("message", provider_id, sender, said),))


def status(word: str, recipient: Identity) -> Delivery:
    return Delivery((Expected("status", "wamid.ours", recipient, status=word),))


def notice(kind: str, scope: str = ACCOUNT, reason: str = "", sender: Identity = NOBODY) -> Delivery:
    return Delivery((Expected(kind, None, sender, scope=scope, reason=reason),))


def _text(body: str, sender: Identity = DALVA, id_: str | None = "wamid.text") -> Expected:
    return Expected("message", id_, sender, Incoming(type="text", text=body))


_PHONE_ONLY = Identity(wa_id="5511987650001")
_ZECA = Identity(wa_id="5521987650002", name="Zeca")
_ECHO = Expected("echo", "wamid.echo", _PHONE_ONLY, Incoming(type="text", text="Aqui é a Ana"))

EXPECTED: dict[str, Delivery] = {
    "text": message("text", text="Olá, quero marcar 😀"),
    "text_nul": message("text", text="a�b�c"),
    "text_reply": message("text", text="sim", context_id="wamid.before"),
    "text_forwarded": message("text", text="corrente", forwarded="often"),
    "text_referral": message("text", text="vi o anúncio", referral=Referral("ad", "h", "b", "https://fb.me/x")),
    "text_group": message("text", text="oi grupo", group_id="Y2FwaV9ncm91cA"),
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
        (*message("interactive").items, Expected("error", None)),
    ),
    "template_button": message("button", text="Confirmar", choice_id="confirm_presence:12"),
    "reaction": message("reaction", reaction=Reaction("wamid.ours", "👍")),
    "reaction_removed": message("reaction", reaction=Reaction("wamid.ours", "")),
    "order": message("order", text="1 × p (BRL 1.5)"),
    "system_number_changed": message("system", _PHONE_ONLY, text="User A changed", subtype="user_changed_number"),
    "system_user_id_changed": message(
        "system", Identity(user_id="BR.222"), "wamid.sys", subtype="user_changed_user_id"
    ),
    "unsupported": message(
        "unsupported",
        subtype="poll",
        errors=(StatusError("131051", "Message type unknown", "Message type is currently not supported."),),
    ),
    "edit": message("edit", target_id="wamid.text", edited=Incoming("text", "quis dizer terça")),
    "revoke": message("revoke", target_id="wamid.text"),
    "request_welcome": message("request_welcome"),
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
    "nobody": Delivery((_text("oi", Identity(), "wamid.nobody"),)),
    "without_id": Delivery((_text("oi", DALVA, None),)),
    "contacts_in_other_order": Delivery((_text("1"), _text("2", _ZECA, "wamid.second"))),
    "same_message_twice": Delivery((_text("oi"), _text("oi"))),
    "status_sent": status("sent", _PHONE_ONLY),
    "status_delivered": status("delivered", _PHONE_ONLY),
    "status_read_user_id": status("read", Identity(USER_ID, wa_id="5511987650001")),
    "status_played": status("played", _PHONE_ONLY),
    "status_failed": status("failed", _PHONE_ONLY),
    "error_alone": notice("error", NUMBER),
    "echo": Delivery((_ECHO,)),
    "echo_to_user_id": Delivery(
        (Expected("echo", "wamid.echo", Identity(USER_ID), Incoming(type="text", text="Aqui é a Ana")),)
    ),
    "standby": Delivery(
        (
            Expected("standby", "wamid.text", DALVA, Incoming(type="text", text="oi")),
            Expected("standby_echo", "wamid.echo", DALVA, Incoming(type="text", text="Aqui é a Ana")),
            Expected("status", "wamid.ours", DALVA, status="sent"),
        )
    ),
    "preference_stop": notice("preference", NUMBER, sender=DALVA),
    "template_approved": notice("template"),
    "template_category": notice("template"),
    "number_quality": notice("account"),
    "capability": notice("account"),
    "account_disabled": notice("account"),
    "account_partner_added": notice("account", "777000777"),
    "history": notice("history", NUMBER),
    "calls": notice("call", NUMBER),
    "field_of_tomorrow": notice("unknown", ACCOUNT, "quantum_update: not handled"),
    "messages_with_nothing_known": notice("unknown", NUMBER, "messages: nothing known in it"),
    "two_clinics": Delivery(
        (
            Expected("message", "wamid.a", _PHONE_ONLY, Incoming(type="text", text="a"), scope="11"),
            Expected("status", "wamid.ours", _PHONE_ONLY, status="sent", scope="12"),
            Expected("status", "wamid.ours", _PHONE_ONLY, status="delivered", scope="12"),
            Expected("message", "wamid.b", _PHONE_ONLY, Incoming(type="text", text="b"), scope="21"),
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
}
