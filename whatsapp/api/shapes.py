"""What do conversations and messages look like to a program of the clinic? Numbers are whole: they are its own."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from atendeai.common import phones
from clinics.api.fields import Moment, NamedSerializer, OfClinic
from whatsapp import template_choice
from whatsapp.api.contents import content_of, field_of
from whatsapp.cloud_api import INTERACTIVE, KINDS, OutboundContent
from whatsapp.cloud_api.client import LONGEST_WAMID
from whatsapp.models import (
    Author,
    Contact,
    Conversation,
    Direction,
    Handler,
    MediaFile,
    Message,
    MessageState,
    Template,
)
from whatsapp.service import history

LONGEST_TEXT = 4096


class ContactSerializer(serializers.Serializer[Contact]):
    """Who writes; `phone` as +digits or null, `user_id` Meta's id of the person for this clinic or null."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.SerializerMethodField()
    user_id = serializers.CharField(allow_null=True)
    patient = NamedSerializer(allow_null=True)

    def get_phone(self, contact: Contact) -> str | None:
        """As WhatsApp knows it."""
        return f"+{contact.wa_id}" if contact.wa_id else None


class ConversationNumberSerializer(serializers.Serializer[Any]):
    """Which of the clinic's numbers."""

    id = serializers.IntegerField()
    display_number = serializers.CharField()


class ConversationSerializer(serializers.Serializer[Conversation]):
    """One chat; `handler` says who answers."""

    id = serializers.IntegerField()
    contact = ContactSerializer()
    number = ConversationNumberSerializer()
    handler = serializers.ChoiceField(Handler.choices)
    unread = serializers.IntegerField()
    last_inbound_at = Moment(allow_null=True)
    last_message_at = Moment(allow_null=True)


class FittingTemplate(serializers.Serializer[Any]):
    """An approved template that can be sent instead, with the variables it needs."""

    name = serializers.CharField()
    language = serializers.CharField()
    category = serializers.CharField()
    is_named = serializers.BooleanField()
    body = serializers.SerializerMethodField()
    variables = serializers.SerializerMethodField()

    def get_body(self, template: Template) -> str:
        """Its text, variables in braces."""
        return template_choice.shape_of(template).body

    def get_variables(self, template: Template) -> list[str]:
        """Their names, or their numbers, in order."""
        return list(template_choice.shape_of(template).all_variables)


class ErrorOfMessage(serializers.Serializer[Any]):
    """Why it was not delivered, in Meta's words."""

    code = serializers.CharField()
    detail = serializers.CharField()


class MessageSerializer(serializers.Serializer[Message]):
    """One bubble; `error` is null unless something was wrong."""

    id = serializers.IntegerField()
    conversation = serializers.IntegerField(source="conversation_id")
    direction = serializers.ChoiceField(Direction.choices)
    author = serializers.ChoiceField(Author.choices)
    type = serializers.CharField()
    body = serializers.SerializerMethodField()
    file = serializers.IntegerField(source="file_id", allow_null=True, help_text="GET /files/<id>/")
    wamid = serializers.CharField(allow_null=True, help_text="WhatsApp's id of it, once it is there")
    reply_to = serializers.CharField(source="context_wamid", help_text="wamid of the message it answers, or empty")
    state = serializers.ChoiceField(MessageState.choices)
    error = serializers.SerializerMethodField()
    created_at = Moment()
    sent_at = Moment(allow_null=True)
    delivered_at = Moment(allow_null=True)
    read_at = Moment(allow_null=True)
    edited_at = Moment(allow_null=True)
    revoked_at = Moment(allow_null=True)
    patient_reaction = serializers.CharField()
    clinic_reaction = serializers.CharField()

    def get_body(self, message: Message) -> str:
        """What it says now; empty once its sender has taken it back."""
        return "" if message.revoked_at is not None else message.body

    @extend_schema_field(ErrorOfMessage(allow_null=True))
    def get_error(self, message: Message) -> dict[str, str] | None:
        """Code and detail."""
        if not message.error_code:
            return None
        return {"code": message.error_code, "detail": message.error_detail}


class StateReportSerializer(serializers.Serializer[Any]):
    """A state and when it was reached."""

    state = serializers.CharField()
    at = Moment(allow_null=True)
    error_code = serializers.CharField(allow_blank=True)


class MessageDetailSerializer(MessageSerializer):
    """With its way so far, oldest first."""

    history = serializers.SerializerMethodField()

    @extend_schema_field(StateReportSerializer(many=True))
    def get_history(self, message: Message) -> Any:
        """Empty for a received message."""
        reports = history(message) if message.direction == Direction.OUT else ()
        return StateReportSerializer(reports, many=True).data


_ADDRESSEES = ("to", "conversation")
# Beside our own kinds: Meta's shape of what can be pressed, and a stored file.
TYPES = (*KINDS, INTERACTIVE, "file")
# A stored file may stand above these.
_HEADED = ("buttons", "cta_url", "flow", "template", INTERACTIVE)
# Which fields hold what is said; every other kind has one of its own name.
_FITTING = {"text": ("body", "text"), "file": ("file", "body")}


class NewMessage(serializers.Serializer[Any]):
    """To whom (`to`, or an existing `conversation`) and what: `type`, and under the same name its content.

    A text may also be told as `body` alone; `file` is one of `POST /files/`, with `body` as its caption. With
    `buttons`, `cta_url`, `flow`, `template` and `interactive` the `file` stands above the message, in the place of a
    header. `interactive` is Meta's own shape of buttons, lists and the like. `reply_to`: the `wamid` of the message
    that is answered.
    """

    to = serializers.CharField(
        max_length=140, required=False, help_text="+5511987650001, or Meta's id of the person for this clinic"
    )
    conversation = OfClinic(queryset=Conversation.objects.select_related("number", "contact"), required=False)
    type = serializers.ChoiceField([(kind, kind) for kind in TYPES], default="text")
    body = serializers.CharField(max_length=LONGEST_TEXT, required=False, trim_whitespace=False)
    file = OfClinic(
        queryset=MediaFile.objects.filter(is_ours=True).exclude(storage_key=""),
        required=False,
        help_text="A file of `POST /files/`; `body` is its caption, or it stands above a message.",
    )
    reply_to = serializers.CharField(
        max_length=LONGEST_WAMID, required=False, help_text="wamid of the message answered"
    )

    def get_fields(self) -> dict[str, Any]:
        """The fields above, and one for each kind of content."""
        return {**super().get_fields(), **{kind: field_of(kind) for kind in (*KINDS, INTERACTIVE)}}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """A field that nobody knows is a mistake, not a wish to be passed over."""
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name: [_("This field is not known.")] for name in unknown})
        found: dict[str, Any] = super().to_internal_value(data)
        return found

    def validate_to(self, value: str) -> str:
        """A number or a user id."""
        try:
            return value if phones.is_user_id(value) else phones.to_e164(value)
        except ValueError:
            raise serializers.ValidationError(_("Use +5511987650001 or the person's id at Meta.")) from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One addressee, and the content its type needs: as `content`."""
        if ("to" in attrs) == ("conversation" in attrs):
            raise serializers.ValidationError({"to": [_("Send to or conversation, one of them.")]})
        kind = attrs["type"]
        told = [name for name in attrs if name not in (*_ADDRESSEES, "type", "reply_to")]
        fitting = _FITTING.get(kind, (kind, "file") if kind in _HEADED else (kind,))
        for name in told:
            if name not in fitting:
                raise serializers.ValidationError({name: [_("This type of message does not have it.")]})
        if kind == "file" and "file" in attrs:
            return attrs
        said = [name for name in told if name != "file"]
        if len(said) != 1:
            raise serializers.ValidationError({fitting[0]: [_("This type of message needs it.")]})
        return {**attrs, "content": _content(kind, said[0], attrs[said[0]])}


def _content(kind: str, name: str, told: Any) -> OutboundContent:
    if name == "body" and not told.strip():
        raise serializers.ValidationError({"body": [_("It is empty.")]})
    return content_of(kind, told)
