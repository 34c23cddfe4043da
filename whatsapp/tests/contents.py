"""One content of each kind, and what the Graph API is given for it."""

from typing import Any

from whatsapp.cloud_api import (
    Audio,
    Button,
    Buttons,
    Card,
    CardAddress,
    CardEmail,
    CardName,
    CardOrg,
    CardPhone,
    CardUrl,
    ContactRequest,
    Contacts,
    CopyCode,
    CtaUrl,
    Document,
    Flow,
    FlowStart,
    Image,
    ListMessage,
    Location,
    LocationRequest,
    Named,
    OutboundContent,
    QuickReply,
    Reaction,
    Row,
    Section,
    Sticker,
    Template,
    Text,
    UrlPart,
    Video,
)


def interactive(kind: str, body: str, action: dict[str, Any], **frame: Any) -> dict[str, Any]:
    """As Meta takes it."""
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": body}, "action": action, **frame}}


def template(name: str, *components: dict[str, Any], language: str = "pt_BR") -> dict[str, Any]:
    """As Meta takes it."""
    node = {"name": name, "language": {"code": language}, "components": list(components)}
    return {"type": "template", "template": node}


def button_component(sub_type: str, index: str, parameter: dict[str, Any]) -> dict[str, Any]:
    """A template's button."""
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


def text_parameter(text: str, **more: str) -> dict[str, str]:
    """A value for a template."""
    return {"type": "text", "text": text, **more}


PDF = "https://files.example/preparo.pdf"
REPLIES = [
    {"type": "reply", "reply": {"id": "confirm:1", "title": "Sim"}},
    {"type": "reply", "reply": {"id": "change", "title": "Mudar"}},
]
SIM = (Button("confirm:1", "Sim"), Button("change", "Mudar"))
ROWS = [{"id": "slot:1", "title": "08:00", "description": "Dra. Lia"}, {"id": "slot:2", "title": "09:00"}]
TIMES = (Row("slot:1", "08:00", "Dra. Lia"), Row("slot:2", "09:00"))

CONTENTS: list[tuple[OutboundContent, dict[str, Any]]] = [
    (Text("Olá"), {"type": "text", "text": {"body": "Olá", "preview_url": False}}),
    (Text("https://x.example", True), {"type": "text", "text": {"body": "https://x.example", "preview_url": True}}),
    (
        Buttons("Confirma?", SIM, "Consulta", "Aurora"),
        interactive(
            "button",
            "Confirma?",
            {"buttons": REPLIES},
            header={"type": "text", "text": "Consulta"},
            footer={"text": "Aurora"},
        ),
    ),
    (
        Buttons("Confirma?", SIM, Image(id="31")),
        interactive("button", "Confirma?", {"buttons": REPLIES}, header={"type": "image", "image": {"id": "31"}}),
    ),
    (
        Buttons("Confirma?", SIM, Document(link=PDF, filename="preparo.pdf")),
        interactive(
            "button",
            "Confirma?",
            {"buttons": REPLIES},
            header={"type": "document", "document": {"link": PDF, "filename": "preparo.pdf"}},
        ),
    ),
    (
        Buttons("Confirma?", SIM, Video(id="32")),
        interactive("button", "Confirma?", {"buttons": REPLIES}, header={"type": "video", "video": {"id": "32"}}),
    ),
    (
        ListMessage("Horários", "Ver", (Section(TIMES),)),
        interactive("list", "Horários", {"button": "Ver", "sections": [{"rows": ROWS}]}),
    ),
    (
        ListMessage("Horários", "Ver", (Section(TIMES[:1], "Manhã"), Section(TIMES[1:], "Tarde")), "Agenda", "Aurora"),
        interactive(
            "list",
            "Horários",
            {
                "button": "Ver",
                "sections": [{"title": "Manhã", "rows": ROWS[:1]}, {"title": "Tarde", "rows": ROWS[1:]}],
            },
            header={"type": "text", "text": "Agenda"},
            footer={"text": "Aurora"},
        ),
    ),
    (Image(id="31", caption="Entrada"), {"type": "image", "image": {"id": "31", "caption": "Entrada"}}),
    (Image(link="https://x.example/a.png"), {"type": "image", "image": {"link": "https://x.example/a.png"}}),
    (
        Document(link=PDF, caption="Leia antes", filename="preparo.pdf"),
        {"type": "document", "document": {"link": PDF, "caption": "Leia antes", "filename": "preparo.pdf"}},
    ),
    (Audio(id="33"), {"type": "audio", "audio": {"id": "33"}}),
    (Audio(id="33", voice=True), {"type": "audio", "audio": {"id": "33", "voice": True}}),
    (Video(id="32", caption="Como chegar"), {"type": "video", "video": {"id": "32", "caption": "Como chegar"}}),
    (Sticker(id="34"), {"type": "sticker", "sticker": {"id": "34"}}),
    (Location(-23.5, -46.6), {"type": "location", "location": {"latitude": -23.5, "longitude": -46.6}}),
    (
        Location(-23.5, -46.6, "Clínica Aurora", "Rua das Flores, 10"),
        {
            "type": "location",
            "location": {
                "latitude": -23.5,
                "longitude": -46.6,
                "name": "Clínica Aurora",
                "address": "Rua das Flores, 10",
            },
        },
    ),
    (
        Contacts((Card(CardName("Clínica Aurora"), (CardPhone("+551130000001", "WORK", "551130000001"),)),)),
        {
            "type": "contacts",
            "contacts": [
                {
                    "name": {"formatted_name": "Clínica Aurora", "first_name": "Clínica Aurora"},
                    "phones": [{"phone": "+551130000001", "type": "WORK", "wa_id": "551130000001"}],
                }
            ],
        },
    ),
    (
        Contacts(
            (
                Card(
                    CardName("Dra. Lia Souza", "Lia", "Souza"),
                    emails=(CardEmail("lia@aurora.example", "WORK"),),
                    urls=(CardUrl("https://aurora.example"),),
                    addresses=(CardAddress("Rua das Flores, 10", "São Paulo", country_code="br"),),
                    org=CardOrg("Clínica Aurora", title="Dentista"),
                    birthday="1980-02-29",
                ),
            )
        ),
        {
            "type": "contacts",
            "contacts": [
                {
                    "name": {"formatted_name": "Dra. Lia Souza", "first_name": "Lia", "last_name": "Souza"},
                    "emails": [{"email": "lia@aurora.example", "type": "WORK"}],
                    "urls": [{"url": "https://aurora.example"}],
                    "addresses": [{"street": "Rua das Flores, 10", "city": "São Paulo", "country_code": "br"}],
                    "org": {"company": "Clínica Aurora", "title": "Dentista"},
                    "birthday": "1980-02-29",
                }
            ],
        },
    ),
    (Reaction("wamid.in", "👍"), {"type": "reaction", "reaction": {"message_id": "wamid.in", "emoji": "👍"}}),
    (Reaction("wamid.in"), {"type": "reaction", "reaction": {"message_id": "wamid.in", "emoji": ""}}),
    (
        CtaUrl("Prepare-se", "Ver preparo", PDF, "Exame", "Aurora"),
        interactive(
            "cta_url",
            "Prepare-se",
            {"name": "cta_url", "parameters": {"display_text": "Ver preparo", "url": PDF}},
            header={"type": "text", "text": "Exame"},
            footer={"text": "Aurora"},
        ),
    ),
    (
        LocationRequest("Onde você está?"),
        interactive("location_request_message", "Onde você está?", {"name": "send_location"}),
    ),
    (
        ContactRequest("Qual é o seu telefone?"),
        interactive("request_contact_info", "Qual é o seu telefone?", {"name": "request_contact_info"}),
    ),
    (
        Flow("Conte um pouco", "Preencher", flow_id="77"),
        interactive(
            "flow",
            "Conte um pouco",
            {
                "name": "flow",
                "parameters": {
                    "flow_message_version": "3",
                    "flow_id": "77",
                    "flow_cta": "Preencher",
                    "flow_token": "unused",
                    "mode": "published",
                    "flow_action": "navigate",
                },
            },
        ),
    ),
    (
        Flow(
            "Conte um pouco",
            "Preencher",
            flow_name="triagem",
            token="f-1",
            mode="draft",
            screen="SAUDE",
            data={"nome": "Dalva", "exames": [1, {"ok": True}]},
            header="Triagem",
            footer="Aurora",
        ),
        interactive(
            "flow",
            "Conte um pouco",
            {
                "name": "flow",
                "parameters": {
                    "flow_message_version": "3",
                    "flow_name": "triagem",
                    "flow_cta": "Preencher",
                    "flow_token": "f-1",
                    "mode": "draft",
                    "flow_action": "navigate",
                    "flow_action_payload": {"screen": "SAUDE", "data": {"nome": "Dalva", "exames": [1, {"ok": True}]}},
                },
            },
            header={"type": "text", "text": "Triagem"},
            footer={"text": "Aurora"},
        ),
    ),
    (
        Template("lembrete", ("Dalva", "terça, 8h"), (QuickReply(0, "confirm:1"), QuickReply(1, "cancel:1"))),
        template(
            "lembrete",
            {"type": "body", "parameters": [text_parameter("Dalva"), text_parameter("terça, 8h")]},
            button_component("quick_reply", "0", {"type": "payload", "payload": "confirm:1"}),
            button_component("quick_reply", "1", {"type": "payload", "payload": "cancel:1"}),
        ),
    ),
    (Template("aviso", language="pt_PT"), template("aviso", language="pt_PT")),
    (
        Template("aviso", (Named("nome", "Dalva"),), header=Named("clinica", "Aurora")),
        template(
            "aviso",
            {"type": "header", "parameters": [text_parameter("Aurora", parameter_name="clinica")]},
            {"type": "body", "parameters": [text_parameter("Dalva", parameter_name="nome")]},
        ),
    ),
    (
        Template("aviso", header="Aurora"),
        template("aviso", {"type": "header", "parameters": [text_parameter("Aurora")]}),
    ),
    (
        Template("aviso", header=Image(id="31")),
        template("aviso", {"type": "header", "parameters": [{"type": "image", "image": {"id": "31"}}]}),
    ),
    (
        Template("aviso", header=Video(link="https://x.example/a.mp4")),
        template(
            "aviso",
            {"type": "header", "parameters": [{"type": "video", "video": {"link": "https://x.example/a.mp4"}}]},
        ),
    ),
    (
        Template("aviso", header=Document(id="35", filename="preparo.pdf")),
        template(
            "aviso",
            {
                "type": "header",
                "parameters": [{"type": "document", "document": {"id": "35", "filename": "preparo.pdf"}}],
            },
        ),
    ),
    (
        Template("aviso", header=Location(-23.5, -46.6, "Clínica Aurora", "Rua das Flores, 10")),
        template(
            "aviso",
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "location",
                        "location": {
                            "latitude": -23.5,
                            "longitude": -46.6,
                            "name": "Clínica Aurora",
                            "address": "Rua das Flores, 10",
                        },
                    }
                ],
            },
        ),
    ),
    (
        Template(
            "aviso",
            buttons=(UrlPart(0, "abc"), CopyCode(1, "AURORA10"), FlowStart(2, "f-1", {"nome": "Dalva"}), FlowStart(3)),
        ),
        template(
            "aviso",
            button_component("url", "0", text_parameter("abc")),
            button_component("copy_code", "1", {"type": "coupon_code", "coupon_code": "AURORA10"}),
            button_component(
                "flow",
                "2",
                {"type": "action", "action": {"flow_token": "f-1", "flow_action_data": {"nome": "Dalva"}}},
            ),
            button_component("flow", "3", {"type": "action", "action": {"flow_token": "unused"}}),
        ),
    ),
]
IDS = [f"{content.kind}-{number}" for number, (content, _) in enumerate(CONTENTS)]
ONE_OF_EACH: dict[str, OutboundContent] = {content.kind: content for content, _ in reversed(CONTENTS)}
