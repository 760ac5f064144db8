"""What a detector learns, as the annotations of its class declare it.

    class MarkovDetector(Detector):
        config: Config
        _keys: Annotated[NDArray[np.int64], "transitions"]
        _counts: Annotated[NDArray[np.int64], "transitions"]
        _kinds: int
        _expectations: Expectations

Each annotation but that of the config is an attribute that `fit` sets and scoring needs. Its form is one
of `detection/forms.py`, or that of a dataclass whose fields have such forms. Axes of one name have one
length. So a detector says once what it learns and writes no code to keep it, and what is loaded is
checked against the declaration before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from typing import Any, ClassVar, get_origin, get_type_hints

from anomalog_exp.detection.forms import EstimatorForm, Form, Misfit, form_of
from anomalog_exp.detection.state import DetectorState
from anomalog_exp.errors import DataError

__all__ = ["restored", "state_of", "types_of_estimators"]


def state_of(owner: object) -> DetectorState:
    """Everything that a fitted detector, or an object inside one, has learned.

    Raises:
        AttributeError: it is not fitted.
        TypeError: its class declares nothing, or something else than was learned.
    """
    forms = _declared(type(owner))
    state = DetectorState.joined(
        {
            _name(attribute): form.pack(getattr(owner, attribute))
            for attribute, form in forms.items()
        }
    )
    try:
        _check(forms, state)
    except Misfit as misfit:
        name, there, declared = misfit.args
        raise TypeError(
            f"{type(owner).__name__}: {name} is declared as {declared}, not {there}"
        ) from misfit
    return state


def restored(owner: type, state: DetectorState) -> dict[str, Any]:
    """Attribute -> what was learned, for a new object of this class.

    Raises:
        DataError: the state is not that of such an object.
    """
    forms = _declared(owner)
    try:
        _check(forms, state)
        return _built(forms, state)
    except Misfit as misfit:
        name, there, declared = misfit.args
        raise DataError.of(
            f"{owner.__name__}: {name}",
            there,
            problem="this is not what such a detector learns",
            allowed=declared,
            fix="fit the detector again and save it",
        ) from misfit


def types_of_estimators(owner: type) -> tuple[str, ...]:
    """Full names of the types of which a detector's estimators may consist."""
    forms = _declared(owner).values()
    return tuple(name for form in forms if isinstance(form, EstimatorForm) for name in form.types)


@dataclass(frozen=True)
class _Object(Form):
    """An object of a dataclass that declares what it consists of."""

    cls: type

    def pack(self, value: Any) -> DetectorState:
        return state_of(value)

    def shape(self, state: DetectorState) -> tuple[int, ...]:
        _check(_declared(self.cls), state)
        return ()

    def build(self, state: DetectorState) -> Any:
        try:
            return self.cls(**_built(_declared(self.cls), state))
        except (ValueError, LookupError) as error:
            raise Misfit("", str(error), self.cls.__name__) from error


def _declared(owner: type) -> dict[str, Form]:
    """Attribute -> its form, for all that a class learns."""
    forms = {}
    for attribute, annotation in get_type_hints(owner, include_extras=True).items():
        if attribute == "config" or get_origin(annotation) is ClassVar:
            continue
        form = form_of(annotation)
        if form is None and isinstance(annotation, type) and is_dataclass(annotation):
            form = _Object((), annotation)
        if form is None:
            raise TypeError(f"{owner.__name__}.{attribute}: {annotation} is not kept")
        forms[attribute] = form
    if not forms:
        raise TypeError(f"{owner.__name__} declares nothing that it learns")
    return forms


def _check(forms: Mapping[str, Form], state: DetectorState) -> None:
    """Compare a state with what is declared.

    Raises:
        Misfit: they differ.
    """
    named = {_name(attribute): form for attribute, form in forms.items()}
    for name in state.names:
        if name.partition(".")[0] not in named:
            raise Misfit(name, "something of this name", f"only {', '.join(sorted(named))}")
    lengths: dict[str, tuple[int, str]] = {}
    for name, form in named.items():
        with _under(name):
            shape = form.shape(state.part(name))
        for axis, length in zip(form.axes, shape, strict=True):
            declared, where = lengths.setdefault(axis, (length, name))
            if length != declared:
                raise Misfit(name, f"{length:,} {axis}", f"{declared:,} {axis}, as in {where}")


def _built(forms: Mapping[str, Form], state: DetectorState) -> dict[str, Any]:
    """Attribute -> its value, from a state that has been checked."""
    built = {}
    for attribute, form in forms.items():
        with _under(_name(attribute)):
            built[attribute] = form.build(state.part(_name(attribute)))
    return built


@contextmanager
def _under(name: str) -> Iterator[None]:
    """Names what does not fit by where it stands."""
    try:
        yield
    except Misfit as misfit:
        inner, there, declared = misfit.args
        raise Misfit(f"{name}.{inner}".rstrip("."), there, declared) from misfit


def _name(attribute: str) -> str:
    return attribute.lstrip("_")
