"""What `projects check` says of profiles: every mistake, what was perhaps meant, and what is surely not meant."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from regintel.cli import main
from regintel.notify.mistakes import Finding, Known, mistakes, warnings
from regintel.notify.projects import Profile
from tests.configurations import copy_of_two
from tests.tiny import TinyEncoder

KNOWN = Known(
    modalities={"cell_therapy_engineered", "viral_vector_gene_therapy"},
    topics={"potency", "comparability"},
    read={"fda", "ema"},
)
GOOD = {
    "name": "CAR-T",
    "channel": "C0888CART",
    "modalities": ["cell_therapy_engineered"],
    "keywords": ["CAR-T"],
    "digest": {"every": "daily", "at": "07:00", "timezone": "America/New_York", "quiet": ["19:00", "07:00"]},
    "immediate": {"kinds": ["new"], "min_score": 0.8},
}
SCORES = (0.1, 0.85)


def wrong(text: str) -> list[Finding]:
    """What is wrong with a profile that has these lines instead of its own."""
    return mistakes({**GOOD, **tomllib.loads(text)}, "car-t", KNOWN)


@pytest.mark.parametrize(
    ("line", "key", "told", "nearest"),
    [
        ('modalites = ["x"]', "modalites", "unknown key", "modalities"),
        ("[digest]\ntime_zone = 'UTC'", "digest.time_zone", "unknown key", "timezone"),
        ("[immediate]\nminscore = 1", "immediate.minscore", "unknown key", "min_score"),
        ('modalities = ["cell_therapy_enginered"]', "modalities", "is not in config/taxonomy.toml",
         "cell_therapy_engineered"),
        ('topics = ["potancy"]', "topics", "'potancy' is not in config/taxonomy.toml", "potency"),
        ('topics = ["quite another thing"]', "topics", "is not in config/taxonomy.toml", None),
        ('channel = "#general"', "channel", "'#general' is no channel id; Slack shows it", None),
        ('agencies = ["fda", "mhar"]', "agencies.1", "'mhar' is not known (one of fda, ema,", "mhra"),
        ('phase = "phase2"', "phase", "'phase2' is not known", "phase_2"),
        ('[digest]\ntimezone = "America/Bosten"', "digest.timezone", "no such time zone: 'America/Bosten'",
         "America/Boise"),
        ('[digest]\ntimezone = "europe/london"', "digest.timezone", "no such time zone", "Europe/London"),
        ('[digest]\nat = "7 am"', "digest.at", "not a time of day as HH:MM, not '7 am'", None),
        ('[digest]\nweekday = "moonday"', "digest.weekday", "'moonday' is not known", "monday"),
        ('[digest]\nevery = "dayly"', "digest.every", "'dayly' is not known (one of daily, weekly)", "daily"),
        ("[immediate]\nmin_score = 2", "immediate.min_score", "less than or equal to 1, not 2", None),
        ('[immediate]\nkinds = ["withdraw"]', "immediate.kinds.0", "'withdraw' is not known", "withdrawn"),
        ('keywords = ["CAR-T", " "]', "keywords.1", "would be found in every title", None),
        ('exclude = [""]', "exclude.0", "would be found in every title", None),
        ('also = ["My Mail"]', "also.0", "'My Mail' is no outlet's name", None),
        ('id = "other"', "id", "the file's name is the id", None),
    ],
)  # fmt: skip
def test_a_mistake_is_explained_with_what_was_perhaps_meant(line, key, told, nearest):
    (found,) = wrong(line)
    assert (found.key, found.nearest) == (key, nearest)
    assert told in found.what


def test_every_mistake_is_told_and_not_the_first_alone():
    lines = 'channel = "x"\nphase = "9"\ntopics = ["potancy"]\nkeyword = []\n[digest]\nat = "late"\nweekday = "x"'
    assert {each.key for each in wrong(lines)} == {
        "channel", "phase", "topics", "keyword", "digest.at", "digest.weekday",
    }  # fmt: skip


def test_what_is_missing_is_told():
    assert mistakes({}, "car-t", KNOWN) == [Finding("name", "is missing"), Finding("channel", "is missing")]


def test_a_file_whose_name_is_no_id_is_told():
    (found,) = mistakes(GOOD, "CAR T", KNOWN)
    assert "'CAR T' is no id" in found.what


def test_a_good_profile_has_no_mistake_and_no_warning():
    assert mistakes(GOOD, "car-t", KNOWN) == []
    assert doubts("") == []


def doubts(text: str, known: Known = KNOWN, scores: tuple[float, ...] = SCORES) -> list[str]:
    profile = Profile.model_validate({"id": "car-t", **GOOD, **tomllib.loads(text)})
    return [f"{each.key}: {each.what}" for each in warnings(profile, known, scores)]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("modalities = []\nkeywords = []", ": no modality, topic or keyword: everything about CMC concerns it"),
        ("modalities = []\nkeywords = []\ntopics = ['potency']", ": no modality and no keyword"),
        ("exclude = ['car-t']", "exclude: 'car-t' shuts out every title with your keyword 'CAR-T'"),
        ("keywords = ['chain of identity']\nexclude = ['identity']", "exclude: 'identity' shuts out every title"),
        ("keywords = ['AI']", "keywords: 'AI' is so short"),
        ("keywords = ['mRNA', 'MRNA']", "keywords: 'MRNA' stands there twice"),
        ("channel = 'C0000CART'", "channel: C0000CART looks like the sample's placeholder"),
        ("channel = 'C0123CART'", "channel: C0123CART looks like the sample's placeholder"),
        ("channel = 'U0456ABC'", "channel: U0456ABC: Slack's ids of channels begin with C"),
        ("agencies = ['fda', 'nmpa']", "agencies: no enabled source reads nmpa"),
        ("[digest]\nweekday = 'monday'", "digest.weekday: a daily digest has no weekday"),
        ("[digest]\nat = '06:30'\nquiet = ['19:00', '07:00']", "digest.at: 06:30 is in the quiet hours"),
        ("[digest]\nat = '12:30'\nquiet = ['12:00', '13:00']", "digest.at: 12:30 is in the quiet hours"),
        ("[digest]\nquiet = ['07:00', '07:00']", "digest.quiet: from 07:00 to 07:00 are no quiet hours"),
        ("[immediate]\nkinds = []\nmin_score = 0.5", "immediate.min_score: no kinds are named"),
        (
            "[immediate]\nkinds = ['new']\nmin_score = 0.95",
            "min_score: 0.95 is more than any document can reach",
        ),
        ("[immediate]\nkinds = ['new']\nmin_score = 0.89", "so that only a keyword in the title (0.9) is told at once"),
        (
            "[immediate]\nkinds = ['new']\nmin_score = 0.86",
            "none of 2 documents in the index reaches 0.86; the best",
        ),
    ],
)
def test_what_is_legal_but_surely_not_meant_is_told(lines, told):
    (found,) = doubts(lines)
    assert told in found


def test_a_keyword_that_is_in_many_titles_is_told():
    titles = ["mRNA vaccines"] * 20 + ["Other"] * 300
    known = Known(KNOWN.modalities, KNOWN.topics, KNOWN.read, titles)
    assert doubts("keywords = ['mRNA']", known) == [
        "keywords: 'mRNA' is in 20 of 320 titles in the index: each of them will be told"
    ]
    assert doubts("keywords = ['CAR-T']", known) == []


def test_an_empty_index_says_nothing_about_limits():
    assert doubts("[immediate]\nkinds = ['new']\nmin_score = 0.86", scores=()) == []


def call(folder: Path, data: Path, *words: str):
    environment = {"REGINTEL_CONFIG": str(folder), "REGINTEL_DATA": str(data), "SLACK_BOT_TOKEN": None}
    return CliRunner(env=environment).invoke(main, list(words), obj=TinyEncoder())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_of_two(tmp_path / "config")


def test_the_command_tells_all_mistakes_of_all_files_and_exits_with_3(folder, tmp_path):
    (folder / "projects" / "car-t.toml").write_text('name = "x"\nchanel = "C1"\nphase = "9"\n')
    (folder / "projects" / "aav.toml").write_text("name = \n")
    found = call(folder, tmp_path / "data", "projects", "check", "--json")
    assert found.exit_code == 3
    told = {each["id"]: each for each in json.loads(found.stdout)["projects"]}
    assert {each["key"] for each in told["car-t"]["mistakes"]} == {"chanel", "channel", "phase"}
    assert told["car-t"]["mistakes"][0] == {"key": "channel", "what": "is missing", "nearest": None}
    assert len(told["aav"]["mistakes"]) == 1
    assert told["aav"]["file"] == "config/projects/aav.toml"
    assert told["mrna"]["mistakes"] == []
    page = call(folder, tmp_path / "data", "projects", "check")
    assert "chanel: unknown key (did you mean 'channel'?)" in page.stdout


def test_the_shipped_profiles_have_nothing_but_placeholders(folder, tmp_path):
    found = call(folder, tmp_path / "data", "projects", "check", "--json")
    assert found.exit_code == 0
    keys = [one["key"] for each in json.loads(found.stdout)["projects"] for one in each["warnings"]]
    assert set(keys) <= {"channel", "agencies"}, "with two sources only, some agencies are not read"
    assert keys.count("channel") == 3


def test_an_outlet_without_address_is_told_by_check_and_doctor(folder, tmp_path):
    path = folder / "projects" / "car-t.toml"
    path.write_text(path.read_text().replace('# also = ["mail"]', 'also = ["mail"]'))
    settings = folder / "regintel.toml"
    settings.write_text(settings.read_text().replace("operations_also = []", 'operations_also = ["ops"]'))
    found = call(folder, tmp_path / "data", "projects", "check", "--json")
    told = {each["id"]: each["warnings"] for each in json.loads(found.stdout)["projects"]}
    assert "REGINTEL_APPRISE_MAIL is not set" in str([each for each in told["car-t"] if each["key"] == "also"])
    checked = json.loads(call(folder, tmp_path / "data", "doctor", "--offline", "--json").stdout)["checks"]
    outlets = {each["name"]: each for each in checked if each["name"].startswith("outlet")}
    assert {name: each["state"] for name, each in outlets.items()} == {"outlet mail": "fail", "outlet ops": "fail"}
    assert "project car-t: apprise:mail: not now (REGINTEL_APPRISE_MAIL is not set)" in outlets["outlet mail"]["detail"]


def test_an_outlet_whose_address_apprise_knows_is_well(folder, tmp_path, monkeypatch):
    pytest.importorskip("apprise", reason="the extra `apprise` is not installed")
    path = folder / "projects" / "car-t.toml"
    path.write_text(path.read_text().replace('# also = ["mail"]', 'also = ["mail"]'))
    monkeypatch.setenv("REGINTEL_APPRISE_MAIL", "mailto://u:s3cret@mail.example?to=a@b.example")
    monkeypatch.setenv("REGINTEL_APPRISE_OLD", "json://u:s3cret@old.example")
    found = call(folder, tmp_path / "data", "doctor", "--offline", "--json")
    states = {each["name"]: each["state"] for each in json.loads(found.stdout)["checks"]}
    assert (states["outlet mail"], states["outlet old"]) == ("ok", "warn")
    assert "s3cret" not in found.output
