"""Would Meta take this flow message? A text with one button that opens a form."""

from __future__ import annotations

import re

from sandbox.graph.errors import GraphError
from sandbox.graph.parts import among, node_of, text_of
from sandbox.store import Json

EMOJI = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\u20e3\U0001f000-\U0001faff]")


def check_flow(action: Json) -> None:
    if action.get("name") != "flow":
        raise GraphError(131009, "interactive.action.name must be 'flow'")
    parameters = node_of(action, "parameters", "interactive.action.parameters")
    if parameters.get("flow_message_version") != "3":
        raise GraphError(131009, "flow_message_version must be '3'")
    if ("flow_id" in parameters) == ("flow_name" in parameters):
        raise GraphError(131009 if "flow_id" in parameters else 131008, "exactly one of flow_id or flow_name is needed")
    text_of(parameters, "flow_id" if "flow_id" in parameters else "flow_name", 200, "flow_id or flow_name")
    label = text_of(parameters, "flow_cta", 30, "flow_cta")
    if EMOJI.search(label):
        raise GraphError(131009, "flow_cta cannot contain emojis")
    among(parameters, "mode", ("draft", "published"), default="published")
    among(parameters, "flow_action", ("navigate", "data_exchange"), default="navigate")
    if parameters.get("flow_action_payload") is not None:
        _check_start(parameters)


def _check_start(parameters: Json) -> None:
    if parameters.get("flow_action") == "data_exchange":
        raise GraphError(131009, "flow_action_payload must be omitted for the action data_exchange")
    start = node_of(parameters, "flow_action_payload", "flow_action_payload")
    text_of(start, "screen", 200, "flow_action_payload.screen")
    if "data" in start and not node_of(start, "data", "flow_action_payload.data"):
        raise GraphError(131009, "flow_action_payload.data must not be empty")
