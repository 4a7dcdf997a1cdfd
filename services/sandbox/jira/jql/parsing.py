"""Reads JQL into a tree: and, or, not, parentheses, comparisons, lists, functions, emptiness and an order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_ORDERS: Final = 7
TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<operator>!=|!~|<=|>=|=|~|<|>|\(|\)|,|&&|\|\||!)"""
    r"""|(?P<word>(?:\\.|[^\s"'()=!<>~,&|\\])+))""",
    re.DOTALL,
)
OPERATORS: Final = ("=", "!=", "<", ">", "<=", ">=", "~", "!~", "in", "not in", "is", "is not")
VALID: Final = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
RESERVED: Final = frozenset({"and", "or", "not", "in", "is", "order", "by", "empty", "null", "asc", "desc"})


class JqlError(ValueError):
    """A query that Jira refuses; the message is Jira's."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query. `kind` is text, word, operator or end; `at` is its first character, from 0."""

    kind: str
    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Value:
    """What a field is compared with: a text, or a function with its arguments."""

    text: str
    arguments: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A field, an operator and values; no values with `is` and `is not`."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """All of these hold."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    part: "Node"


Node = Clause | Both | Either | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: what must hold (none: anything), and the fields to order by, each with whether it falls."""

    where: Node | None
    order: tuple[tuple[str, bool], ...] = ()


def parse(jql: str) -> Query:
    """Read a query; raises `JqlError`."""
    return _Parser(_tokens(jql)).query()


def _tokens(jql: str) -> list[Token]:
    tokens, at = [], 0
    end = len(jql.rstrip())
    while at < end:
        match = TOKEN.match(jql, at)
        if match is None:
            raise JqlError(
                f"Error in the JQL Query: The character '{jql[at:].lstrip()[:1]}' is a reserved JQL character. "
                f"You must enclose it in a string or escape it. (line 1, character {at + 1})"
            )
        kind = str(match.lastgroup)
        text = match[kind]
        value = re.sub(r"\\(.)", r"\1", text[1:-1] if kind == "text" else text)
        tokens.append(Token(kind, value, match.start(kind)))
        at = match.end()
    tokens.append(Token("end", "", len(jql)))
    return tokens


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def query(self) -> Query:
        where = None if self._is("order") or self._next.kind == "end" else self._either()
        order = self._order() if self._is("order") else ()
        if self._next.kind != "end":
            self._refuse("Expecting either 'OR' or 'AND' but got '{}'.")
        return Query(where, order)

    @property
    def _next(self) -> Token:
        return self.tokens[self.at]

    def _take(self) -> Token:
        token = self._next
        self.at += token.kind != "end"
        return token

    def _is(self, *words: str) -> bool:
        token = self._next
        return token.kind in {"word", "operator"} and token.value.casefold() in words

    def _skip(self, *words: str) -> bool:
        found = self._is(*words)
        self.at += found
        return found

    def _refuse(self, message: str) -> None:
        got = self._next.value or "the end of the query"
        raise JqlError(f"Error in the JQL Query: {message.format(got)} (line 1, character {self._next.at + 1})")

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            self._refuse(f"Expecting '{word}' but got '{{}}'.")

    def _either(self) -> Node:
        parts = [self._both()]
        while self._skip("or", "||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Node:
        parts = [self._one()]
        while self._skip("and", "&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Node:
        if self._skip("not", "!"):
            return Not(self._one())
        if self._skip("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        token = self._next
        if token.kind not in {"word", "text"} or (token.kind == "word" and token.value.casefold() in RESERVED):
            self._refuse("Expecting a field name but got '{}'.")
        field, operator = self._take().value, self._operator()
        if operator in {"is", "is not"}:
            if not self._skip("empty", "null"):
                self._refuse("Expecting 'EMPTY' or 'NULL' but got '{}'.")
            return Clause(field, operator, ())
        if operator in {"in", "not in"}:
            return Clause(field, operator, self._list())
        if self._skip("empty", "null"):
            return Clause(field, "is" if operator == "=" else "is not", ())
        return Clause(field, operator, (self._value(),))

    def _operator(self) -> str:
        name = self._next.value.casefold()
        if self._next.kind == "text" or name not in {*OPERATORS, "not"}:
            self._refuse(f"Expecting operator but got '{{}}'. The valid operators are {VALID}.")
        self._take()
        if name == "not":
            self._expect("in")
            return "not in"
        return "is not" if name == "is" and self._skip("not") else name

    def _list(self) -> tuple[Value, ...]:
        if not self._is("("):
            return (self._value(),)
        self._expect("(")
        values = [self._value()]
        while self._skip(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Value:
        if self._next.kind not in {"word", "text"}:
            self._refuse("Expecting either a value, list or function but got '{}'.")
        token = self._take()
        if token.kind == "text" or not self._skip("("):
            return Value(token.value)
        arguments = []
        while not self._is(")"):
            arguments.append(self._value().text)
            self._skip(",")
        self._expect(")")
        return Value(token.value, tuple(arguments))

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._take()
        self._expect("by")
        order = [self._ordered()]
        while self._skip(","):
            order.append(self._ordered())
        if len(order) > MOST_ORDERS:
            raise JqlError(f"The ORDER BY clause has {len(order)} fields, and the most is {MOST_ORDERS}.")
        return tuple(order)

    def _ordered(self) -> tuple[str, bool]:
        if self._next.kind not in {"word", "text"}:
            self._refuse("Expecting a field name but got '{}'.")
        field = self._take().value
        falls = self._is("desc")
        self._skip("asc", "desc")
        return field, falls
