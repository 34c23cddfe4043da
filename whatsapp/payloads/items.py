"""What one webhook delivery holds, once unpacked: the shapes that the inbox stores and handling reads."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an item is. KEPT is known and wants nothing done; UNKNOWN is what nobody knows yet, with the reason."""

    MESSAGE = "message"
    STATUS = "status"
    ECHO = "echo"  # the clinic itself answered, on the WhatsApp Business app
    STANDBY = "standby"  # a patient wrote while Meta's own agent answers for the clinic
    STANDBY_ECHO = "standby_echo"  # what that agent answered
    ERROR = "error"  # an account, app or system error that belongs to no message
    PREFERENCE = "preference"  # a person's opt-out from, or opt-in to, marketing
    TEMPLATE = "template"
    ACCOUNT = "account"
    HISTORY = "history"  # one thread of messages from before the number came to us
    APP_STATE = "app_state"  # a contact that the clinic keeps on its telephone
    FLOWS = "flows"
    CALL = "call"
    GROUP = "group"
    KEPT = "kept"
    UNKNOWN = "unknown"


# These are part of a chat, and are worked in its order.
OF_A_CHAT = frozenset({Kind.MESSAGE, Kind.ECHO, Kind.STANDBY, Kind.STANDBY_ECHO})


@dataclass(frozen=True)
class Identity:
    """A person as Meta names them. Every part may be missing, even all of them.

    `wa_id`: digits as received (perhaps without the ninth digit); answers go to exactly this form.
    """

    user_id: str | None = None
    parent_user_id: str | None = None
    wa_id: str | None = None
    name: str | None = None
    username: str | None = None

    @property
    def scoped_id(self) -> str | None:
        """The person's own id in this portfolio, else in the parent one."""
        return self.user_id or self.parent_user_id


@dataclass(frozen=True)
class Item:
    """One message, status or notice.

    `key` is what makes it the same item again in a repeated delivery: always text without NUL, never None.
    `sender` is the person on the other side from the clinic: who wrote, or to whom the clinic wrote.
    `payload` is Meta's object untouched, and may hold NUL characters and lone surrogates: store it as
    ASCII-escaped JSON text. `provider_at` is aware UTC: the item's own time, else that of its entry, else
    (both missing or unreadable) None.
    """

    scope: str
    kind: Kind
    provider_id: str
    status: str
    field: str
    provider_at: datetime | None
    phone_number_id: str
    account_id: str
    sender: Identity
    payload: dict[str, Any]
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.scope, self.kind, self.provider_id, self.status

    @property
    def is_of_a_chat(self) -> bool:
        """Whether it is worked in the order of somebody's chat. Of the calls, those that a person makes."""
        is_call = self.kind == Kind.CALL and bool(self.sender.scoped_id or self.sender.wa_id)
        return self.kind in OF_A_CHAT or is_call


@dataclass(frozen=True)
class Problem:
    """A part of the delivery that could not become an item: where it is, and why. Holds no content."""

    where: str
    reason: str


@dataclass(frozen=True)
class Unpacked:
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Reaction:
    """An emoji on the message `message_id`; "" takes it away."""

    message_id: str
    emoji: str


@dataclass(frozen=True)
class StatusError:
    code: str
    title: str
    details: str


@dataclass(frozen=True)
class Card:
    """A contact card. `is_answer`: it answers our request for the phone, so the number in it is the sender's own;
    any other card only claims."""

    name: str
    numbers: tuple[str, ...] = ()
    is_answer: bool = False


@dataclass(frozen=True)
class Referral:
    """The advertisement or post from which somebody came to the chat."""

    source_type: str
    headline: str
    body: str
    url: str


@dataclass(frozen=True)
class Incoming:
    """What a person sent. Texts have no NUL and no lone surrogate: they fit any column.

    `text` is what there is to read: the body, the caption, the title of what was pressed, a place, cards, a filled
    form, an order. `choice_id` is the id of what was pressed. `subtype` says more about the kinds "interactive",
    "unsupported" and "system". `target_id` is the message that a change (`edit`, `revoke`) concerns, and `edited`
    what it says now. `forwarded` is "", "once" or "often".
    """

    type: str
    text: str = ""
    subtype: str = ""
    choice_id: str = ""
    context_id: str = ""
    media_id: str = ""
    group_id: str = ""
    reaction: Reaction | None = None
    cards: tuple[Card, ...] = ()
    target_id: str = ""
    edited: "Incoming | None" = None
    referral: Referral | None = None
    forwarded: str = ""
    errors: tuple[StatusError, ...] = ()


@dataclass(frozen=True)
class StatusUpdate:
    """News about a message that we sent. `tracker` is the id of ours that went out with it."""

    wamid: str
    status: str
    at: datetime | None
    tracker: str
    recipient: Identity
    errors: tuple[StatusError, ...] = ()
    pricing: dict[str, Any] | None = field(default=None)
