"""The domain's part of `/api/v1/`."""

from django.urls import path

from clinics.api.appointments import AppointmentCancel, AppointmentDetail, Appointments
from clinics.api.catalogue import Availability, Offerings, Professionals
from clinics.api.patients import PatientDetail, Patients, PatientsSearch

urlpatterns = [
    path("appointments/", Appointments.as_view(), name="api-appointments"),
    path("appointments/<int:pk>/", AppointmentDetail.as_view(), name="api-appointment"),
    path("appointments/<int:pk>/cancel/", AppointmentCancel.as_view(), name="api-appointment-cancel"),
    path("professionals/", Professionals.as_view(), name="api-professionals"),
    path("offerings/", Offerings.as_view(), name="api-offerings"),
    path("patients/", Patients.as_view(), name="api-patients"),
    path("patients/search/", PatientsSearch.as_view(), name="api-patients-search"),
    path("patients/<int:pk>/", PatientDetail.as_view(), name="api-patient"),
    path("availability/", Availability.as_view(), name="api-availability"),
]
