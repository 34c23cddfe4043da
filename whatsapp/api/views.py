"""Conversations and messages for programs. Sending goes through WhatsAppService."""

# ruff: noqa: ARG002 - the frameworks call with more than is needed here

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from atendeai.common import clock
from atendeai.common.errors import NotConfigured, Rejected
from clinics.api.base import ClinicView, ListView
from clinics.api.errors import Refusal
from whatsapp import cloud_api
from whatsapp.api import repeats
from whatsapp.api.limit_words import limit_words
from whatsapp.api.shapes import (
    ConversationSerializer,
    FittingTemplate,
    MessageDetailSerializer,
    MessageSerializer,
    NewMessage,
)
from whatsapp.models import Conversation, Message
from whatsapp.service import OutsideWindow, WhatsAppService


class Conversations(ListView):
    """`/conversations/`"""

    serializer_class = ConversationSerializer
    rows = Conversation.objects.filter(merged_into__isnull=True).select_related("number", "contact__patient")


class ConversationMessages(ClinicView):
    """`/conversations/<id>/messages/`"""

    serializer_class = MessageSerializer
    rows = Conversation.objects.all()

    @extend_schema(responses=MessageSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """The chat, newest first."""
        messages = Message.objects.for_clinic(self.clinic).filter(conversation=self.get_object())
        return self.answer_page(MessageSerializer, self.page(messages))


class Messages(ClinicView):
    """`/messages/`"""

    serializer_class = MessageSerializer
    rows = Message.objects.all()

    @extend_schema(
        request=NewMessage,
        responses={201: MessageSerializer},
        parameters=[
            OpenApiParameter(
                repeats.HEADER,
                str,
                OpenApiParameter.HEADER,
                description="Your own key for this request, up to 200 characters, good for 24 hours: sent again with "
                "it, the same request is answered as before and nothing more is sent (`Idempotent-Replayed: true`). "
                "With another body: 422 `idempotency_key_reused`.",
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Queues a message; `state` says how far it is, `GET /messages/<id>/` how far it came.

        Free text is for people who wrote in the last 24 hours (else 409 `outside_window`, with the approved
        `templates` that fit): to others, templates.
        """
        told, now = self.read(NewMessage), clock.now()

        def do() -> Any:
            return dict(MessageSerializer(self._queued(told, now)).data)

        answer, is_replayed = repeats.once(clinic=self.clinic, request=request, now=now, do=do)
        headers = {"Idempotent-Replayed": "true"} if is_replayed else {}
        return Response(answer, status=status.HTTP_201_CREATED, headers=headers)

    def _queued(self, told: dict[str, Any], now: datetime) -> Message:
        try:
            return self._sent(told, now)
        except OutsideWindow as error:
            message = _("The person has not written in the last 24 hours: only a template may be sent.")
            fitting = FittingTemplate(error.templates, many=True).data
            raise Refusal(status.HTTP_409_CONFLICT, "outside_window", message, {"templates": fitting}) from None
        except cloud_api.ContentError as error:
            field = {"context": "reply_to", "caption": "body"}.get(error.field, error.field)
            raise serializers.ValidationError({field: [limit_words(error)]}) from None
        except Rejected as error:
            message = _("WhatsApp would refuse this template now (code %(code)s).") % {"code": error.code}
            raise Refusal(status.HTTP_409_CONFLICT, "template_refused", message) from None
        except NotConfigured as error:
            message = _("The clinic's WhatsApp is not set up for this: %(detail)s.") % {"detail": error.detail}
            raise Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, "not_configured", message) from None

    def _sent(self, told: dict[str, Any], now: datetime) -> Message:
        service, context = WhatsAppService(self.clinic.pk), told.get("reply_to", "")
        to = told.get("conversation") or told["to"]
        if told["type"] == "file":
            return service.send_file(to, told["file"], caption=told.get("body", ""), now=now, context=context)
        send = service.send if isinstance(to, str) else service.send_in
        return send(to, told["content"], now=now, context=context, file=told.get("file"))


class MessageDetail(ClinicView):
    """`/messages/<id>/`"""

    serializer_class = MessageDetailSerializer
    rows = Message.objects.prefetch_related("events")

    def get(self, request: Request, pk: int) -> Response:
        """One message with its history."""
        return Response(MessageDetailSerializer(self.get_object()).data)
