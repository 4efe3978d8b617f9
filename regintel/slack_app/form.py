"""The forms behind *Wrong tag* and *Not for us*: as Slack draws them, and what comes back. Values in, values out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from regintel.notify.blocks import Block, section
from regintel.notify.mrkdwn import cut, escaped, plain
from regintel.vocabulary import Opinion

REASON, WRONG, MISSING = "reason", "wrong", "missing"
"""Blocks and actions of the form."""
LONGEST_REASON = 1_000
BOXES, OPTION, VALUE, OPTIONS = 10, 75, 150, 100
"""Slack's limits: checkboxes, characters of an option and its value, options in a group."""
TITLES = {Opinion.WRONG_TAG: "Wrong tag", Opinion.NOT_FOR_US: "Not for us"}


@dataclass(frozen=True)
class About:
    """What a form is about: kept by Slack while it is open, and checked again when it comes back."""

    value: str
    """Of the button."""
    channel: str
    message: str

    def as_text(self) -> str:
        """Return what Slack keeps (3,000 characters at most)."""
        return json.dumps([self.value, self.channel, self.message])


@dataclass(frozen=True)
class Filled:
    """What a person wrote into the form."""

    about: About
    reason: str
    wrong: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def form(
    opinion: Opinion,
    about: About,
    title: str,
    present: Iterable[str] = (),
    schemes: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, object]:
    """Return the form.

    :param title: the document's.
    :param present: ids of the labels that the document has.
    :param schemes: by the name of a kind of labels, what people call each label, by id.
    """
    blocks: list[Block] = [section(escaped(title, 500) or "(no title)")]
    if opinion is Opinion.WRONG_TAG:
        kinds = schemes or {}
        names = {label: name for labels in kinds.values() for label, name in labels.items()}
        blocks += _labels([each for each in present if each in names], names, kinds)
    asked = "Why? What should it say?" if opinion is Opinion.WRONG_TAG else "Why does it not concern this project?"
    blocks.append(_input(REASON, asked, {
        "type": "plain_text_input", "multiline": True, "min_length": 1, "max_length": LONGEST_REASON,
    }))  # fmt: skip
    return {
        "type": "modal",
        "callback_id": f"feedback_{opinion}",
        "private_metadata": about.as_text(),
        "title": _plain(TITLES[opinion]),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }


def told(text: str) -> dict[str, object]:
    """Return what stands in the form's place once it was sent; the text is escaped."""
    return {"type": "modal", "title": _plain("Feedback"), "close": _plain("Close"), "blocks": [section(text)]}


def filled(view: Mapping[str, Any]) -> Filled | None:
    """Return what came back; none where it is not of our form."""
    try:
        about = About(*(str(each) for each in json.loads(view["private_metadata"])))
        values = view["state"]["values"]
        return Filled(
            about,
            str(values[REASON][REASON]["value"] or "").strip()[:LONGEST_REASON],
            _chosen(values, WRONG),
            _chosen(values, MISSING),
        )
    except (KeyError, TypeError, ValueError):
        return None


def mistakes(opinion: Opinion, given: Filled, known: Iterable[str]) -> dict[str, str]:
    """Return what is wrong with what was written, by block.

    :param known: ids of every label.
    """
    ids = set(known)
    found: dict[str, str] = {}
    if not given.reason:
        found[REASON] = "Please say why."
    if opinion is Opinion.WRONG_TAG:
        if not given.wrong and not given.missing:
            found[MISSING] = "Please say which label is wrong, or which it should have."
        elif set(given.wrong) & set(given.missing):
            found[MISSING] = "A label cannot be both wrong and missing."
        elif not {*given.wrong, *given.missing} <= ids:
            found[MISSING] = "The labels have changed since; please close this and press the button again."
    return found


def _labels(present: list[str], names: Mapping[str, str], schemes: Mapping[str, Mapping[str, str]]) -> list[Block]:
    groups = [
        {"label": _plain(kind), "options": [_option(label, name) for label, name in labels.items()][:OPTIONS]}
        for kind, labels in schemes.items()
        if labels
    ]
    boxes = [_option(label, names[label]) for label in present][:BOXES]
    wrong = _input(WRONG, "Which of its labels are wrong?", {"type": "checkboxes", "options": boxes}, optional=True)
    missing = _input(
        MISSING, "What should it have been?", {"type": "multi_static_select", "option_groups": groups}, optional=True
    )
    return [*([wrong] if boxes else []), missing]


def _input(name: str, label: str, element: Block, *, optional: bool = False) -> Block:
    told: Block = {"type": "input", "block_id": name, "label": _plain(label), "element": {**element, "action_id": name}}
    return {**told, "optional": True} if optional else told


def _option(label: str, name: str) -> Block:
    return {"text": _plain(cut(plain(name) or label, OPTION)), "value": label[:VALUE]}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _chosen(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    chosen = values.get(name, {}).get(name, {}).get("selected_options") or []
    return tuple(str(each["value"]) for each in chosen)
