"""Project profiles: what they may hold, and when their digests are due."""

from datetime import UTC, datetime

import pytest

from regintel.exceptions import ConfigError
from regintel.notify.projects import DigestTimes, Profile, load_projects
from regintel.records import SearchFilters
from tests.places import ROOT

MODALITIES = {"cell_therapy_engineered", "viral_vector_gene_therapy"}
PROFILE = """
name = "CAR-T"
channel = "C0123CART"
modalities = ["cell_therapy_engineered"]
"""


def write(folder, text):
    folder.joinpath("projects").mkdir(exist_ok=True)
    folder.joinpath("projects", "car-t.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('modalites = ["x"]', "modalites: unknown key"),
        ('modalities = ["cart"]', "modalities: 'cart' is not in config/taxonomy.toml"),
        ('topics = ["potancy"]', "topics: 'potancy' is not in config/taxonomy.toml"),
        ('channel = "#general"', "channel: String should match pattern"),
        ('agencies = ["fbi"]', "agencies.0: Input should be"),
        ('phase = "phase_9"', "phase: Input should be"),
        ('[digest]\ntimezone = "America/Bosten"', "digest.timezone: Value error, no such time zone: 'America/Bosten'"),
        ('[digest]\nat = "7 am"', "digest.at: Value error, not a time of day as HH:MM"),
        ('[digest]\nweekday = "moonday"', "digest.weekday: Value error, not a weekday: 'moonday'"),
        ('[digest]\nquiet = ["19:00", "25:00"]', "digest.quiet: Value error, not a time of day as HH:MM"),
        ("[immediate]\nmin_score = 2", "immediate.min_score: Input should be less than or equal to 1"),
        ('id = "other"', "id: unknown key (the file's name is the id)"),
    ],
)
def test_a_mistake_is_one_line_naming_file_and_key(tmp_path, line, told):
    name = line.split(" =")[0]
    kept = "\n".join(each for each in PROFILE.splitlines() if not each.startswith(f"{name} "))
    folder = tmp_path / "config"
    folder.mkdir()
    with pytest.raises(ConfigError) as caught:
        load_projects(write(folder, f"{kept}\n{line}\n"), MODALITIES, {"potency"})
    words = str(caught.value)
    assert words.startswith("config/projects/car-t.toml: ")
    assert told in words
    assert "\n" not in words


def test_the_shipped_profiles_are_right(house):
    assert set(house.projects) == {"car-t", "aav", "mrna"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2025-10-15T10:59", "2025-10-14T11:00"),  # 06:59 in New York: yesterday's digest is the newest that was due
        ("2025-10-15T11:00", "2025-10-15T11:00"),
        ("2025-11-02T11:30", "2025-11-01T11:00"),  # the clocks went back in the night: seven o'clock is 12:00 UTC now
        ("2025-11-02T12:00", "2025-11-02T12:00"),
        ("2026-03-08T11:00", "2026-03-08T11:00"),  # and forward again
    ],
)
def test_a_daily_digest_is_due_at_the_projects_own_morning(now, slot):
    times = DigestTimes(at="07:00", timezone="America/New_York")
    assert times.slot(at(now)).astimezone(UTC) == at(slot)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2025-10-15T12:00", "2025-10-13T07:00"),
        ("2025-10-13T06:59", "2025-10-06T07:00"),
        ("2025-10-13T07:00", "2025-10-13T07:00"),
    ],
)
def test_a_weekly_digest_is_due_on_its_weekday(now, slot):
    assert DigestTimes(every="weekly", weekday="Monday").slot(at(now)).astimezone(UTC) == at(slot)


@pytest.mark.parametrize(
    ("now", "loud"),
    [
        ("2025-10-15T12:00", "2025-10-15T12:00"),
        ("2025-10-15T19:00", "2025-10-16T07:00"),
        ("2025-10-16T03:00", "2025-10-16T07:00"),
        ("2025-10-16T07:00", "2025-10-16T07:00"),
    ],
)
def test_quiet_hours_delay_over_midnight_and_never_drop(now, loud):
    assert DigestTimes(quiet=("19:00", "07:00")).loud_from(at(now)).astimezone(UTC) == at(loud)


def test_every_projects_file_of_the_repository_has_its_name_as_id():
    assert sorted(path.stem for path in (ROOT / "config" / "projects").glob("*.toml")) == ["aav", "car-t", "mrna"]


def test_a_search_for_a_project_looks_where_its_digest_looks_and_a_filter_goes_before_the_profile():
    profile = Profile(id="p", name="P", channel="C1", agencies=("fda",), modalities=("adc",), topics=("potency",))
    narrowed = profile.narrowed(SearchFilters(status=("draft",)))
    assert narrowed == SearchFilters(
        agency=("fda", "ich"), modality=("adc", "cross_none"), topic=("potency",), status=("draft",)
    )
    assert profile.narrowed(SearchFilters(agency=("ema",), modality=("vaccine",))).agency == ("ema",)
    assert Profile(id="p", name="P", channel="C1").narrowed(SearchFilters()) == SearchFilters()
