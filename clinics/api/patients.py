"""Patients for programs. They are looked for by POST: names and numbers have no place in an address."""

# ruff: noqa: ARG002 - the frameworks call with more than is needed here

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from atendeai.common import clock, phones
from clinics import patients
from clinics.api.base import ClinicView, ListView
from clinics.api.fields import Moment
from clinics.models import Patient


class PatientSerializer(serializers.Serializer[Patient]):
    """A patient; `phone` as +digits, empty when none is known."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True, help_text="Empty when none is known.")
    merged_into = serializers.IntegerField(
        source="merged_into_id", allow_null=True, help_text="The record that counts, when this one was merged into it."
    )
    created_at = Moment()


class Phone(serializers.CharField):
    """A number as people write it; Brazilian ones with or without +55. Becomes +digits."""

    def to_internal_value(self, data: Any) -> str:
        """`+55…`"""
        text = super().to_internal_value(data)
        try:
            return phones.to_e164(text) if text else ""
        except ValueError:
            raise serializers.ValidationError(
                _("This is not a phone number: write it with area code, for example +5511987650001.")
            ) from None


class NewPatient(serializers.Serializer[Any]):
    """A name, and a number if there is one."""

    name = serializers.CharField(max_length=120)
    phone = Phone(max_length=40, required=False, allow_blank=True, default="")
    email = serializers.EmailField(
        max_length=254,
        required=False,
        allow_blank=True,
        default="",
        help_text="Used only if the clinic lets Google invite patients.",
    )


class PatientSearch(serializers.Serializer[Any]):
    """A number in any of its forms, a part of the name, or both."""

    phone = Phone(max_length=40, required=False)
    name = serializers.CharField(min_length=2, max_length=120, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """At least one."""
        if not attrs:
            raise serializers.ValidationError(_("Send phone or name."))
        return attrs


class Patients(ListView):
    """`/patients/`"""

    serializer_class = PatientSerializer
    rows = Patient.objects.standing()

    @extend_schema(request=NewPatient, responses={201: PatientSerializer})
    def post(self, request: Request) -> Response:
        """Registers a patient. Several may share a phone, as a mother and her children do."""
        told = self.read(NewPatient)
        patient = patients.register(clinic=self.clinic, by=self.actor, now=clock.now(), **told)
        return Response(PatientSerializer(patient).data, status=status.HTTP_201_CREATED)


class PatientDetail(ClinicView):
    """`/patients/<id>/`"""

    serializer_class = PatientSerializer
    rows = Patient.objects.all()

    def get(self, request: Request, pk: int) -> Response:
        """One patient."""
        return Response(PatientSerializer(self.get_object()).data)


class PatientsSearch(ClinicView):
    """`/patients/search/`"""

    serializer_class = PatientSerializer
    rows = Patient.objects.standing()

    @extend_schema(request=PatientSearch, responses=PatientSerializer(many=True))
    def post(self, request: Request) -> Response:
        """The patients with this number or name, newest first. For the next page send the same body to `next`."""
        return self.answer_page(PatientSerializer, self.page(_found(self.get_queryset(), self.read(PatientSearch))))


def _found(rows: QuerySet[Patient], wanted: dict[str, Any]) -> QuerySet[Patient]:
    if phone := wanted.get("phone"):
        rows = rows.filter(phone_key=phones.match_key(phones.digits(phone)))
    if name := wanted.get("name"):
        rows = rows.filter(name__icontains=name)
    return rows
