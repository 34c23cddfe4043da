"""Files for programs: upload one to be sent, read one that a patient sent. The key decides the clinic."""

# ruff: noqa: ARG002 - the frameworks call with more than is needed here

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from atendeai.common import clock
from clinics import audit
from clinics.api.base import ClinicView
from clinics.api.errors import Refusal
from clinics.api.fields import Moment
from whatsapp import media
from whatsapp.file_answers import as_download
from whatsapp.media.words import no_room_words, wrong_file_words
from whatsapp.models import MediaFile, MediaState


class FileSerializer(serializers.Serializer[MediaFile]):
    """A file of a chat; `state` says whether its bytes are here (`stored`), on their way, or will never come."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    mime_type = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()
    voice = serializers.BooleanField(source="is_voice")
    state = serializers.ChoiceField(MediaState.choices)
    created_at = Moment()


class NewFile(serializers.Serializer[Any]):
    """A multipart form: `file`, and `voice` for a voice message (OGG with Opus)."""

    file = serializers.FileField(allow_empty_file=True)
    voice = serializers.BooleanField(default=False)


class Files(ClinicView):
    """`/files/`"""

    serializer_class = FileSerializer
    rows = MediaFile.objects.all()
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": NewFile}, responses={201: FileSerializer})
    def post(self, request: Request) -> Response:
        """Keeps a file to be sent by `POST /messages/`. Types and sizes are WhatsApp's; others are refused (400)."""
        told = self.read(NewFile)
        given: UploadedFile[Any] = told["file"]
        try:
            file = media.keep(
                clinic=self.clinic,
                content=given.chunks(),
                name=given.name or "",
                declared=given.content_type or "",
                is_voice=told["voice"],
                now=clock.now(),
            )
        except media.WrongFile as wrong:
            raise ValidationError({"file": [wrong_file_words(wrong)]}) from None
        except OSError:
            raise Refusal(status.HTTP_503_SERVICE_UNAVAILABLE, "no_room", no_room_words()) from None
        audit.record(clinic=self.clinic, action="media_uploaded", target=file, by=self.actor, now=clock.now())
        return Response(FileSerializer(file).data, status=status.HTTP_201_CREATED)


class FileDetail(ClinicView):
    """`/files/<id>/`"""

    serializer_class = FileSerializer
    rows = MediaFile.objects.all()

    def get(self, request: Request, pk: int) -> Response:
        """How far a file is."""
        return Response(FileSerializer(self.get_object()).data)


class FileContent(ClinicView):
    """`/files/<id>/content/`"""

    serializer_class = FileSerializer
    rows = MediaFile.objects.all()

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The bytes, as a download; 404 while they are not here."""
        file: MediaFile = self.get_object()
        if not file.storage_key:
            raise Http404
        audit.record(clinic=self.clinic, action="media_downloaded", target=file, by=self.actor, now=clock.now())
        return as_download(file)
