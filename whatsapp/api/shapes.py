"""What do conversations and messages look like to a program of the clinic? Numbers are whole: they are its own."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from atendeai.common import phones
from clinics.api.fields import Moment, NamedSerializer, OfClinic
from whatsapp.cloud_api import Template
from whatsapp.models import Author, Contact, Conversation, Direction, Handler, MediaFile, Message, MessageState
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


class TemplateSerializer(serializers.Serializer[Any]):
    """An approved template and its parameters in order."""

    name = serializers.CharField(max_length=512)
    language = serializers.CharField(max_length=15, default="pt_BR")
    parameters = serializers.ListField(child=serializers.CharField(max_length=1024), max_length=50, default=list)


class NewMessage(serializers.Serializer[Any]):
    """To whom (`to`, or an existing `conversation`) and what (`body` of a text, `template`, or `file`)."""

    to = serializers.CharField(
        max_length=140, required=False, help_text="+5511987650001, or Meta's id of the person for this clinic"
    )
    conversation = OfClinic(queryset=Conversation.objects.select_related("number", "contact"), required=False)
    type = serializers.ChoiceField([("text", "text"), ("template", "template"), ("file", "file")], default="text")
    body = serializers.CharField(max_length=LONGEST_TEXT, required=False, trim_whitespace=False)
    template = TemplateSerializer(required=False)
    file = OfClinic(
        queryset=MediaFile.objects.filter(is_ours=True).exclude(storage_key=""),
        required=False,
        help_text="A file of `POST /files/`; `body` is its caption.",
    )

    def validate_to(self, value: str) -> str:
        """A number or a user id."""
        try:
            return value if phones.is_user_id(value) else phones.to_e164(value)
        except ValueError:
            raise serializers.ValidationError(_("Use +5511987650001 or the person's id at Meta.")) from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One addressee, and the content its type needs."""
        if ("to" in attrs) == ("conversation" in attrs):
            raise serializers.ValidationError({"to": [_("Send to or conversation, one of them.")]})
        needed = attrs["type"] if attrs["type"] != "text" else "body"
        if not attrs.get(needed):
            raise serializers.ValidationError({needed: [_("This type of message needs it.")]})
        if needed == "body" and not attrs["body"].strip():
            raise serializers.ValidationError({"body": [_("It is empty.")]})
        return attrs


def as_template(told: dict[str, Any]) -> Template:
    """The validated template as content."""
    return Template(told["name"], tuple(told["parameters"]), language=told["language"])
