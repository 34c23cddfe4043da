"""How does a number come into the clinic's hands: what is done, what is missing, and what is done about it?

`connect` brings it in, after Meta has confirmed token, account and number; `list_steps` tells where it stands, from the
row alone; `run_step` asks Meta about one step again, and does what may be done without asking a person. Secrets are
kept, encrypted, only once they passed; the PIN is used for one call and never kept.

One token serves a clinic: a second number must be of an account that the same token reaches.
"""

from whatsapp.onboarding.asking import run_step
from whatsapp.onboarding.connecting import Draft, Outcome, confirm_account, connect, replace_token
from whatsapp.onboarding.steps import STEPS, State, Step, list_steps
from whatsapp.onboarding.trying import CannotTry, send_test

__all__ = [
    "STEPS",
    "CannotTry",
    "Draft",
    "Outcome",
    "State",
    "Step",
    "confirm_account",
    "connect",
    "list_steps",
    "replace_token",
    "run_step",
    "send_test",
]
