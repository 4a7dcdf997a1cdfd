"""Which keys a closed model knows at a place in its file, and how a check of the whole points at the part."""

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


def fields_at(model: type[BaseModel], location: Sequence[str | int]) -> set[str]:
    """Return the keys that may stand in the mapping at this place; none if it is no mapping with fixed keys."""
    annotations: list[Any] = [model]
    for part in location:
        annotations = [inner for annotation in annotations for inner in _inside(annotation, part)]
    models = [option for annotation in annotations for option in _options(annotation)]
    return {name for option in models if _is_model(option) for name in _names(option)}


def refuse_at(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise what a validator of a whole model may raise: a sentence for each place in it. Without problems, nothing."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("at_place", "{sentence}", {"sentence": sentence}), loc=place, input=None
        )
        for place, sentence in problems
    ]
    if details:
        raise ValidationError.from_exception_data("the file", details)


def _names(model: type[BaseModel]) -> dict[str, Any]:
    """Return the annotation of each key, under the name that a file uses."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _inside(annotation: Any, part: str | int) -> list[Any]:
    """Return what may stand at a key or a place inside a value of this type."""
    found = []
    for option in _options(annotation):
        if _is_model(option):
            found += [_names(option)[part]] if part in _names(option) else [option] * _is_tagged(option, part)
        elif isinstance(part, int):
            found += [inner for inner in get_args(option) if inner is not Ellipsis]
        elif _is_mapping(option):
            found += list(get_args(option)[1:])
    return found


def _is_tagged(model: type[BaseModel], part: str | int) -> bool:
    """Say whether a union chooses this model by a key that holds just this word."""
    return any(get_args(each) == (part,) for each in _names(model).values() if get_origin(each) is Literal)


def _options(annotation: Any) -> list[Any]:
    """Return the branches of a union, of an annotated type, or the type itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [option for branch in get_args(annotation) for option in _options(branch)]
    return [annotation]


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)


def _is_mapping(option: Any) -> bool:
    origin = get_origin(option)
    return isinstance(origin, type) and issubclass(origin, Mapping)
