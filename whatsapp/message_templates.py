"""What does the clinic write to a patient about an appointment that changed outside the chat? Pure; Portuguese.

The clinic's own words within 24 hours of the patient's last message; outside that window Meta takes approved templates
only.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")


@dataclass(frozen=True)
class Occasion:
    """An appointment as a notice speaks of it; `starts_at` aware."""

    clinic_name: str
    patient_name: str
    offering_name: str
    professional_name: str
    starts_at: datetime
    zone: tzinfo

    def when(self) -> str:
        """«terça, 24/11, às 14h30»."""
        local = self.starts_at.astimezone(self.zone)
        minutes = f"{local:%M}" if local.minute else ""
        return f"{WEEKDAYS[local.weekday()]}, {local:%d/%m}, às {local.hour}h{minutes}"

    def first_name(self) -> str:
        """How the patient is addressed."""
        return self.patient_name.split(" ")[0]

    def values(self) -> dict[str, str]:
        """What fills the variables of an approved template, by their names."""
        return {
            "paciente": self.first_name(),
            "clinica": self.clinic_name,
            "servico": self.offering_name,
            "profissional": self.professional_name,
            "quando": self.when(),
        }


def booked(occasion: Occasion) -> str:
    """The clinic has booked."""
    return (
        f"Olá, {occasion.first_name()}! Aqui é da {occasion.clinic_name}. Seu horário está marcado: "
        f"*{occasion.offering_name}* com {occasion.professional_name}, {occasion.when()}.\n\n"
        "Se precisar mudar ou cancelar, é só responder aqui."
    )


def rescheduled(occasion: Occasion) -> str:
    """The clinic has moved it."""
    return (
        f"Olá, {occasion.first_name()}! Seu horário na {occasion.clinic_name} mudou: agora é "
        f"*{occasion.when()}* ({occasion.offering_name} com {occasion.professional_name}).\n\n"
        "Se não puder nesse horário, responda aqui que a gente resolve."
    )


def cancelled(occasion: Occasion) -> str:
    """The clinic has cancelled it."""
    return (
        f"Olá, {occasion.first_name()}. Seu horário na {occasion.clinic_name}, {occasion.when()} "
        f"({occasion.offering_name} com {occasion.professional_name}), foi cancelado.\n\n"
        "Quer remarcar? Responda aqui que eu mostro os horários livres."
    )


def reminder(occasion: Occasion) -> str:
    """It is soon."""
    return (
        f"Olá, {occasion.first_name()}! Passando para lembrar do seu horário na {occasion.clinic_name}: "
        f"*{occasion.offering_name}* com {occasion.professional_name}, {occasion.when()}.\n\nVocê confirma que vem?"
    )


NOTICES = {"booked": booked, "rescheduled": rescheduled, "cancelled": cancelled}


def ask_place_text() -> str:
    """Above WhatsApp's button that shares where one is."""
    return "Você pode nos enviar sua localização? É só tocar no botão abaixo. 📍"


def ask_phone_text(clinic_name: str) -> str:
    """Above WhatsApp's button that shares one's own number."""
    return (
        f"Para completar seu cadastro na {clinic_name}, precisamos do seu telefone. "
        "Toque no botão abaixo para enviar seu número com segurança. 📱"
    )
