"""Which rows of two lists are one document; and that a wrong merge can be undone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regintel.exceptions import UsageError
from regintel.identity import canonical, identifiers
from regintel.items import Gone, GuidanceItem
from regintel.records import Run
from regintel.sources import Expect, Source
from regintel.store.database import Index
from regintel.store.documents import changes, count_documents, document, sightings, versions
from regintel.store.identities import merges, part
from regintel.store.remember import Listing
from regintel.store.runs import add_run
from regintel.vocabulary import ChangeKind, ListingKind, RunState, Stage

POTENCY = "Potency Assurance for Cellular and Gene Therapy Products"
DOCKET = "FDA-2023-D-4299"
WORDS = dict.fromkeys(("draft", "final", "notice", "news", "step 4", "公告", "announcement"), Stage.DRAFT)


def source_of(name: str, agency: str = "fda", kind: ListingKind = ListingKind.LIST, **told: Any) -> Source:
    return Source(
        id=name,
        title=name,
        agency=agency,
        url="https://www.example.org/list",
        kind=kind,
        expect=Expect(min_items=1, max_items=9),
        statuses=WORDS,
        **told,
    )


def row_of(source: Source, key: str, title: str, **told: Any) -> GuidanceItem:
    status = told.pop("status", "draft")
    fields = {"url": f"https://www.example.org/{source.id}/{key}", "stage": "draft", "language": source.language}
    return GuidanceItem(source=source.id, key=key, title=title, status=status, **{**fields, **told})


class Desk:
    """Stores one listing after the other, a day apart."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.day = 1

    def store(
        self, source: Source, *items: GuidanceItem, baseline: bool = False, gone: tuple[Gone, ...] = ()
    ) -> dict[str, int]:
        self.day += 1
        at = (datetime(2025, 10, 1, tzinfo=UTC) + timedelta(days=self.day)).strftime("%Y-%m-%dT%H:%M:%SZ")
        run = f"{source.id}-{self.day}"
        with self.index.transaction():
            counts = Listing(self.index, source, run, at, baseline=baseline).remember(
                list(items), gone, set(), complete=True
            )
            ended = Run(run, source.id, at, at, RunState.OK, "", baseline, len(items), len(items), counts, 1, 0, 1.0)
            add_run(self.index, ended, (), ())
        return counts


@pytest.fixture
def desk(index: Index) -> Desk:
    return Desk(index)


LIST = source_of("fda_guidance")
PAGES = source_of("fda_guidance_pages", kind=ListingKind.PAGES)
REGISTER = source_of("federal_register_fda", kind=ListingKind.FEED)


def test_the_agencys_own_key_makes_one_document_of_a_list_entry_and_its_page(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY))
    counts = desk.store(PAGES, row_of(PAGES, "potency", "Potency Assurance", summary="How to assure potency."))
    assert (counts["joined"], counts["new"]) == (1, 0)
    found = document(desk.index, "fda:potency")
    assert found is not None
    assert (count_documents(desk.index), found.current.title, found.current.summary) == (
        1,
        POTENCY,
        "How to assure potency.",
    )
    assert [each["source"] for each in sightings(desk.index, found.id)] == ["fda_guidance", "fda_guidance_pages"]


def test_a_docket_joins_a_notice_to_its_guidance_when_titles_agree_and_tells_the_deadline(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY, reference=DOCKET))
    notice = row_of(
        REGISTER,
        "2023-28394",
        f"{POTENCY}; Draft Guidance for Industry; Availability",
        references=("2023-28394", DOCKET),
        comment_closes="2024-03-27",
    )
    assert desk.store(REGISTER, notice)["joined"] == 1
    deadline = changes(desk.index, kind="deadline_changed")
    assert [(each.document, each.after) for each in deadline] == [("fda:potency", {"comment_closes": "2024-03-27"})]
    found = document(desk.index, "fda:potency")
    assert found is not None
    assert found.current.comment_closes == "2024-03-27"


def test_a_docket_alone_joins_nothing(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY, reference=DOCKET))
    other = row_of(REGISTER, "2024-1", "Medical Gases; Public Meeting; Request for Comments", references=(DOCKET,))
    assert desk.store(REGISTER, other)["new"] == 1


def test_a_docket_on_two_documents_of_like_titles_joins_neither(desk):
    twins = [row_of(LIST, key, POTENCY, reference=DOCKET) for key in ("potency", "potency-0")]
    desk.store(LIST, *twins)
    notice = row_of(REGISTER, "2024-1", f"{POTENCY}; Draft Guidance for Industry; Availability", references=(DOCKET,))
    assert desk.store(REGISTER, notice)["new"] == 1


def test_what_a_list_shows_side_by_side_is_never_one_document(desk):
    other = source_of("fda_other")
    one = row_of(LIST, "potency", POTENCY, published="2023-12-28")
    desk.store(LIST, one)
    rows = [row_of(other, key, POTENCY, published="2023-12-28") for key in ("a", "b")]
    counts = desk.store(other, *rows)
    assert (counts["joined"], counts["new"]) == (1, 1)


def test_a_feed_may_tell_of_one_document_twice_and_the_second_time_moves_its_deadline(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY, reference=DOCKET))
    first = row_of(REGISTER, "2023-1", f"{POTENCY}; Draft Guidance for Industry; Availability",
                   references=(DOCKET,), comment_closes="2024-03-27")  # fmt: skip
    longer = row_of(REGISTER, "2024-2", f"{POTENCY}; Draft Guidance for Industry; Extension of Comment Period",
                    references=(DOCKET,), comment_closes="2024-05-27")  # fmt: skip
    desk.store(REGISTER, first)
    assert desk.store(REGISTER, first, longer)["joined"] == 1
    deadlines = [(each.before, each.after) for each in changes(desk.index, kind="deadline_changed")]
    assert deadlines == [
        ({"comment_closes": "2024-03-27"}, {"comment_closes": "2024-05-27"}),
        ({"comment_closes": None}, {"comment_closes": "2024-03-27"}),
    ]
    for _ in range(2):
        counts = desk.store(REGISTER, first, longer)
        assert (counts["unchanged"], counts["revised"], counts["deadline_changed"]) == (2, 0, 0)


def test_what_two_sources_say_is_told_once(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY), baseline=True)
    desk.store(PAGES, row_of(PAGES, "potency", POTENCY), baseline=True)
    assert desk.store(LIST, row_of(LIST, "potency", POTENCY, status="final"))["status_changed"] == 1
    assert desk.store(PAGES, row_of(PAGES, "potency", POTENCY, status="final"))["status_changed"] == 0
    assert len(changes(desk.index)) == 1


def test_what_another_source_holds_but_never_told_is_still_told(desk):
    feed = source_of("fda_biologics_news", kind=ListingKind.FEED)
    stamps = {"before": "2025-10-01T00:00:00Z", "after": "2025-10-09T00:00:00Z"}
    desk.store(LIST, row_of(LIST, "potency", POTENCY, revised_at=stamps["before"]), baseline=True)
    desk.store(feed, row_of(feed, "potency", POTENCY, revised_at=stamps["before"]), baseline=True)
    desk.store(feed, row_of(feed, "potency", POTENCY, revised_at=stamps["after"]))  # the list was down that day
    assert changes(desk.index) == []
    assert desk.store(LIST, row_of(LIST, "potency", POTENCY, revised_at=stamps["after"]))["revised"] == 1


def test_a_baseline_that_was_silent_swallows_no_change_of_another_source(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY), baseline=True)
    desk.store(PAGES, row_of(PAGES, "potency", POTENCY, status="final", stage="final"), baseline=True)
    final = row_of(LIST, "potency", POTENCY, status="final", stage="final")
    assert desk.store(LIST, final)["status_changed"] == 1


def test_an_announcement_tells_that_a_draft_became_final_while_its_list_is_down_and_the_list_does_not_again(desk):
    draft = row_of(LIST, "potency", POTENCY, reference=DOCKET, published="2023-12-28")
    desk.store(LIST, draft, baseline=True)
    title = f"{POTENCY}; Guidance for Industry; Availability"
    told = {"references": (DOCKET,), "status": "notice", "stage": "final"}
    desk.store(REGISTER, row_of(REGISTER, "2025-1", title, published="2025-10-03", **told))
    (change,) = changes(desk.index)
    assert (change.kind, change.document, change.after) == (
        ChangeKind.STATUS_CHANGED,
        "fda:potency",
        {"status": "notice", "stage": "final"},
    )
    final = {"status": "final", "stage": "final", "published": "2025-10-03"}
    counts = desk.store(LIST, draft.model_copy(update=final))
    assert counts["status_changed"] == 0
    assert len([each for each in changes(desk.index) if each.kind is ChangeKind.STATUS_CHANGED]) == 1


def test_an_announcement_that_is_older_than_the_draft_says_nothing_of_it(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY, reference=DOCKET, published="2023-12-28"), baseline=True)
    title = f"{POTENCY}; Guidance for Industry; Availability"
    told = {"references": (DOCKET,), "status": "notice", "stage": "final"}
    desk.store(REGISTER, row_of(REGISTER, "2011-1", title, published="2011-01-03", **told))
    assert changes(desk.index) == []


def test_what_only_the_page_says_is_told_by_the_page(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY), baseline=True)
    desk.store(PAGES, row_of(PAGES, "potency", POTENCY, text="first words " * 60), baseline=True)
    counts = desk.store(PAGES, row_of(PAGES, "potency", POTENCY, text="other words " * 60))
    assert counts["revised"] == 1
    assert [each.silent for each in changes(desk.index)] == [True]


def test_an_ich_step_and_its_ema_page_are_one_and_fdas_copy_is_another(desk):
    ich, ema = source_of("ich_guidelines", "ich"), source_of("ema_guidelines", "ema")
    step = row_of(ich, "Q3C", "Residual Solvents", reference="Q3C(R9)", references=("ICH Q3C(R9)",), status="step 4")
    page = row_of(ema, "ich-q3c-r9", "ICH Q3C (R9) Residual solvents", references=("ICH Q3C(R9)",))
    copy = row_of(LIST, "q3c", "Q3C(R9) Residual Solvents", references=("ICH Q3C(R9)",))
    desk.store(ich, step)
    assert desk.store(ema, page)["joined"] == 1
    assert desk.store(LIST, copy)["new"] == 1
    assert {each["source"] for each in sightings(desk.index, "ich:Q3C")} == {"ich_guidelines", "ema_guidelines"}


def test_a_chinese_announcement_and_its_late_english_version_are_one(desk):
    chinese = source_of("nmpa_announcements", "nmpa", issuer="nmpa", language="zh")
    english = source_of("nmpa_english", "nmpa", kind=ListingKind.FEED, issuer="nmpa")
    number = {"reference": "2025年第86号", "issuer": "nmpa"}
    title = "国家药监局关于优化创新药临床试验审评审批有关事项的公告（2025年第86号）"
    first = row_of(chinese, "20250912092255131", title, published="2025-09-12", **number)
    late = row_of(english, "c_1132769", "NMPA Announcement on Optimizing the Review of Clinical Trials",
                  published="2025-10-14", **number)  # fmt: skip
    centre = row_of(english, "c_1", "NMPA CDE Announcement on Issuing a Guideline", published="2025-10-15",
                    reference="2025年第86号", issuer="cde")  # fmt: skip
    desk.store(chinese, first)
    counts = desk.store(english, late, centre)
    assert (counts["joined"], counts["new"]) == (1, 1)
    assert len(sightings(desk.index, "nmpa:20250912092255131")) == 2


def test_a_japanese_number_repeats_every_year_and_is_not_taken_for_last_years(desk):
    one, two = source_of("pmda_guidance_ja", "pmda"), source_of("mhlw_notifications", "pmda")
    number = "薬生機審発0709第2号"
    desk.store(one, row_of(one, "a", "遺伝子治療用製品等の品質について", reference=number, published="2019-07-09"))
    next_year = row_of(two, "b", "遺伝子治療用製品等の品質について", reference=number, published="2020-07-09")
    assert desk.store(two, next_year)["new"] == 1


def test_a_document_that_one_list_drops_and_another_shows_is_not_withdrawn(desk):
    other = source_of("fda_other")
    rest = row_of(LIST, "rest", "Something Else Entirely for Tests")
    desk.store(LIST, row_of(LIST, "potency", POTENCY), rest)
    desk.store(other, row_of(other, "potency", POTENCY))
    counts = desk.store(LIST, rest)
    assert counts["withdrawn"] == 0
    found = document(desk.index, "fda:potency")
    assert found is not None
    assert found.current.stage == "draft"


def test_a_list_that_nobody_could_read_of_late_keeps_no_document_alive(desk):
    other = source_of("fda_other")
    rest = row_of(LIST, "rest", "Something Else Entirely for Tests")
    desk.store(LIST, row_of(LIST, "potency", POTENCY), rest)
    desk.store(other, row_of(other, "potency", POTENCY))
    desk.day += 20
    assert desk.store(LIST, rest)["withdrawn"] == 1


def test_what_the_agency_itself_calls_withdrawn_is_withdrawn_whoever_still_lists_it(desk):
    other = source_of("fda_other")
    rest = row_of(LIST, "rest", "Something Else Entirely for Tests")
    desk.store(LIST, row_of(LIST, "potency", POTENCY), rest)
    desk.store(other, row_of(other, "potency", POTENCY))
    gone = Gone(source=LIST.id, key="potency", verdict="withdrawn", reason="superseded")
    assert desk.store(LIST, rest, gone=(gone,))["withdrawn"] == 1


def test_two_guidelines_on_the_page_of_a_series_are_not_paired_by_its_address(desk):
    page = "https://www.ich.org/page/quality-guidelines"
    ich = source_of("ich_guidelines", "ich", lookups={"shared_addresses": (page,)})
    rest = row_of(ich, "Q1", "Stability Testing of Drug Substances and Products")
    desk.store(ich, rest, row_of(ich, "Q3E", "Guideline for Extractables and Leachables", url=page))
    counts = desk.store(ich, rest, row_of(ich, "Q6", "Specifications: Test Procedures", url=page))
    assert (counts["new"], counts["withdrawn"], counts["revised"]) == (1, 1, 0)


def test_a_change_of_a_joint_document_is_its_tellers(desk):
    ich, ema = source_of("ich_guidelines", "ich"), source_of("ema_guidelines", "ema")
    page = row_of(ema, "ich-q3c-r9", "ICH Q3C (R9) Residual solvents", references=("ICH Q3C(R9)",))
    step = row_of(ich, "Q3C", "Residual Solvents", references=("ICH Q3C(R9)",), status="draft")
    desk.store(ema, page, baseline=True)
    desk.store(ich, step, baseline=True)
    desk.store(ich, step.model_copy(update={"status": "step 4"}))
    assert [(each.agency, each.kind) for each in changes(desk.index)] == [("ich", "status_changed")]
    assert changes(desk.index, agency="ema") == []


def test_what_falls_off_the_end_of_a_feed_is_no_removal_and_comes_back_as_it_was(desk):
    one, two = (row_of(REGISTER, key, f"A notice about {key} of some length") for key in ("one", "two"))
    desk.store(REGISTER, one, two)
    assert desk.store(REGISTER, two)["withdrawn"] == 0
    counts = desk.store(REGISTER, one, two)
    assert (counts["unchanged"], counts["restored"]) == (2, 0)
    assert len(changes(desk.index)) == 2


def test_pages_that_nobody_asked_for_are_not_missing(desk):
    desk.store(PAGES, row_of(PAGES, "one", POTENCY), row_of(PAGES, "two", "Quite Another Guidance Document"))
    assert desk.store(PAGES, row_of(PAGES, "one", POTENCY))["withdrawn"] == 0
    assert [each["closed_at"] for each in sightings(desk.index, "fda:two")] == [None]


def test_a_stage_that_the_list_does_not_state_is_filled_in_by_the_page(desk):
    ema = source_of("ema_guidelines", "ema")
    pages = source_of("ema_guideline_pages", "ema", kind=ListingKind.PAGES)
    desk.store(ema, row_of(ema, "atmp", "Investigational ATMP", status="scientific guideline", stage="unstated"))
    desk.store(pages, row_of(pages, "atmp", "Investigational ATMP", status="adopted", stage="final"))
    found = document(desk.index, "ema:atmp")
    assert found is not None
    assert (found.current.status, found.current.stage) == ("adopted", "final")


def test_a_wrong_merge_is_undone_and_not_made_again(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY, reference=DOCKET))
    title = f"{POTENCY}; Draft Guidance for Industry; Availability"
    notice = row_of(REGISTER, "2024-1", title, references=(DOCKET,), comment_closes="2024-03-27")
    desk.store(REGISTER, notice)
    told = len(changes(desk.index))
    with desk.index.transaction():
        own = part(desk.index, REGISTER.id, "2024-1", at="2025-10-20T00:00:00Z", by="Ada", reason="another docket")
    assert own == "fda:2024-1"
    joint, parted = document(desk.index, "fda:potency"), document(desk.index, own)
    assert joint is not None
    assert parted is not None
    assert (joint.current.comment_closes, parted.current.comment_closes) == (None, "2024-03-27")
    assert parted.current.title == title
    assert [row["what"] for row in merges(desk.index, "fda:potency")] == ["merged", "parted"]
    assert desk.store(REGISTER, notice)["unchanged"] == 1
    assert len(changes(desk.index)) == told
    assert [each.number for each in versions(desk.index, own)] == [1]


def test_what_was_never_merged_cannot_be_parted(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY))
    with pytest.raises(UsageError, match="nothing to part"), desk.index.transaction():
        part(desk.index, LIST.id, "potency", at="2025-10-20T00:00:00Z", by="Ada", reason="a mistake")
    with pytest.raises(UsageError, match="unknown key"), desk.index.transaction():
        part(desk.index, LIST.id, "nothing", at="2025-10-20T00:00:00Z", by="Ada", reason="a mistake")


def test_an_administrative_notice_numbers_nothing():
    row = row_of(LIST, "a", "Short", reference="事務連絡", references=("Administrative Notice",))
    assert not [each for each in identifiers("pmda", "", row, None, 0) if each.startswith("number")]


@pytest.mark.parametrize(
    "address",
    [
        "https://www.ema.europa.eu/en/documents/other/x_en.pdf",
        "http://ema.europa.eu/system/files/documents/other/x_en.pdf",
        "https://www.ema.europa.eu/en//documents/other/x_en.pdf#page=2",
    ],
)
def test_two_writings_of_one_address_are_one(address):
    assert canonical(address) == "ema.europa.eu/en/documents/other/x_en.pdf"


def test_a_status_change_is_still_told_when_the_page_says_more(desk):
    desk.store(LIST, row_of(LIST, "potency", POTENCY), baseline=True)
    desk.store(PAGES, row_of(PAGES, "potency", POTENCY), baseline=True)
    desk.store(PAGES, row_of(PAGES, "potency", POTENCY, status="final", comment_closes="2025-12-01"))
    (change,) = changes(desk.index)
    assert change.kind is ChangeKind.STATUS_CHANGED
    desk.store(LIST, row_of(LIST, "potency", POTENCY, status="final"))
    assert len(changes(desk.index)) == 1
