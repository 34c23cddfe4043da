"""What can a person at the terminal mend themselves? Those cases end with words, not with a traceback."""


class Trouble(Exception):
    """The house cannot go on; the text says what happened and what to do about it."""


class StopRequested(Exception):
    """Ctrl-C or SIGTERM arrived while something was being waited for."""
