"""The words and commands of a script's text, and how a value is written so that it reads back."""

from __future__ import annotations

import re
from typing import NamedTuple

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_PLAIN = re.compile(r"[A-Za-z0-9_./:%#@,+*=<>!?|&^~()-]+")


class Word(NamedTuple):
    """One word; `braced` when it stood in {}, so that nothing in it was replaced."""

    text: str
    braced: bool = False


def quoted(text: str) -> str:
    """The text as one word of a script."""
    if _PLAIN.fullmatch(text) and not text.startswith("#"):
        return text
    escaped = re.sub(r'([\\"\[\]{}$])', r"\\\1", text)
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


def words(text: str) -> list[Word]:
    """The words of one list: what is inside {} of a knob, or one command."""
    found, index = [], 0
    while True:
        index = _skip_blank(text, index)
        if index >= len(text):
            return found
        word, index = _word(text, index)
        found.append(word)


def commands(text: str) -> list[list[Word]]:
    """The commands of a script, each its words. Lines that start with # are passed over."""
    found: list[list[Word]] = []
    current: list[Word] = []
    index = 0
    while index < len(text):
        char = text[index]
        if char in "\n;":
            if current:
                found.append(current)
            current, index = [], index + 1
        elif char.isspace():
            index += 1
        elif char == "#" and not current:
            index = _line_end(text, index)
        else:
            word, index = _word(text, index)
            current.append(word)
    return [*found, current] if current else found


def knob_lines(text: str) -> list[tuple[str, Word]]:
    """The (name, value) pairs between the braces of a node."""
    pairs, parts = [], words(text)
    if len(parts) % 2:
        raise RuntimeError(f"A knob has no value: {parts[-1].text!r}")
    for name, value in zip(parts[::2], parts[1::2]):
        pairs.append((name.text, value))
    return pairs


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _skip_blank(text: str, index: int) -> int:
    while index < len(text) and text[index].isspace():
        index += 1
    return index


def _word(text: str, index: int) -> tuple[Word, int]:
    if text[index] == "{":
        end = _closing(text, index, "{", "}")
        return Word(text[index + 1 : end], braced=True), end + 1
    if text[index] == '"':
        return _quoted_word(text, index + 1)
    return _bare_word(text, index)


def _closing(text: str, start: int, opening: str, closing: str) -> int:
    depth, index = 0, start
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return index
        index += 1
    raise RuntimeError(f"Missing {closing} for {text[start : start + 40]!r}")


def _escape(text: str, index: int) -> str:
    return _ESCAPES.get(text[index + 1], text[index + 1]) if index + 1 < len(text) else "\\"


def _quoted_word(text: str, index: int) -> tuple[Word, int]:
    found = []
    while index < len(text):
        if text[index] == "\\":
            found.append(_escape(text, index))
            index += 2
        elif text[index] == '"':
            return Word("".join(found)), index + 1
        else:
            found.append(text[index])
            index += 1
    raise RuntimeError("A quote is not closed")


def _bare_word(text: str, index: int) -> tuple[Word, int]:
    found = []
    while index < len(text) and not text[index].isspace() and text[index] != ";":
        if text[index] == "\\":
            found.append(_escape(text, index))
            index += 2
        elif text[index] == "[":
            end = _closing(text, index, "[", "]")
            found.append(text[index : end + 1])
            index = end + 1
        else:
            found.append(text[index])
            index += 1
    return Word("".join(found)), index
