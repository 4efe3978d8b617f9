"""Cron expressions, read as cron reads them."""

import pytest

from regintel.cron import Cron
from regintel.exceptions import ConfigError
from regintel.sources import load_sources
from tests.configurations import copy_of_two


@pytest.mark.parametrize(
    ("text", "minute", "hour", "day", "month", "day_of_week"),
    [
        ("30 6 * * *", "30", "6", "*", "*", "*"),
        ("15 */8 * * *", "15", "0,8,16", "*", "*", "*"),
        ("0 7,19 1-3 jan-mar *", "0", "7,19", "1,2,3", "1,2,3", "*"),
        ("5/20 0 1 * *", "5,25,45", "0", "1", "*", "*"),
        ("30 10 * * 1-5", "30", "10", "*", "*", "mon,tue,wed,thu,fri"),
        ("0 0 * * 0", "0", "0", "*", "*", "sun"),
        ("0 0 * * 6-7", "0", "0", "*", "*", "sat,sun"),
        ("0 0 * * MON,thu", "0", "0", "*", "*", "mon,thu"),
        ("0 0 * * 0-6", "0", "0", "*", "*", "*"),
        ("0 0 29 2 *", "0", "0", "29", "2", "*"),
    ],
)
def test_an_expression_means_what_it_means_to_cron(text, minute, hour, day, month, day_of_week):
    assert Cron.of(text) == Cron(minute, hour, day, month, day_of_week)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("30 6 * *", "not a cron expression of five fields"),
        ("@daily", "not a cron expression of five fields"),
        ("60 6 * * *", "minute: not between 0 and 59: '60'"),
        ("0 6 * * 8", "day of week: not between 0 and 7: '8'"),
        ("0 6 * foo *", "month: not between 1 and 12: 'foo'"),
        ("0 6 ٣ * *", "day of month: not between 1 and 31"),
        ("0 18-6 * * *", "hour: runs backwards: '18-6'"),
        ("*/0 * * * *", "minute: not understood: '*/0'"),
        ("1- * * * *", "minute: not understood: '1-'"),
        ("0 0 30 feb *", "never happens"),
        ("0 0 1 * mon", "day of month and day of week together"),
    ],
)
def test_what_cron_would_not_take_or_take_otherwise_is_refused(text, told):
    with pytest.raises(ValueError, match=f".*{told.replace('*', '.')}.*"):
        Cron.of(text)


def test_a_sources_file_with_a_wrong_schedule_is_named(tmp_path):
    file = copy_of_two(tmp_path / "config") / "sources" / "fda_guidance.toml"
    file.write_text(file.read_text().replace('"10 6 * * *"', '"10 26 * * *"'))
    with pytest.raises(ConfigError, match=r"config/sources/fda_guidance.toml: schedule: .* hour: not between 0 and 23"):
        load_sources(tmp_path / "config")
