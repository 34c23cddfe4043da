"""The clinic's tables, one module per family."""

from clinics.models.alert import Alert
from clinics.models.appointment import HOLDING, UPCOMING, Appointment, Source, Status
from clinics.models.audit import AuditEntry
from clinics.models.clinic import (
    CalendarDetail,
    CalendarMode,
    CalendarReminders,
    Clinic,
    GooglePolicy,
    State,
    TimeZone,
    check_event_text,
)
from clinics.models.closing import NOT_CLOSED, Closable, CloseReason, Lossy
from clinics.models.credentials import ClinicCredential, CredentialUse, KeySentinel
from clinics.models.membership import ApiKey, Invitation, Membership, Role
from clinics.models.outage import Outage, OutageEnd, Provider
from clinics.models.patient import Patient, PatientMerge
from clinics.models.professional import EventColor, Offering, OfferingProfessional, Professional
from clinics.models.tenancy import TenantModel, TenantQuerySet
from clinics.models.user import User
from clinics.models.working_hours import BusyPeriod, BusySource, HoursException, Weekday, WorkingHours

__all__ = [
    "HOLDING",
    "NOT_CLOSED",
    "UPCOMING",
    "Alert",
    "ApiKey",
    "Appointment",
    "AuditEntry",
    "BusyPeriod",
    "BusySource",
    "CalendarDetail",
    "CalendarMode",
    "CalendarReminders",
    "Clinic",
    "ClinicCredential",
    "Closable",
    "CloseReason",
    "CredentialUse",
    "EventColor",
    "GooglePolicy",
    "HoursException",
    "Invitation",
    "KeySentinel",
    "Lossy",
    "Membership",
    "Offering",
    "OfferingProfessional",
    "Outage",
    "OutageEnd",
    "Patient",
    "PatientMerge",
    "Professional",
    "Provider",
    "Role",
    "Source",
    "State",
    "Status",
    "TenantModel",
    "TenantQuerySet",
    "TimeZone",
    "User",
    "Weekday",
    "WorkingHours",
    "check_event_text",
]
