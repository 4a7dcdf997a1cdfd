"""The JSON that goes out, put together around the item's own, is that of the model."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.aligned_items import Alignment, AlignmentRule, ItemAligned
from services.mapper.claims import UNCLAIMED
from services.mapper.outgoing import Aligned, compose, read_alignment, written
from tests.builders import work_item

TEXTS = st.none() | st.text()


@given(title=st.text(), selector=TEXTS, category=st.sampled_from((None, "run")), flow=TEXTS, text=TEXTS)
def test_it_reads_back_as_it_was_meant(
    title: str, selector: str | None, category: str | None, flow: str | None, text: str | None
) -> None:
    item = work_item(1, title=title)
    alignment = Alignment(objective="grow", rule=AlignmentRule.SELECTOR, selector=text)
    body = item.model_dump_json(exclude_defaults=True)
    one = Aligned(item.ref, 8, 7, written(alignment), "app", selector, category, 3, flow, body)
    assert ItemAligned.model_validate_json(compose(one)) == ItemAligned(
        item=item, revision=8, source_revision=7, team="app", team_selector=selector, category=category,
        alignment=alignment, strategy_version=3, flow=flow,
    )  # fmt: skip
    assert read_alignment(written(alignment)) == alignment


def test_an_unclaimed_alignment_is_the_default() -> None:
    assert read_alignment(written(UNCLAIMED)) is UNCLAIMED
    assert written(UNCLAIMED) == Alignment().model_dump_json(exclude_defaults=True)
