"""The portal's pages of the domain, one module per family. Other apps build theirs on `ClinicAdmin`."""

from clinics.admin import (
    api_keys,
    appointments,
    audit_log,
    blocked_times,
    clinic,
    integrations,
    offerings,
    patients,
    professionals,
    team,
    users,
)
from clinics.admin.base import ClinicAdmin, ClinicInline, OperatorAdmin
from clinics.admin.panels import Panel, appointment_panels, clinic_panels, patient_panels

__all__ = [
    "ClinicAdmin",
    "ClinicInline",
    "OperatorAdmin",
    "Panel",
    "api_keys",
    "appointment_panels",
    "appointments",
    "audit_log",
    "blocked_times",
    "clinic",
    "clinic_panels",
    "integrations",
    "offerings",
    "patient_panels",
    "patients",
    "professionals",
    "team",
    "users",
]
